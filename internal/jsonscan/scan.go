package jsonscan

import (
	"encoding/binary"
	"math/bits"
)

// Valid reports whether b is exactly one JSON value, blanks around it
// allowed: the same texts as json.Valid, some times faster.
func Valid(b []byte) bool {
	end := ValueEnd(b, SkipSpace(b, 0), 0)
	return end != Invalid && SkipSpace(b, end) == len(b)
}

// ValueEnd returns the offset after the value that begins at b[i], inside
// depth containers, or Invalid.
func ValueEnd(b []byte, i, depth int) int {
	if i >= len(b) {
		return Invalid
	}
	switch b[i] {
	case '"':
		return StringEnd(b, i+1)
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
	if depth > MaxDepth {
		return Invalid
	}
	i = SkipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return Invalid
		}
		if i = StringEnd(b, i+1); i == Invalid {
			return Invalid
		}
		i = SkipSpace(b, i)
		if i >= len(b) || b[i] != ':' {
			return Invalid
		}
		if i = ValueEnd(b, SkipSpace(b, i+1), depth); i == Invalid {
			return Invalid
		}
		i = SkipSpace(b, i)
		if i < len(b) && b[i] == '}' {
			return i + 1
		}
		if i >= len(b) || b[i] != ',' {
			return Invalid
		}
		i = SkipSpace(b, i+1)
	}
}

func arrayEnd(b []byte, i, depth int) int {
	if depth > MaxDepth {
		return Invalid
	}
	i = SkipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = ValueEnd(b, i, depth); i == Invalid {
			return Invalid
		}
		i = SkipSpace(b, i)
		if i < len(b) && b[i] == ']' {
			return i + 1
		}
		if i >= len(b) || b[i] != ',' {
			return Invalid
		}
		i = SkipSpace(b, i+1)
	}
}

// StringEnd returns the offset after the closing quote of the string whose
// text begins at b[i].
func StringEnd(b []byte, i int) int {
	for {
		if i = nextSpecial(b, i); i >= len(b) {
			return Invalid
		}
		switch {
		case b[i] == '"':
			return i + 1
		case b[i] != '\\': // a control character
			return Invalid
		}
		if i = escapeEnd(b, i+1); i == Invalid {
			return Invalid
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
		return Invalid
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		return hexEnd(b, i+1)
	}
	return Invalid
}

func hexEnd(b []byte, i int) int {
	if i+4 > len(b) {
		return Invalid
	}
	for _, c := range b[i : i+4] {
		if c|0x20 < 'a' && (c < '0' || c > '9') || c|0x20 > 'f' {
			return Invalid
		}
	}
	return i + 4
}

func wordEnd(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return Invalid
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
		return Invalid
	}
	if i < len(b) && b[i] == '.' {
		start = i + 1
		if i = digitsEnd(b, start); i == start {
			return Invalid
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
		return Invalid
	}
	return end
}

func digitsEnd(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

// SkipSpace returns the offset of the first byte from b[i] on that is no blank of
// JSON, or len(b).
func SkipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}
