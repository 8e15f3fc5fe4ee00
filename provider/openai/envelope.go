package openai

import (
	"bytes"
	"encoding/json"
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
	seen  [][]byte
	store [12][]byte
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
	if e.seen == nil {
		e.seen = e.store[:0]
	}
	key := e.Key()
	if len(e.seen) >= maxMembers {
		e.err = errDuplicate
		return false
	}
	for _, s := range e.seen {
		if bytes.Equal(s, key) {
			e.err = errDuplicate
			return false
		}
	}
	e.seen = append(e.seen, key)
	return true
}

// validObject reports why raw is not one valid JSON object. The standard
// library's check also bounds nesting, at 10,000.
func validObject(raw []byte) error {
	switch {
	case !json.Valid(raw):
		return errNotJSON
	case rawjson.Trim(raw)[0] != '{':
		return errNoObject
	}
	return nil
}
