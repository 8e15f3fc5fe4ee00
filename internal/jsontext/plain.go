package jsontext

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendPlain appends what the inside of a JSON string stands for. Half of a
// surrogate pair becomes U+FFFD, as in encoding/json; bytes that are not UTF-8,
// and what is no escape, stay as they are.
func AppendPlain(dst, inside []byte) []byte {
	dst = slices.Grow(dst, len(inside)+8)
	to, n := dst[len(dst):cap(dst)], 0 // what is written is never longer than what is read
	for i := 0; i < len(inside); {
		if inside[i] != '\\' {
			read := copyPlain(to[n:], inside[i:])
			i, n = i+read, n+read
			continue
		}
		if i+1 < len(inside) && escaped[inside[i+1]] != 0 { // nearly all are
			to[n] = escaped[inside[i+1]]
			i, n = i+2, n+1
			continue
		}
		r, size := Escape(inside[i:])
		if size == 0 {
			r, size = '\\', 1
		}
		n += utf8.EncodeRune(to[n:], r)
		i += size
	}
	return dst[:len(dst)+n]
}

// copyPlain copies up to the first backslash, and returns how many bytes these
// are. It goes by eight bytes, and may write up to eight more than that.
func copyPlain(to, from []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(from); i += 8 {
		x := binary.LittleEndian.Uint64(from[i:])
		binary.LittleEndian.PutUint64(to[i:], x)
		slash := x ^ '\\'*ones
		if stop := (slash - ones) &^ slash & highs; stop != 0 { // the lowest bit is exact
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	for ; i < len(from) && from[i] != '\\'; i++ {
		to[i] = from[i]
	}
	return i
}

// escaped are the characters that an escape of one letter stands for.
var escaped = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// Escape returns the character of the escape at the start of s, and how many
// bytes stand for it: those of two code units if they are a surrogate pair. Half
// of a pair is U+FFFD. The size is 0 if s does not start with an escape.
func Escape[T string | []byte](s T) (r rune, size int) {
	if len(s) > 1 && s[0] == '\\' && escaped[s[1]] != 0 {
		return rune(escaped[s[1]]), 2
	}
	r, ok := unit(s)
	switch {
	case !ok:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 6
	}
	if second, ok := unit(s[6:]); ok {
		if pair := utf16.DecodeRune(r, second); pair != unicode.ReplacementChar {
			return pair, 12
		}
	}
	return unicode.ReplacementChar, 6
}

// unit reads the escape of a code unit in UTF-16.
func unit[T string | []byte](s T) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for i := 2; i < 6; i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
