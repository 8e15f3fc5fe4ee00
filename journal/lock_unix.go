//go:build unix

package journal

import (
	"os"
	"syscall"
)

// takeLock locks a file, made if need be, without waiting.
func takeLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EINTR {
			break
		}
	}
	if err == nil {
		return f, nil
	}
	f.Close()
	if err == syscall.EWOULDBLOCK {
		err = errHeld
	}
	return nil, err
}

// lockHeld reports whether somebody holds a lock that takeLock takes.
func lockHeld(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close() // which gives back what is taken here
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		if err != syscall.EINTR {
			break
		}
	}
	if err == syscall.EWOULDBLOCK {
		return true, nil
	}
	return false, err
}

// dropLock removes the lock's file where asked to, and unlocks.
func dropLock(f *os.File, andRemove bool) {
	if andRemove {
		os.Remove(f.Name()) // before the unlock: nobody may lock a file about to vanish
	}
	f.Close()
}
