package journal

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"sync"
)

// powerFS is the operating system's, and knows what a loss of power may leave:
// of each file what it held at its last sync, and any sectors written since.
type powerFS struct {
	OS
	mu    sync.Mutex
	files map[string]*onDisk

	doomed bool
	left   int // operations until everything fails, if doomed
}

type onDisk struct {
	durable []byte
	since   []change
}

// change is a write, or with b nil a truncation.
type change struct {
	off int64
	b   []byte
}

const sector = 64 // small, for small runs

func (p *powerFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.doomed && p.left <= 0 {
		return nil, errCrash
	}
	f, err := p.OS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	if p.files == nil {
		p.files = map[string]*onDisk{}
	}
	d := p.files[name]
	if d == nil || flag&os.O_TRUNC != 0 {
		b, _ := os.ReadFile(name)
		d = &onDisk{durable: b}
		p.files[name] = d
	}
	return &powerFile{f, p, d, name}, nil
}

// Rename takes hold at once, as if the folder were synced.
func (p *powerFS) Rename(from, to string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down() {
		return errCrash
	}
	p.files[to] = p.files[from]
	delete(p.files, from)
	return p.OS.Rename(from, to)
}

func (p *powerFS) SyncDir(string) error { return nil }

// failAfter makes all fail after n changing operations, as for a process that
// is no more.
func (p *powerFS) failAfter(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doomed, p.left = true, n
}

// restart lets operations succeed again.
func (p *powerFS) restart() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doomed = false
}

// down says whether an operation fails. p.mu must be held.
func (p *powerFS) down() bool {
	if !p.doomed {
		return false
	}
	p.left--
	return p.left < 0
}

// lose leaves on the disk what a loss of power may.
func (p *powerFS) lose(rng *rand.Rand) error {
	for name, d := range p.files {
		if !exists(name) {
			continue
		}
		b := d.left(rng)
		if err := os.WriteFile(name, b, 0o644); err != nil {
			return err
		}
		d.durable, d.since = b, nil
	}
	return nil
}

func (d *onDisk) left(rng *rand.Rand) []byte {
	b := append([]byte(nil), d.durable...)
	for _, c := range d.since {
		if c.b == nil {
			if rng.IntN(2) == 0 && int64(len(b)) > c.off {
				b = b[:c.off]
			}
			continue
		}
		for at := 0; at < len(c.b); {
			n := min(sector-int(c.off+int64(at))%sector, len(c.b)-at)
			if rng.IntN(3) > 0 {
				from := int(c.off) + at
				for len(b) < from+n {
					b = append(b, 0)
				}
				copy(b[from:], c.b[at:at+n])
			}
			at += n
		}
	}
	return b
}

type powerFile struct {
	File
	fs   *powerFS
	disk *onDisk
	name string
}

func (f *powerFile) WriteAt(b []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.fs.down() {
		return 0, errCrash
	}
	f.disk.since = append(f.disk.since, change{off, append([]byte{}, b...)})
	return f.File.WriteAt(b, off)
}

func (f *powerFile) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.fs.down() {
		return errCrash
	}
	f.disk.since = append(f.disk.since, change{off: size})
	return f.File.Truncate(size)
}

func (f *powerFile) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if f.fs.down() {
		return errCrash
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	f.disk.durable = make([]byte, info.Size())
	f.disk.since = nil
	_, err = f.ReadAt(f.disk.durable, 0)
	if info.Size() == 0 {
		err = nil
	}
	return err
}
