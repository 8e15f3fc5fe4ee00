package journal

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// FS is the file system as the journal uses it. Tests hand in failing ones.
type FS interface {
	// OpenFile opens or creates a file as os.OpenFile does.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	// Rename replaces newName by oldName, atomically.
	Rename(oldName, newName string) error
	Remove(name string) error
	// SyncDir makes what was created, renamed or removed in a folder durable.
	SyncDir(name string) error
}

// File is an open file as the journal uses it.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	// Sync makes the contents durable. After it failed nobody knows what is on
	// the disk: it is never called again.
	Sync() error
	Stat() (fs.FileInfo, error)
}

// OS is the file system of the operating system.
type OS struct{}

// OpenFile opens a file.
func (OS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Rename renames a file.
func (OS) Rename(oldName, newName string) error { return os.Rename(oldName, newName) }

// Remove removes a file.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir syncs a folder, where the system has that.
func (OS) SyncDir(name string) error { return syncDir(name) }

type osFile struct{ *os.File }

// Sync makes the data durable, and of the metadata what is needed to read it.
func (f osFile) Sync() error { return syncData(f.File) }

// writeAt writes all of b, and takes a short write without an error for one.
func writeAt(f File, b []byte, off int64) error {
	n, err := f.WriteAt(b, off)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

func size(f File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// remove removes a file that may not be there.
func remove(fsys FS, name string) error {
	err := fsys.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}
