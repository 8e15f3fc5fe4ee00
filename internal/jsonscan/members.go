// Package jsonscan finds the values of JSON text and checks it on the way, in one
// pass and without decoding: for what is read a million times and looked at in
// few places. It takes exactly the texts that [encoding/json.Valid] takes.
package jsonscan

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// MaxDepth is the nesting that is accepted; encoding/json accepts as much.
const MaxDepth = 10_000

// Invalid is what the functions that return an offset return for text that is
// not JSON.
const Invalid = -1

// A Span is a piece of a text, by its offsets. The zero value is none.
type Span struct{ From, To int }

// Of returns the piece, which shares b's memory up to its end.
func (s Span) Of(b []byte) []byte { return b[s.From:s.To:s.To] }

// None reports whether there is no such piece.
func (s Span) None() bool { return s.To == 0 }

// Members walks over the members of one JSON object and checks it on the way.
type Members struct {
	Key, Val Span // of the present member; Key with its quotes
	At       int  // behind what has been walked over; at the end, the object
	Bad      bool // the text is no JSON object

	b       []byte
	started bool
}

// MembersOf starts at the opening brace b[i].
func MembersOf(b []byte, i int) Members { return Members{b: b, At: i + 1} }

// Next moves to the next member. False: the object is over, or bad.
func (m *Members) Next() bool { return m.Name() && m.Skip(1) }

// Name moves to the next member's name. Its value begins at At, and whoever calls it
// walks over that, by Skip or otherwise, and sets At behind it. False: the object is
// over, or bad.
func (m *Members) Name() bool {
	i := SkipSpace(m.b, m.At)
	if i < len(m.b) && m.b[i] == '}' {
		m.At = i + 1
		return false
	}
	if m.started {
		if i >= len(m.b) || m.b[i] != ',' {
			return m.fail()
		}
		i = SkipSpace(m.b, i+1)
	}
	m.started = true
	return m.name(i)
}

func (m *Members) name(i int) bool {
	if i >= len(m.b) || m.b[i] != '"' {
		return m.fail()
	}
	end := StringEnd(m.b, i+1)
	if end == Invalid {
		return m.fail()
	}
	m.Key = Span{i, end}
	i = SkipSpace(m.b, end)
	if i >= len(m.b) || m.b[i] != ':' {
		return m.fail()
	}
	m.At = SkipSpace(m.b, i+1)
	return true
}

// Skip walks over the value that begins at At, which is within depth containers.
// False: it is bad.
func (m *Members) Skip(depth int) bool {
	end := ValueEnd(m.b, m.At, depth)
	if end == Invalid {
		return m.fail()
	}
	m.Val = Span{m.At, end}
	m.At = end
	return true
}

func (m *Members) fail() bool {
	m.Bad = true
	return false
}

// Find looks in the object b for the first member of each of names, and writes
// their values into found, which is as long; those that are missing stay as they
// are, which should be none. It stops once it has them all. False: b is no JSON
// object, as far as it was read. It allocates only where a name has escapes.
func Find(b []byte, names []string, found []Span) bool {
	i := SkipSpace(b, 0)
	if i >= len(b) || b[i] != '{' {
		return false
	}
	missing := len(names)
	for m := MembersOf(b, i); ; {
		if missing == 0 {
			return true
		}
		if !m.Next() {
			return !m.Bad
		}
		n := indexOf(names, b[m.Key.From+1:m.Key.To-1])
		if n >= 0 && found[n].None() {
			found[n] = m.Val
			missing--
		}
	}
}

// indexOf returns the place in names of a member's name, which is still escaped,
// or -1.
func indexOf(names []string, key []byte) int {
	for i, name := range names {
		if name == string(key) && strings.IndexByte(name, '\\') < 0 {
			return i
		}
	}
	if bytes.IndexByte(key, '\\') < 0 {
		return -1
	}
	var s string
	if json.Unmarshal([]byte(`"`+string(key)+`"`), &s) != nil {
		return -1
	}
	return slices.Index(names, s)
}
