package journal

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// errHeld is what takeLock returns for a lock that somebody else holds.
var errHeld = errors.New("the lock is held")

// lock takes the one lock of a run. Its file holds the owner's process id, for
// the message to whoever comes second; the lock itself is the kernel's and
// ends with the process, whatever ends it.
func lock(p place) (*os.File, error) {
	for {
		f, err := takeLock(p.lock)
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

func heldBy(p place) *Error {
	e := &Error{Code: CodeLocked, Path: p.output}
	b, _ := os.ReadFile(p.lock)
	e.PID, _ = strconv.Atoi(strings.TrimSpace(string(b)))
	e.Text = "another run writes this output"
	if e.PID > 0 {
		e.Text = fmt.Sprintf("another run (pid %d) writes this output", e.PID)
	}
	return e
}
