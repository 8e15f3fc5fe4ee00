package journal

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
)

// Entries yields the entries of all committed rows in the order of the output,
// read from disk as it goes. Rows committed meanwhile may or may not be among
// them. An error is the last thing it yields. It waits for a Rewrite under way,
// and one that comes later does not disturb it.
func (j *Journal) Entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		f, limit, err := j.snapshot()
		if err != nil {
			yield(Entry{}, err)
			return
		}
		defer f.Close()
		entries(f, j.place.journal, limit)(yield)
	}
}

// snapshot opens the journal's file and returns how much of it is durable. Both
// are of the same file, though a Rewrite may put another in its place.
func (j *Journal) snapshot() (f *os.File, limit int64, err error) {
	j.closing.Lock()
	defer j.closing.Unlock()
	f, err = openForReading(j.place.journal)
	return f, j.tail.durable(), err
}

func openForReading(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Code: CodeIO, Path: path, Text: "cannot open the journal", Err: cause(err)}
	}
	return f, nil
}

// A Reader reads a journal without its lock, also while a run writes it. Where a
// Rewrite has put another journal in its place since, Visit and Entries fail with
// CodeCorrupt: it can be read anew.
type Reader struct {
	path      string
	file      fs.FileInfo // of the journal that was read
	limit     int64
	recovered Recovery
}

// Read reads the journal of an output as it stands, and changes nothing. It
// returns an error that wraps fs.ErrNotExist if there is no journal.
func Read(output string) (*Reader, error) {
	p, err := locate(output)
	if err != nil {
		return nil, err
	}
	f, err := openJournal(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, &Error{Code: CodeIO, Path: p.journal, Text: "cannot look at the journal", Err: cause(err)}
	}
	r := &replay{path: p.journal, ledger: newLedger()}
	whole, err := r.readFile(f)
	switch {
	case err != nil:
		return nil, err
	case !whole:
		return nil, neverCompleted(p)
	case r.switched:
		return nil, beingRewritten(p.journal)
	}
	return &Reader{path: p.journal, file: info, limit: r.good, recovered: r.recovery()}, nil
}

// openJournal opens a journal that need not be there.
func openJournal(p place) (File, error) {
	f, err := os.Open(p.journal)
	if err != nil {
		return nil, &Error{Code: CodeNoJournal, Path: p.journal, Text: "cannot open the journal", Err: cause(err)}
	}
	return osFile{f}, nil
}

func beingRewritten(path string) *Error {
	return &Error{Code: CodeCorrupt, Path: path, Text: "the output is being rewritten; run again to complete that"}
}

// Recovered returns what the journal holds. The calls that it names as in
// flight may be so still.
func (r *Reader) Recovered() Recovery { return r.recovered }

// Entries yields the entries of the rows that Read found, in the order of the
// output.
func (r *Reader) Entries() iter.Seq2[Entry, error] { return fromFile(r.open, r.path, r.limit) }

// open opens the journal again, if it is still the one that was read.
func (r *Reader) open() (*os.File, error) {
	f, err := openForReading(r.path)
	if err != nil {
		return nil, err
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(now, r.file) {
		f.Close()
		return nil, changed(r.path, 0)
	}
	return f, nil
}

func fromFile(open func() (*os.File, error), path string, limit int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		f, err := open()
		if err != nil {
			yield(Entry{}, err)
			return
		}
		defer f.Close()
		entries(f, path, limit)(yield)
	}
}

// entries yields the entries of a journal's first limit bytes, all of which
// have been read whole before.
func entries(f io.ReaderAt, path string, limit int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		err := walk(f, path, limit, func(_ int64, e *Entry) error {
			if !yield(*e, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(Entry{}, err)
		}
	}
}

var errStop = errors.New("stop")

// walk calls each with every entry and the offset of its record, until that
// returns an error.
func walk(f io.ReaderAt, path string, limit int64, each func(at int64, e *Entry) error) error {
	s := newScanner(f, headerSize, limit)
	s.texts = true
	for s.scan() {
		if s.kind != kindEntry {
			continue
		}
		e, ok := s.fields().entry()
		if !ok {
			return changed(path, s.off)
		}
		if err := each(s.off, &e); err != nil {
			return err
		}
	}
	if s.err != nil || s.next < limit {
		return &Error{Code: CodeIO, Path: path, Offset: s.next, Text: "cannot read the journal", Err: s.err}
	}
	return nil
}
