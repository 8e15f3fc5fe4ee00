package journal

import (
	"os"
	"syscall"
)

const errSharingViolation syscall.Errno = 32

// takeLock opens a file, made if need be, so that nobody else can open it to
// write. Reading stays allowed: the message to a second run names our pid.
func takeLock(name string) (*os.File, error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE,
		syscall.FILE_SHARE_READ, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case err == errSharingViolation:
		return nil, errHeld
	case err != nil:
		return nil, err
	}
	return os.NewFile(uintptr(h), name), nil
}

// lockHeld reports whether somebody holds a lock that takeLock takes: then it
// cannot be opened to write.
func lockHeld(name string) (bool, error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return false, err
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ|syscall.FILE_SHARE_WRITE|syscall.FILE_SHARE_DELETE,
		nil, syscall.OPEN_EXISTING, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case err == errSharingViolation:
		return true, nil
	case err != nil:
		return false, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return false, syscall.CloseHandle(h)
}

// dropLock unlocks, and removes the lock's file where asked to.
func dropLock(f *os.File, andRemove bool) {
	f.Close() // before the removal: Windows removes no open file
	if andRemove {
		os.Remove(f.Name())
	}
}
