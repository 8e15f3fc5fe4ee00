package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// errHeld is what takeLock returns for a lock that somebody else holds.
var errHeld = errors.New("the lock is held")

// lockPatience is for how long a lock is tried again: Held takes it for an
// instant.
const (
	lockPatience = 50 * time.Millisecond
	lockTries    = 5
)

// Held reports whether a process holds the lock of an output's journal: a run
// that writes it. pid is what the lock's file says of it, 0 if nothing. The run
// is not disturbed, nor one that starts at the same time. Without a journal
// nobody does.
func Held(output string) (held bool, pid int, err error) {
	p, err := locate(output)
	if err != nil {
		return false, 0, err
	}
	held, err = lockHeld(p.lock)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, 0, &Error{Code: CodeIO, Path: p.lock, Text: "cannot look at the lock", Err: cause(err)}
	}
	if held {
		pid = owner(p)
	}
	return held, pid, nil
}

// lock takes the one lock of a run. Its file holds the owner's process id, for
// the message to whoever comes second; the lock itself is the kernel's and
// ends with the process, whatever ends it.
func lock(p place) (*os.File, error) {
	for tries := 0; ; tries++ {
		f, err := takeLock(p.lock)
		if errors.Is(err, errHeld) && tries < lockTries {
			time.Sleep(lockPatience / lockTries)
			continue
		}
		if errors.Is(err, errHeld) {
			return nil, heldBy(p)
		}
		if err != nil {
			return nil, &Error{Code: CodeIO, Path: p.lock, Text: "cannot lock the run", Err: cause(err)}
		}
		if !same(f, p.lock) { // removed by its owner between our open and our lock
			f.Close()
			continue
		}
		if err := writePID(f); err != nil {
			f.Close()
			return nil, &Error{Code: CodeIO, Path: p.lock, Text: "cannot write the lock", Err: cause(err)}
		}
		return f, nil
	}
}

func same(f *os.File, name string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(name)
	return err == nil && os.SameFile(a, b)
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// owner returns the process that the lock's file names, 0 if it names none.
func owner(p place) int {
	b, _ := os.ReadFile(p.lock)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return max(pid, 0)
}

func heldBy(p place) *Error {
	e := &Error{Code: CodeLocked, Path: p.output, PID: owner(p)}
	e.Text = "another run writes this output"
	if e.PID > 0 {
		e.Text = fmt.Sprintf("another run (pid %d) writes this output", e.PID)
	}
	return e
}
