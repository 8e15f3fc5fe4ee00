package prompt

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline/internal/jsonscan"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// mostNeeds is how many fields of an item a template may name to be rendered
// without decoding it.
const mostNeeds = 16

// appendFast renders a template of text and plain fields without decoding the
// item: it is walked over once, and what it has is copied. Not ok: a field is
// missing or not plain, and the full way has to say what comes of it.
func (t *tmpl) appendFast(dst, raw []byte) (out []byte, ok bool) {
	var found [mostNeeds]jsonscan.Span
	if len(t.needs) > 0 && !t.find(raw, found[:len(t.needs)]) {
		return nil, false
	}
	for i := range t.segments {
		s := &t.segments[i]
		if s.text != nil {
			dst = append(dst, s.text...)
			continue
		}
		value := raw
		if !s.dot {
			if value, ok = s.below(found[s.need].Of(raw)); !ok {
				return nil, false
			}
		}
		if dst, ok = appendPlain(dst, value); !ok {
			return nil, false
		}
	}
	return dst, true
}

// find looks for the fields that the template needs. A line of text is all of
// its only field.
func (t *tmpl) find(raw []byte, found []jsonscan.Span) bool {
	start := jsonscan.SkipSpace(raw, 0)
	if start < len(raw) && raw[start] == '"' {
		found[0] = jsonscan.Span{From: start, To: jsonscan.StringEnd(raw, start+1)}
		return len(t.needs) == 1 && t.needs[0] == lineField && found[0].To != jsonscan.Invalid
	}
	return jsonscan.Find(raw, t.needs, found)
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
	value = bytes.Trim(value, " \t\r\n")
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
// does it and escaped as jsontext does.
func appendString(dst []byte, token string) []byte {
	inner := token[1 : len(token)-1]
	if copyable(inner) {
		return append(dst, inner...)
	}
	for {
		i := strings.IndexByte(inner, '\\')
		if i < 0 {
			return jsontext.AppendInside(dst, inner)
		}
		dst = jsontext.AppendInside(dst, inner[:i])
		r, size := escaped(inner[i:])
		var b [utf8.UTFMax]byte
		dst = jsontext.AppendInside(dst, b[:utf8.EncodeRune(b[:], r)])
		inner = inner[i+size:]
	}
}

// escaped returns the character of the escape that s begins with, and the
// escape's length. Half a surrogate pair is U+FFFD.
func escaped(s string) (r rune, size int) {
	if s[1] != 'u' {
		return rune(unescapes[s[1]]), 2
	}
	r = hexRune(s[2:])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(r, hexRune(s[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// unescapes are what the letters of short escapes stand for.
var unescapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// hexRune returns the value of the four digits that s begins with.
func hexRune(s string) rune {
	n, _ := strconv.ParseUint(s[:4], 16, 16) // digits, as s is valid
	return rune(n)
}

// copyable reports whether escaping the decoded string gives these very bytes
// again.
func copyable(inner string) bool {
	if !utf8.ValidString(inner) {
		return false
	}
	for {
		i := strings.IndexByte(inner, '\\')
		if i < 0 {
			return true
		}
		switch inner[i+1] {
		case 'n', 'r', 't', '"', '\\':
			inner = inner[i+2:]
		default:
			return false
		}
	}
}
