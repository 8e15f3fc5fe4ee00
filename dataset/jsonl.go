package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unsafe"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
)

// A reader reads the items of one file.
type reader interface {
	// read fills in ID, Raw, Line, Request and Err of the next item, or
	// returns io.EOF after the last. With keep the item is the caller's;
	// without, it is valid until the next read.
	read(it *paceline.Item, keep bool) error
}

// jsonlReader reads JSON Lines: an object or a string on each.
type jsonlReader struct {
	lines *lineReader
	file  string
}

func (r *jsonlReader) read(it *paceline.Item, keep bool) error {
	for {
		l, err := r.lines.next()
		if err != nil {
			return err
		}
		it.Line = l.no
		if l.long {
			it.Err = lineError(r.file, l, r.lines.problem())
			return nil
		}
		text := trimSpace(l.text)
		if len(text) == 0 {
			continue
		}
		if problem := parseItem(it, text, keep); problem != nil {
			it.Err = lineError(r.file, l, problem)
		} else if it.Err != nil {
			it.Err = lineError(r.file, l, it.Err)
		}
		return nil
	}
}

// parseItem fills it from one JSON text. The error says why the text is no
// item; an item that is one but cannot be sent gets an Err. With keep the item is
// a copy; without, it shares text's memory.
func parseItem(it *paceline.Item, text []byte, keep bool) error {
	var f itemFields
	switch end := f.scan(text); {
	case end == jsonscan.Invalid:
		return syntaxProblem(text)
	case jsonscan.SkipSpace(text, end) != len(text):
		return errors.New("more text follows the item: one JSON object or string a line is due")
	case text[0] != '{' && text[0] != '"':
		return errors.New("an item must be a JSON object or a string")
	}
	it.Raw, it.ID = f.own(text, keep)
	if f.isBatch(it.Raw) {
		it.Request, it.Err = f.request(it.Raw)
	}
	return nil
}

// own returns the item's text and its id. A copy of both is one piece of memory:
// the id stands behind the text's capacity, so that nobody writes over it.
func (f *itemFields) own(text []byte, keep bool) (raw []byte, id string) {
	value := f.idValue(text)
	plain := len(value) > 0 && bytes.IndexByte(value, '\\') < 0
	if plain && value[0] == '"' {
		value = value[1 : len(value)-1]
	}
	if !keep {
		return text, idText(value, plain)
	}
	both := make([]byte, len(text), len(text)+len(value))
	copy(both, text)
	if plain {
		value = append(both, value...)[len(text):]
	}
	return both[:len(text):len(text)], idText(value, plain)
}

// idText returns an id that stands as it is, without a copy, or what a token
// with escapes stands for.
func idText(value []byte, plain bool) string {
	if plain {
		return unsafe.String(unsafe.SliceData(value), len(value))
	}
	return idOf(value)
}

// idValue returns the token of the item's id: of the first of custom_id and id
// that is one, nil if none is.
func (f *itemFields) idValue(text []byte) []byte {
	for _, s := range [...]jsonscan.Span{f.customID, f.id} {
		if v := s.Of(text); isID(v) {
			return v
		}
	}
	return nil
}

// isID reports whether a value is a string that is not empty, or a number.
func isID(value []byte) bool {
	switch {
	case len(value) == 0:
		return false
	case value[0] == '"':
		return len(value) > 2
	}
	return value[0] == '-' || value[0] >= '0' && value[0] <= '9'
}

// syntaxProblem says what is wrong with text, in encoding/json's words.
func syntaxProblem(text []byte) error {
	var v json.RawMessage
	err := json.Unmarshal(text, &v)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("invalid JSON at byte %d: %w", syntax.Offset, err)
	}
	return errors.New("invalid JSON")
}

// itemFields are the values of the fields that a source looks at.
type itemFields struct {
	customID, id, method, url, body jsonscan.Span
}

// scan checks the value that text begins with and notes the fields of an
// object. It returns the offset after the value, or invalid.
func (f *itemFields) scan(text []byte) int {
	if text[0] != '{' {
		return jsonscan.ValueEnd(text, 0, 0)
	}
	m := jsonscan.MembersOf(text, 0)
	for m.Next() {
		f.note(text, m.Key, m.Val)
	}
	if m.Bad {
		return jsonscan.Invalid
	}
	return m.At
}

// note keeps the first value of each field that matters.
func (f *itemFields) note(text []byte, key, val jsonscan.Span) {
	var at *jsonscan.Span
	switch string(text[key.From+1 : key.To-1]) {
	case "custom_id":
		at = &f.customID
	case "id":
		at = &f.id
	case "method":
		at = &f.method
	case "url":
		at = &f.url
	case "body":
		at = &f.body
	default:
		return
	}
	if at.None() {
		*at = val
	}
}

// idOf returns a string's text or a number's digits, else "".
func idOf(value []byte) string {
	switch {
	case len(value) == 0:
		return ""
	case value[0] == '"':
		return unquote(value)
	case value[0] == '-' || value[0] >= '0' && value[0] <= '9':
		return string(value)
	}
	return ""
}

// unquote decodes a valid JSON string.
func unquote(token []byte) string {
	inner := token[1 : len(token)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if json.Unmarshal(token, &s) != nil {
		return string(inner)
	}
	return s
}

// trimSpace cuts JSON's blanks off both ends.
func trimSpace(b []byte) []byte {
	b = b[jsonscan.SkipSpace(b, 0):]
	n := len(b)
	for n > 0 && (b[n-1] == ' ' || b[n-1] == '\t' || b[n-1] == '\n' || b[n-1] == '\r') {
		n--
	}
	return b[:n:n]
}
