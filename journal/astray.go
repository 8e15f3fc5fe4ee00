package journal

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// lookEvery is how often a journal looks whether its files still stand where
// they are to be found: what is written to one that was removed is lost when
// it is closed.
const lookEvery = time.Second

// Stater is what an [FS] may have, too. With it a journal notices that its files
// were removed, moved or replaced while it was open; of one without, they are
// taken to stay.
type Stater interface {
	Stat(name string) (fs.FileInfo, error)
}

// Stat looks at a file, through links.
func (OS) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// Astray is closed when the output, the journal or its lock was removed, moved
// or replaced by somebody else, within about a second. Rows are taken as before:
// what is open still holds them, and Close brings them to a path again. The run
// should start no further calls, since another one may begin meanwhile.
func (j *Journal) Astray() <-chan struct{} { return j.astray.ch }

// AstrayErr returns what closed Astray, an *Error with CodeOutput, or nil.
func (j *Journal) AstrayErr() error { return j.astray.get() }

// A stand is what stands at the path of an open file.
type stand uint8

const (
	itself  stand = iota // the file, as far as one can tell
	nothing              // it was removed or moved
	another              // likewise, and another file is there
)

var standWords = [...]string{
	nothing: "was removed or moved away while the run wrote to it",
	another: "was replaced by another file while the run wrote to it",
}

// A kept file is one that a run writes, and its path.
type kept struct {
	file interface{ Stat() (fs.FileInfo, error) }
	path string
}

// kept returns the files of the run, the most telling one first.
func (j *Journal) kept() []kept {
	return []kept{{j.out, j.place.output}, {j.tail.f, j.place.journal}, {j.lock, j.place.lock}}
}

// standing says what stands at the path of a file. An error other than that
// nothing is there proves nothing: network file systems have their moments.
func (j *Journal) standing(k kept) stand {
	s, ok := j.opt.FS.(Stater)
	if !ok {
		return itself
	}
	own, err := k.file.Stat()
	if err != nil {
		return itself
	}
	there, err := s.Stat(k.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nothing
	case err == nil && !os.SameFile(own, there):
		return another
	}
	return itself
}

// trust reports whether this file system tells a file by itself: files that were
// opened a moment ago must be where they were opened.
func (j *Journal) trust() bool {
	for _, k := range j.kept() {
		if j.standing(k) != itself {
			return false
		}
	}
	return true
}

// look notes the first file that is astray. The committer calls it or, once that
// has ended, who holds closing.
func (j *Journal) look() error {
	if !j.watched || j.astray.get() != nil {
		return j.astray.get()
	}
	for _, k := range j.kept() {
		if at := j.standing(k); at != itself {
			return j.astray.fail(&Error{Code: CodeOutput, Path: j.lostPath(k.path), Text: standWords[at]})
		}
	}
	return nil
}

// lostPath returns the journal's folder for a file in it, if all of it is gone.
func (j *Journal) lostPath(path string) string {
	if path != j.place.output && !exists(j.place.dir) {
		return j.place.dir
	}
	return path
}
