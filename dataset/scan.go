package dataset

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth is the nesting that encoding/json accepts as well.
const maxDepth = 10_000

// invalid is what the scanning functions return for text that is not JSON.
const invalid = -1

// A span is a piece of a line, by its offsets.
type span struct{ from, to int }

func (s span) of(b []byte) []byte { return b[s.from:s.to:s.to] }
func (s span) none() bool         { return s.to == 0 }

// members walks over the members of one JSON object and checks it on the way.
// The members' names keep their quotes.
type members struct {
	b        []byte
	at       int // after the brace, the comma or, at the end, the object
	key, val span
	started  bool
	bad      bool
}

// membersOf starts at the opening brace b[i].
func membersOf(b []byte, i int) members { return members{b: b, at: i + 1} }

// next moves to the next member. False: the object is over, or bad.
func (m *members) next() bool {
	i := skipSpace(m.b, m.at)
	if i < len(m.b) && m.b[i] == '}' {
		m.at = i + 1
		return false
	}
	if m.started {
		if i >= len(m.b) || m.b[i] != ',' {
			return m.fail()
		}
		i = skipSpace(m.b, i+1)
	}
	m.started = true
	return m.member(i)
}

func (m *members) member(i int) bool {
	if i >= len(m.b) || m.b[i] != '"' {
		return m.fail()
	}
	end := stringEnd(m.b, i+1)
	if end == invalid {
		return m.fail()
	}
	m.key = span{i, end}
	i = skipSpace(m.b, end)
	if i >= len(m.b) || m.b[i] != ':' {
		return m.fail()
	}
	i = skipSpace(m.b, i+1)
	end = valueEnd(m.b, i, 1)
	if end == invalid {
		return m.fail()
	}
	m.val = span{i, end}
	m.at = end
	return true
}

func (m *members) fail() bool {
	m.bad = true
	return false
}

// validJSON reports whether b is exactly one JSON value, blanks around it
// allowed: the same texts as json.Valid, some times faster.
func validJSON(b []byte) bool {
	end := valueEnd(b, skipSpace(b, 0), 0)
	return end != invalid && skipSpace(b, end) == len(b)
}

// valueEnd returns the offset after the value that begins at b[i], inside
// depth containers, or invalid.
func valueEnd(b []byte, i, depth int) int {
	if i >= len(b) {
		return invalid
	}
	switch b[i] {
	case '"':
		return stringEnd(b, i+1)
	case '{':
		return objectEnd(b, i, depth+1)
	case '[':
		return arrayEnd(b, i, depth+1)
	case 't':
		return wordEnd(b, i, "true")
	case 'f':
		return wordEnd(b, i, "false")
	case 'n':
		return wordEnd(b, i, "null")
	}
	return numberEnd(b, i)
}

func objectEnd(b []byte, i, depth int) int {
	if depth > maxDepth {
		return invalid
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return invalid
		}
		if i = stringEnd(b, i+1); i == invalid {
			return invalid
		}
		i = skipSpace(b, i)
		if i >= len(b) || b[i] != ':' {
			return invalid
		}
		if i = valueEnd(b, skipSpace(b, i+1), depth); i == invalid {
			return invalid
		}
		i = skipSpace(b, i)
		if i < len(b) && b[i] == '}' {
			return i + 1
		}
		if i >= len(b) || b[i] != ',' {
			return invalid
		}
		i = skipSpace(b, i+1)
	}
}

func arrayEnd(b []byte, i, depth int) int {
	if depth > maxDepth {
		return invalid
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = valueEnd(b, i, depth); i == invalid {
			return invalid
		}
		i = skipSpace(b, i)
		if i < len(b) && b[i] == ']' {
			return i + 1
		}
		if i >= len(b) || b[i] != ',' {
			return invalid
		}
		i = skipSpace(b, i+1)
	}
}

// stringEnd returns the offset after the closing quote of the string whose
// text begins at b[i].
func stringEnd(b []byte, i int) int {
	for {
		if i = nextSpecial(b, i); i >= len(b) {
			return invalid
		}
		switch {
		case b[i] == '"':
			return i + 1
		case b[i] != '\\': // a control character
			return invalid
		}
		if i = escapeEnd(b, i+1); i == invalid {
			return invalid
		}
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// nextSpecial returns the offset of the first quote, backslash or control
// character from b[i] on, or len(b). It looks at eight bytes at a time: a
// marked byte above the lowest one may be a false alarm, the lowest never is.
func nextSpecial(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		m := ((quote - ones) & ^quote) | ((slash - ones) & ^slash) | ((w - ones*' ') & ^w)
		if m &= highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(b); i++ {
		if b[i] < ' ' || b[i] == '"' || b[i] == '\\' {
			return i
		}
	}
	return i
}

// escapeEnd returns the offset after the escape whose letter is b[i].
func escapeEnd(b []byte, i int) int {
	if i >= len(b) {
		return invalid
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		return hexEnd(b, i+1)
	}
	return invalid
}

func hexEnd(b []byte, i int) int {
	if i+4 > len(b) {
		return invalid
	}
	for _, c := range b[i : i+4] {
		if c|0x20 < 'a' && (c < '0' || c > '9') || c|0x20 > 'f' {
			return invalid
		}
	}
	return i + 4
}

func wordEnd(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return invalid
	}
	return i + len(word)
}

func numberEnd(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	start := i
	i = digitsEnd(b, i)
	if i == start || b[start] == '0' && i > start+1 {
		return invalid
	}
	if i < len(b) && b[i] == '.' {
		start = i + 1
		if i = digitsEnd(b, start); i == start {
			return invalid
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		return exponentEnd(b, i+1)
	}
	return i
}

func exponentEnd(b []byte, i int) int {
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		i++
	}
	end := digitsEnd(b, i)
	if end == i {
		return invalid
	}
	return end
}

func digitsEnd(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}
