package journal

import (
	"encoding/binary"
	"io"
	"time"
)

// A Session is a process that wrote the journal.
type Session struct {
	Began time.Time // in ms
	PID   int64
}

// An Intent is a request that was about to be sent.
type Intent struct {
	Index  int64
	Cost   int64 // at most; Unknown
	Tokens int64 // at most; Unknown
}

// A Visitor is told of a journal's records in the order in which they stand. A
// func that is nil is not told. What the pointers and slices point to is good
// during the call only. Strings stay good, but share memory with a MiB of the
// journal: who keeps a few of many should clone them ([Entry.Clone], [Trip.Clone]).
// An error ends the visit, which returns it.
//
// In a journal that was never rewritten the records stand in the order of time: a
// session, then what it did; the intents of an item, its attempts, then its
// entry, in the order of the rows in the output. Of the requests of a session
// whose intents, attempts and entries do not add up, the rest was in flight at its
// end, or is so still.
//
// A rewrite (see [RewriteOptions]) keeps sessions, moments and attempts, in their
// order, and puts them first; then come the intents of requests whose end nobody
// knows, without a session, then the entries of the rows that stayed, in the new
// order. Other intents are gone. A request that had brought a row which did not
// stay is an attempt from then on, with the row's code, in the place where the
// row was. So a request whose end is known is told exactly once, as an attempt or
// as the one that brought an entry's row, unless a rewrite by a version without
// moments left it out.
type Visitor struct {
	Identity func([]byte) error
	Session  func(Session) error
	Intent   func(Intent) error
	Attempt  func(*Attempt) error
	Entry    func(*Entry) error
	Moment   func(*Moment) error
}

// Visit tells v of all records that Read found, again from the disk, in constant
// memory. It reads some millions of records a second. If the output is rewritten
// meanwhile it may fail; read it again then.
func (r *Reader) Visit(v Visitor) error {
	f, err := r.open()
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := v.visit(f, r.path, r.limit)
	if err == nil && n < r.limit {
		err = changed(r.path, n)
	}
	return err
}

// Visit tells v of the records of an output's journal as it stands, in one pass
// that adds up nothing, without its lock and also while a run writes it. It
// changes nothing. What a run that was killed, or that still runs, has written in
// part is left out. The error wraps fs.ErrNotExist if there is no journal; it has
// CodeCorrupt if what was committed is damaged, when v has been told of what
// stands before the damage.
func Visit(output string, v Visitor) error {
	p, err := locate(output)
	if err != nil {
		return err
	}
	f, err := openJournal(p)
	if err != nil {
		return err
	}
	defer f.Close()
	r := &replay{path: p.journal}
	size, whole, err := r.readHeader(f)
	if err != nil {
		return err
	}
	if !whole {
		return neverCompleted(p)
	}
	named := false
	note := v.Identity
	v.Identity = func(b []byte) error {
		named = true
		if note == nil {
			return nil
		}
		return note(b)
	}
	if r.good, err = v.visit(f, p.journal, size); err != nil {
		return err
	}
	if err := r.torn(f, size); err != nil {
		return err
	}
	if !named {
		return neverCompleted(p)
	}
	return nil
}

func neverCompleted(p place) *Error {
	return &Error{Code: CodeNoJournal, Path: p.journal, Text: "the journal was never completed"}
}

// visit tells v of the whole records before limit, and returns where they end.
func (v *Visitor) visit(f io.ReaderAt, path string, limit int64) (end int64, err error) {
	s := newScanner(f, headerSize, limit)
	s.texts = v.Attempt != nil || v.Entry != nil
	t := teller{Visitor: *v, path: path}
	for s.scan() {
		ok, err := t.tell(s)
		if err != nil {
			return s.off, err
		}
		if !ok {
			return s.off, &Error{Code: CodeCorrupt, Path: path, Offset: s.off, Text: "the journal holds a record that cannot be read", Remedy: rebuildRemedy}
		}
	}
	if s.err != nil {
		return s.next, &Error{Code: CodeIO, Path: path, Offset: s.next, Text: "cannot read the journal", Err: cause(s.err)}
	}
	return s.next, nil
}

// A teller is a visitor with the records that it is told of, so that a visit
// allocates none.
type teller struct {
	Visitor
	path    string
	entry   Entry
	attempt Attempt
	moment  Moment
}

// tell tells of one record. ok is false for one that cannot be read.
func (t *teller) tell(s *scanner) (ok bool, err error) {
	switch s.kind {
	case kindIdentity:
		if t.Identity != nil {
			return true, t.Identity(s.payload)
		}
	case kindSession:
		if t.Session != nil {
			return told(parseSession(s.payload))(t.Session)
		}
	case kindIntent:
		if t.Intent != nil {
			in, ok := parseIntent(s.payload)
			return told(Intent{in.index, in.cost, in.tokens}, ok)(t.Intent)
		}
	case kindAttempt:
		if t.Attempt != nil {
			t.attempt, ok = s.fields().attempt()
			return told(&t.attempt, ok)(t.Attempt)
		}
	case kindEntry:
		if t.Entry != nil {
			t.entry, ok = s.fields().entry()
			return told(&t.entry, ok)(t.Entry)
		}
	case kindMoment:
		if t.Moment != nil {
			ok = t.moment.parse(s.payload)
			return told(&t.moment, ok)(t.Moment)
		}
	case kindSwitch:
		return true, beingRewritten(t.path)
	default:
		if s.kind&kindCritical != 0 {
			return true, newerRecords(t.path, s.off)
		}
	}
	return true, nil
}

// told returns what calls f with a record, if that could be read.
func told[T any](record T, ok bool) func(f func(T) error) (bool, error) {
	return func(f func(T) error) (bool, error) {
		if !ok {
			return false, nil
		}
		return true, f(record)
	}
}

func parseSession(payload []byte) (s Session, ok bool) {
	f := fields{b: payload}
	s.Began, s.PID = f.time(), f.count()
	return s, !f.bad
}

func sessionRecord(dst []byte, ms int64, pid int) []byte {
	return appendRecord(dst, kindSession, func(b []byte) []byte {
		return binary.AppendUvarint(appendCount(b, ms), uint64(pid))
	})
}
