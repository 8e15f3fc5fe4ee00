package jsontext

import (
	"bytes"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendPlain appends what the inside of a JSON string stands for. Half of a
// surrogate pair becomes U+FFFD, as in encoding/json; bytes that are not UTF-8,
// and what is no escape, stay as they are.
func AppendPlain(dst, inside []byte) []byte {
	for {
		i := bytes.IndexByte(inside, '\\')
		if i < 0 {
			return append(dst, inside...)
		}
		dst = append(dst, inside[:i]...)
		r, n := Unescape(inside[i:])
		if n == 0 {
			dst, n = append(dst, '\\'), 1
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		inside = inside[i+n:]
	}
}

// escaped are the characters that an escape of one letter stands for.
var escaped = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// Unescape decodes the escape at the start of s, of two code units if they are a
// surrogate pair, and returns its length; 0 if it is none.
func Unescape(s []byte) (r rune, size int) {
	if len(s) > 1 {
		if c := escaped[s[1]]; c != 0 {
			return rune(c), 2
		}
	}
	return units(s)
}

// units decodes an escape of one code unit or two.
func units(s []byte) (r rune, size int) {
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
func unit(s []byte) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for _, c := range s[2:6] {
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
