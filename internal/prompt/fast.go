package prompt

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// fields are the fields of an item that a prompt looks at, each once.
type fields []string

// mostFields is how many fields of an item a prompt may name to be rendered
// without decoding it.
const mostFields = 18

// place returns where a field stands among those of the prompt.
func (f *fields) place(name string) int {
	if i := slices.Index(*f, name); i >= 0 {
		return i
	}
	*f = append(*f, name)
	return len(*f) - 1
}

// A sight is what one walk over an item has found of a prompt's fields, in their
// order. The zero sight is of no field.
type sight struct {
	found [mostFields]jsonscan.Span
	whole bool // the item could be walked over
}

// look looks for the fields in an item. A line of text is its only field.
func (s *sight) look(raw []byte, f fields) {
	start := jsonscan.SkipSpace(raw, 0)
	if start < len(raw) && raw[start] == '"' {
		end := jsonscan.StringEnd(raw, start+1)
		if i := slices.Index(f, lineField); i >= 0 && end != jsonscan.Invalid {
			s.found[i] = jsonscan.Span{From: start, To: end}
		}
		s.whole = end != jsonscan.Invalid
		return
	}
	s.whole = len(f) <= mostFields && jsonscan.Find(raw, f, s.found[:len(f)])
}

// appendFast renders a template of text and plain fields without decoding the
// item: what it has is copied. Not ok: a field is missing or not plain, and the
// full way has to say what comes of it.
func (t *tmpl) appendFast(dst, raw []byte, seen *sight) (out []byte, ok bool) {
	if !seen.whole {
		return nil, false
	}
	for i := range t.segments {
		s := &t.segments[i]
		if s.text != nil {
			dst = append(dst, s.text...)
			continue
		}
		value, ok := s.of(raw, seen)
		if !ok {
			return nil, false
		}
		if dst, ok = appendPlain(dst, value); !ok {
			return nil, false
		}
	}
	return dst, true
}

// blanks are JSON's.
const blanks = " \t\r\n"

// of returns what a segment stands for in an item.
func (s *segment) of(raw []byte, seen *sight) (value []byte, ok bool) {
	if s.dot {
		return bytes.Trim(raw, blanks), true
	}
	return s.below(seen.found[s.place].Of(raw))
}

// below returns the field that the path leads to from the value of its first
// name.
func (s *segment) below(value []byte) ([]byte, bool) {
	for i := 1; i < len(s.path) && len(value) > 0; i++ {
		var found [1]jsonscan.Span
		if !jsonscan.Find(value, s.path[i:i+1], found[:]) {
			return nil, false
		}
		value = found[0].Of(value)
	}
	return value, len(value) > 0
}

// appendPlain appends a string, number, boolean or null as the inside of a
// JSON string.
func appendPlain(dst, value []byte) ([]byte, bool) {
	if len(value) == 0 {
		return nil, false
	}
	switch value[0] {
	case '{', '[':
		return nil, false
	case 'n':
		return dst, true
	case '"':
		return appendString(dst, view(value)), true
	}
	return append(dst, value...), true
}

// appendString appends the inside of a valid JSON string, decoded as encoding/json
// does it and escaped as jsontext does: most of it stays as it is.
func appendString(dst []byte, token string) []byte {
	inner := token[1 : len(token)-1]
	for {
		i := strings.IndexByte(inner, '\\')
		if i < 0 {
			return appendRun(dst, inner)
		}
		dst = appendRun(dst, inner[:i])
		inner = inner[i:]
		switch inner[1] {
		case 'n', 'r', 't', '"', '\\':
			dst = append(dst, inner[0], inner[1])
			inner = inner[2:]
		default:
			r, size := jsontext.Escape(inner)
			var b [utf8.UTFMax]byte
			dst = jsontext.AppendInside(dst, b[:utf8.EncodeRune(b[:], r)])
			inner = inner[size:]
		}
	}
}

// appendRun appends a part of a valid JSON string that has no escapes: only what is
// not UTF-8 must be replaced.
func appendRun(dst []byte, run string) []byte {
	if utf8.ValidString(run) {
		return append(dst, run...)
	}
	return jsontext.AppendInside(dst, run)
}
