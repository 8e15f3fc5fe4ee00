package journal

import (
	"io/fs"
	"sync"
)

// smallDisk is the operating system's file system with so much room in all.
type smallDisk struct {
	OS
	mu    sync.Mutex
	left  int64            // bytes
	sizes map[string]int64 // of files
}

func newSmallDisk(room int64) *smallDisk { return &smallDisk{left: room, sizes: map[string]int64{}} }

// free makes room.
func (d *smallDisk) free(n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left += n
}

// resize takes as much as a file of that size needs; how much it has then.
func (d *smallDisk) resize(name string, size int64) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	grown := min(size-d.sizes[name], d.left)
	d.left -= grown
	d.sizes[name] += grown
	return d.sizes[name]
}

func (d *smallDisk) sizeOf(name string) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sizes[name]
}

func (d *smallDisk) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := d.OS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	n, err := size(f)
	d.resize(name, n)
	return &smallFile{f, d, name}, err
}

func (d *smallDisk) Remove(name string) error {
	err := d.OS.Remove(name)
	if err == nil {
		d.resize(name, 0)
	}
	return err
}

func (d *smallDisk) Rename(from, to string) error {
	d.resize(to, d.sizeOf(from))
	d.resize(from, 0)
	return d.OS.Rename(from, to)
}

type smallFile struct {
	File
	disk *smallDisk
	name string
}

func (f *smallFile) WriteAt(b []byte, off int64) (int, error) {
	end := off + int64(len(b))
	if has := f.disk.resize(f.name, max(end, f.disk.sizeOf(f.name))); has < end {
		n, _ := f.File.WriteAt(b[:max(has-off, 0)], off)
		return n, errFull
	}
	return f.File.WriteAt(b, off)
}

func (f *smallFile) Truncate(size int64) error {
	f.disk.resize(f.name, size)
	return f.File.Truncate(size)
}
