package journal

import (
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"
)

// faultFS is the operating system's, with failures. The n-th changing
// operation whose name matches fails; with crash, so do all later ones, as for
// a process that is no more.
type faultFS struct {
	OS
	mu    sync.Mutex
	match func(op, base string) bool // nil: every one
	n     int                        // which one fails, from 1; 0: none
	crash bool
	err   error // what it fails with
	half  bool  // a failing write writes half of its bytes
	stays bool  // all later ones fail as well
	mute  bool  // a failing write is short and tells no error

	seen  int
	down  bool
	count map[string]int // operations by "op base"
	log   []string
}

var errCrash = errors.New("crashed")

// step says whether an operation fails.
func (f *faultFS) step(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errCrash
	}
	base := filepath.Base(name)
	if f.count == nil {
		f.count = map[string]int{}
	}
	f.count[op+" "+base]++
	if f.match != nil && !f.match(op, base) {
		f.log = append(f.log, op+" "+base)
		return nil
	}
	f.seen++
	if f.seen != f.n && !(f.stays && f.n > 0 && f.seen > f.n) {
		f.log = append(f.log, op+" "+base)
		return nil
	}
	f.log = append(f.log, op+" "+base+" FAILS")
	f.down = f.crash
	if f.err == nil {
		return errCrash
	}
	return f.err
}

func (f *faultFS) times(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count[op]
}

func (f *faultFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if err := f.step("open", name); err != nil {
		return nil, err
	}
	file, err := f.OS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultFile{file, f, name}, nil
}

func (f *faultFS) Rename(from, to string) error {
	if err := f.step("rename", to); err != nil {
		return err
	}
	return f.OS.Rename(from, to)
}

func (f *faultFS) Remove(name string) error {
	if err := f.step("remove", name); err != nil {
		return err
	}
	return f.OS.Remove(name)
}

func (f *faultFS) SyncDir(name string) error {
	if err := f.step("syncdir", name); err != nil {
		return err
	}
	return nil
}

type faultFile struct {
	File
	fs   *faultFS
	name string
}

func (f *faultFile) WriteAt(b []byte, off int64) (int, error) {
	err := f.fs.step("write", f.name)
	if err == nil {
		return f.File.WriteAt(b, off)
	}
	n := 0
	if f.fs.half {
		n, _ = f.File.WriteAt(b[:len(b)/2], off)
	}
	if f.fs.mute {
		err = nil
	}
	return n, err
}

func (f *faultFile) Truncate(size int64) error {
	if err := f.fs.step("truncate", f.name); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// Sync only counts: these tests are about what is called, not about the disk.
func (f *faultFile) Sync() error { return f.fs.step("sync", f.name) }

var errFull = &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
