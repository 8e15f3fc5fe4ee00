package openai

import (
	"bytes"
	"errors"
	"sync"

	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

var (
	errNotJSON   = errors.New("not one JSON value, or nested too deeply")
	errDuplicate = errors.New("duplicate or too many names in the envelope")
	errNoObject  = errors.New("not a JSON object")
	errChoices   = errors.New("choices are missing, empty or not a list of objects with an index")
)

// An envelope walks an object whose members we interpret. It is strict: a
// name that comes twice ends it, because readers differ in which of the two
// they take, and names count by exact case.
type envelope struct {
	rawjson.Cursor
	seen *nameList // nil: it is at its end
	err  error
}

// A nameList has the names seen in an envelope. It lies beside the stack, which is held by
// thousands of calls at the same time, and which envelopes within envelopes would
// double.
type nameList struct {
	n     int
	first [16][]byte // not all need room of their own
	later [][]byte   // those beyond
}

var nameLists = sync.Pool{New: func() any { return new(nameList) }}

// openEnvelope starts at an object that is known to be valid JSON.
func openEnvelope(raw []byte) (e envelope) {
	e.open(raw)
	return e
}

// open has e, which is zero, be what openEnvelope returns, without another one on the
// stack.
//
//go:noinline
func (e *envelope) open(raw []byte) {
	e.OverObject(raw)
	e.seen = nameLists.Get().(*nameList)
}

// Next goes to the next member.
func (e *envelope) Next() bool {
	switch {
	case e.seen == nil:
		return false
	case !e.Cursor.Next():
		if e.Bad() {
			e.err = errNoObject
		}
	case e.seen.n < maxMembers && e.seen.add(e.Key()):
		return true
	default:
		e.err = errDuplicate
	}
	e.seen.release()
	e.seen = nil
	return false
}

// add notes a name and reports whether it is new.
func (s *nameList) add(key []byte) bool {
	for i := range min(s.n, len(s.first)) {
		if bytes.Equal(s.first[i], key) {
			return false
		}
	}
	for _, name := range s.later {
		if bytes.Equal(name, key) {
			return false
		}
	}
	if s.n < len(s.first) {
		s.first[s.n] = key
	} else {
		s.later = append(s.later, key)
	}
	s.n++
	return true
}

// release gives the list back, without what the names are part of.
func (s *nameList) release() {
	clear(s.first[:min(s.n, len(s.first))])
	s.n, s.later = 0, nil
	nameLists.Put(s)
}

// validObject reports why raw is not one valid JSON object. The check also bounds
// nesting, at 10,000.
func validObject(raw []byte) error {
	switch {
	case !jsonscan.Valid(raw):
		return errNotJSON
	case rawjson.Trim(raw)[0] != '{':
		return errNoObject
	}
	return nil
}
