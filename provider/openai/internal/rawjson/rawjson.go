// Package rawjson walks JSON text as bytes: values are located, never decoded,
// so that numbers of twenty digits, lone surrogates and invalid UTF-8 go
// through as they came.
//
// The walkers check only structure. Text that was not checked with
// [encoding/json.Valid] before may yield garbage, but never a panic, an endless
// loop or deep recursion.
package rawjson

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
)

// A Cursor walks the members of an object or the elements of an array.
type Cursor struct {
	text   []byte
	pos    int
	object bool
	bad    bool

	key []byte // the current member's name, without its quotes
	esc bool   // which has escapes
	val []byte // the current value, without white space around it
	at  int    // where val starts in text
}

// Object returns a cursor over the members of text, which must be an object:
// over anything else it is bad from the start.
func Object(text []byte) Cursor { return open(text, '{', true) }

// Array returns a cursor over the elements of text, which must be an array.
func Array(text []byte) Cursor { return open(text, '[', false) }

func open(text []byte, bracket byte, object bool) (c Cursor) {
	c.open(text, bracket, object)
	return c
}

// OverObject has c, which is zero, be what [Object] returns, without another Cursor on
// the stack.
func (c *Cursor) OverObject(text []byte) { c.open(text, '{', true) }

// OverArray has c, which is zero, be what [Array] returns.
func (c *Cursor) OverArray(text []byte) { c.open(text, '[', false) }

func (c *Cursor) open(text []byte, bracket byte, object bool) {
	c.text, c.object = text, object
	c.space()
	if c.pos >= len(text) || text[c.pos] != bracket {
		c.bad = true
		return
	}
	c.pos++
}

// Bad reports whether the text was found not to be what it should be.
func (c *Cursor) Bad() bool { return c.bad }

// Key returns the current member's name as it stands between its quotes, or
// decoded if it contains escapes.
func (c *Cursor) Key() []byte {
	if !c.esc {
		return c.key
	}
	var s string
	if json.Unmarshal([]byte(`"`+string(c.key)+`"`), &s) != nil {
		return c.key
	}
	return []byte(s)
}

// Value returns the current value.
func (c *Cursor) Value() []byte { return c.val }

// Offset returns where the current value starts in the text.
func (c *Cursor) Offset() int { return c.at }

// End returns, once Next has returned false on good text, the position of the
// closing bracket.
func (c *Cursor) End() int { return c.pos }

// Next goes to the next member or element and reports whether there is one.
func (c *Cursor) Next() bool {
	if c.bad {
		return false
	}
	first := c.val == nil
	c.space()
	if c.pos >= len(c.text) {
		return c.fail()
	}
	if b := c.text[c.pos]; b == '}' && c.object || b == ']' && !c.object {
		return false
	}
	if !first && !c.punct(',') {
		return c.fail()
	}
	if c.object && !c.name() {
		return c.fail()
	}
	c.space()
	start := c.pos
	end := Skip(c.text, start)
	if end <= start {
		return c.fail()
	}
	c.at, c.val, c.pos = start, c.text[start:end], end
	return true
}

func (c *Cursor) name() bool {
	c.space()
	if c.pos >= len(c.text) || c.text[c.pos] != '"' {
		return false
	}
	end, plain := shortEnd(c.text, c.pos+1)
	if !plain {
		end = longEnd(c.text, end)
	}
	if end < 0 {
		return false
	}
	c.key = c.text[c.pos+1 : end-1]
	c.esc = !plain && bytes.IndexByte(c.key, '\\') >= 0
	c.pos = end
	return c.punct(':')
}

func (c *Cursor) punct(b byte) bool {
	c.space()
	if c.pos >= len(c.text) || c.text[c.pos] != b {
		return false
	}
	c.pos++
	return true
}

func (c *Cursor) fail() bool {
	c.bad = true
	return false
}

func (c *Cursor) space() {
	for c.pos < len(c.text) && isSpace(c.text[c.pos]) {
		c.pos++
	}
}

// Skip returns the end of the value that starts at text[from], or -1.
func Skip(text []byte, from int) int {
	if from >= len(text) {
		return -1
	}
	switch text[from] {
	case '"':
		return skipString(text, from)
	case '{', '[':
		return skipNested(text, from)
	}
	i := from
	for i < len(text) && !isDelim(text[i]) {
		i++
	}
	return i
}

func skipString(text []byte, from int) int {
	end, plain := shortEnd(text, from+1)
	if plain {
		return end
	}
	return longEnd(text, end)
}

// short is how far a string is searched without calling anybody for it: most names
// and many values end by then.
const short = 32

// shortEnd returns the end of a string whose inside begins at text[i], if it is short
// and has no escape, else where to go on.
func shortEnd(text []byte, i int) (at int, plain bool) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for stop := min(i+short, len(text)-7); i < stop; i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		// The lowest mark is one of them; those above it may be false alarms.
		if m := ((quote-ones)&^quote | (slash-ones)&^slash) & highs; m != 0 {
			i += bits.TrailingZeros64(m) >> 3
			if text[i] == '"' {
				return i + 1, true
			}
			return i, false
		}
	}
	return i, false
}

// longEnd returns the end of a string of which text[i:] is still to be searched, -1 if
// there is none. No escape goes across i.
func longEnd(text []byte, i int) int {
	for i < len(text) {
		j := bytes.IndexByte(text[i:], '"')
		if j < 0 {
			return -1
		}
		quote := i + j
		back := quote
		for back > i && text[back-1] == '\\' {
			back--
		}
		if (quote-back)%2 == 0 {
			return quote + 1
		}
		var ended bool
		if i, ended = step(text, quote+1); ended {
			return i
		}
	}
	return -1
}

// step goes on in a string, byte by byte for a while: where one quote is escaped there
// are mostly more, for which nobody is to be called one at a time. It returns where it
// has come to, and whether that is behind the closing quote.
func step(text []byte, i int) (at int, ended bool) {
	for end := min(i+64, len(text)); i < end; i++ {
		switch text[i] {
		case '"':
			return i + 1, true
		case '\\':
			i++
		}
	}
	return i, false
}

func skipNested(text []byte, from int) int {
	depth := 0
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := skipString(text, i)
			if end < 0 {
				return -1
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// Trim returns text without white space around it.
func Trim(text []byte) []byte {
	for len(text) > 0 && isSpace(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

// Null reports whether a value is absent or null.
func Null(val []byte) bool { return len(val) == 0 || string(val) == "null" }

// Str returns a JSON string decoded, or "" for any other value.
func Str(val []byte) string {
	inner, ok := Inner(val)
	if !ok {
		return ""
	}
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if json.Unmarshal(val, &s) != nil {
		return ""
	}
	return s
}

// Inner returns what stands between the quotes of a JSON string.
func Inner(val []byte) ([]byte, bool) {
	if len(val) < 2 || val[0] != '"' || val[len(val)-1] != '"' {
		return nil, false
	}
	return val[1 : len(val)-1], true
}

// Get returns the value of the last member of that name, or nil.
func Get(object []byte, key string) []byte {
	var found []byte
	for c := Object(object); c.Next(); {
		if string(c.Key()) == key {
			found = c.Value()
		}
	}
	return found
}

// Path follows names through nested objects.
func Path(object []byte, keys ...string) []byte {
	for _, k := range keys {
		object = Get(object, k)
	}
	return object
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

func isDelim(b byte) bool {
	return isSpace(b) || b == ',' || b == ':' || b == '}' || b == ']' || b == '{' || b == '[' || b == '"'
}
