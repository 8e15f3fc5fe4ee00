package journal

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// replay is a journal read from its beginning.
type replay struct {
	path     string
	items    *items // nil: not wanted
	ledger   *ledger
	identity []byte
	named    bool  // an identity was read
	switched bool  // the journal ends with a switch to the rewritten files
	rows     int64 // entries
	end      int64 // of the last row in the output
	good     int64 // of the last whole record in the journal
	size     int64 // of the journal
	recent   [recentRows]Entry
	moment   Moment    // read last
	began    time.Time // of the first session
	closed   bool      // the last record is the one of a close
}

// recentRows is how many of the last rows are kept to be verified.
const recentRows = 256

// read replays the records of a journal of the given size whose header has
// been checked.
func (r *replay) read(f io.ReaderAt, size int64) error {
	s := newScanner(f, headerSize, size)
	for !r.switched && s.scan() {
		if err := r.record(s); err != nil {
			return err
		}
	}
	if s.err != nil {
		return &Error{Code: CodeIO, Path: r.path, Offset: s.next, Text: "cannot read the journal", Err: cause(s.err)}
	}
	r.good, r.size = s.next, size
	r.ledger.endSession()
	return nil
}

func (r *replay) record(s *scanner) error {
	ok := true
	r.closed = false
	switch s.kind {
	case kindIdentity:
		r.identity, r.named = slices.Clone(s.payload), true
	case kindSession:
		r.ledger.endSession()
		var session Session
		if session, ok = parseSession(s.payload); ok && r.began.IsZero() {
			r.began = session.Began
		}
	case kindIntent:
		ok = r.intent(s.payload)
	case kindAttempt:
		var a Attempt
		if a, ok = (fields{b: s.payload, mute: true}).attempt(); ok {
			r.ledger.attempt(a)
		}
	case kindEntry:
		ok = r.entry(s.payload)
	case kindCarry:
		var t Totals
		if t, ok = parseCarry(s.payload); ok {
			r.ledger.totals.add(t)
		}
	case kindBounds:
		var b Bounds
		if b, ok = parseBounds(s.payload); ok {
			r.ledger.bounds.add(b)
		}
	case kindAccount:
		ok = r.ledger.account.read(s.payload)
	case kindMoment:
		ok = r.moment.parse(s.payload)
	case kindBatch:
		var synced int64
		synced, ok = parseBatch(s.payload, s.off)
		r.closed = synced == s.off
	case kindSwitch:
		r.switched = true
	default:
		if s.kind&kindCritical != 0 {
			return newerRecords(r.path, s.off)
		}
	}
	if !ok {
		return r.corrupt(s.off)
	}
	return nil
}

func (r *replay) intent(payload []byte) bool {
	in, ok := parseIntent(payload)
	if !ok {
		return false
	}
	if r.items != nil && !r.items.setSum(in.index, in.sum) {
		return true // of an item that has its row: nothing is open
	}
	r.ledger.intent(in)
	return true
}

// entry takes one row: it must follow the one before it without a gap, and be
// its item's first.
func (r *replay) entry(payload []byte) bool {
	e, ok := fields{b: payload, mute: true}.entry()
	if !ok || e.Offset != r.end {
		return false
	}
	if r.items != nil && !r.items.setDone(e.Index, e.ItemSum) {
		return false
	}
	r.recent[r.rows%recentRows] = e
	r.rows++
	r.end += e.Length
	r.ledger.entry(&e)
	return true
}

func newerRecords(path string, off int64) *Error {
	return &Error{Code: CodeVersion, Path: path, Offset: off, Text: "the journal holds records of a newer Paceline"}
}

func (r *replay) corrupt(off int64) *Error {
	return &Error{Code: CodeCorrupt, Path: r.path, Offset: off, Text: fmt.Sprintf(
		"the journal is damaged behind the record of row %d", r.rows), Remedy: rebuildRemedy}
}

// torn judges the bytes behind the last whole record: a torn tail may be cut,
// damage to what was durable may not.
func (r *replay) torn(f io.ReaderAt, size int64) error {
	if r.switched || r.good == size {
		return nil
	}
	damaged, err := durableBeyond(f, r.good, size)
	if err != nil {
		return &Error{Code: CodeIO, Path: r.path, Text: "cannot read the journal", Err: cause(err)}
	}
	if damaged {
		return r.corrupt(r.good)
	}
	return nil
}

// verifyBytes is how much of the output's end is compared with its checksums.
const verifyBytes = 4 << 20

// verify compares the last rows of the output with the journal.
func (r *replay) verify(path string, out io.ReaderAt) error {
	var buf []byte
	first := max(r.rows-recentRows, 0)
	for n := r.rows - 1; n >= first; n-- {
		e := &r.recent[n%recentRows]
		if n < r.rows-1 && r.end-e.Offset > verifyBytes {
			return nil
		}
		buf = slices.Grow(buf[:0], int(e.Length))[:e.Length]
		if _, err := out.ReadAt(buf, e.Offset); err != nil {
			return &Error{Code: CodeIO, Path: path, Line: n + 1, Offset: e.Offset, Text: "cannot read the row", Err: cause(err)}
		}
		if Sum(buf) != e.RowSum {
			return damagedRow(path, n+1, e.Offset)
		}
	}
	return nil
}

func damagedRow(path string, line, off int64) *Error {
	return &Error{Code: CodeCorrupt, Path: path, Line: line, Offset: off,
		Text: "the row is not the one that was committed", Remedy: restoreRemedy}
}

// recovery returns what was read.
func (r *replay) recovery() Recovery {
	return Recovery{
		Identity: r.identity, Totals: r.ledger.totals, Bounds: r.ledger.bounds, Account: r.ledger.account, InFlight: r.ledger.inFlight(), Latest: r.ledger.latest(),
		Done: r.ledger.rows[Done], Failed: r.ledger.rows[Failed], Invalid: r.ledger.rows[Invalid],
		Truncated: r.ledger.rows[Truncated], Filtered: r.ledger.rows[Filtered], Refused: r.ledger.rows[Refused],
		Began: r.began, Closed: r.closed && r.good == r.size,
	}
}
