package journal

import "os"

// Remove removes an output and its journal, to start over. What is not there is
// no error. It fails with CodeLocked while a run holds the journal.
func Remove(output string) error {
	p, err := locate(output)
	if err != nil {
		return err
	}
	if !exists(p.dir) {
		return removeAll(p.output)
	}
	l, err := lock(p)
	if err != nil {
		return err
	}
	// The journal goes first: rows without journal can be judged by anyone, and
	// are never appended to.
	err = removeAll(p.journal, p.output, p.rowsTmp, p.jrnlTmp, p.sortTmp, p.stub, p.reserve, p.rejected, p.damaged)
	dropLock(l, err == nil)
	if err != nil {
		return err
	}
	os.Remove(p.dir) // stays if somebody put something into it
	return nil
}

func removeAll(names ...string) error {
	for _, name := range names {
		if err := remove(OS{}, name); err != nil {
			return &Error{Code: CodeIO, Path: name, Text: "cannot remove", Err: cause(err)}
		}
	}
	return nil
}
