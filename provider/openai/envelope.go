package openai

import (
	"bytes"
	"errors"

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
	n     int
	first [16][]byte // the names seen; not all need room of their own
	later [][]byte   // those beyond
	err   error
}

// openEnvelope starts at an object that is known to be valid JSON.
func openEnvelope(raw []byte) envelope {
	return envelope{Cursor: rawjson.Object(raw)}
}

// Next goes to the next member.
func (e *envelope) Next() bool {
	if e.err != nil {
		return false
	}
	if !e.Cursor.Next() {
		if e.Bad() {
			e.err = errNoObject
		}
		return false
	}
	if e.n >= maxMembers || !e.see(e.Key()) {
		e.err = errDuplicate
		return false
	}
	return true
}

// see notes a name and reports whether it is new.
func (e *envelope) see(key []byte) bool {
	for i := range min(e.n, len(e.first)) {
		if bytes.Equal(e.first[i], key) {
			return false
		}
	}
	for _, s := range e.later {
		if bytes.Equal(s, key) {
			return false
		}
	}
	if e.n < len(e.first) {
		e.first[e.n] = key
	} else {
		e.later = append(e.later, key)
	}
	e.n++
	return true
}

// validObject reports why raw is not one valid JSON object. The check also bounds
// nesting, at 10,000.
func validObject(raw []byte) error {
	switch {
	case !rawjson.Valid(raw):
		return errNotJSON
	case rawjson.Trim(raw)[0] != '{':
		return errNoObject
	}
	return nil
}
