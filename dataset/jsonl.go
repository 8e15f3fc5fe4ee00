package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

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
		if keep {
			text = bytes.Clone(text)
		}
		if problem := parseItem(it, text); problem != nil {
			it.Err = lineError(r.file, l, problem)
		} else if it.Err != nil {
			it.Err = lineError(r.file, l, it.Err)
		}
		return nil
	}
}

// parseItem fills it from one JSON text. The error says why the text is no
// item; an item that is one but cannot be sent gets an Err.
func parseItem(it *paceline.Item, text []byte) error {
	var f itemFields
	switch end := f.scan(text); {
	case end == jsonscan.Invalid:
		return syntaxProblem(text)
	case jsonscan.SkipSpace(text, end) != len(text):
		return errors.New("more text follows the item: one JSON object or string a line is due")
	case text[0] != '{' && text[0] != '"':
		return errors.New("an item must be a JSON object or a string")
	}
	it.Raw = text
	if it.ID = idOf(f.customID.Of(text)); it.ID == "" {
		it.ID = idOf(f.id.Of(text))
	}
	if f.isBatch(text) {
		it.Request, it.Err = f.request(text)
	}
	return nil
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
