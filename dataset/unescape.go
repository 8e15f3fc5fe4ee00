package dataset

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

var unicodeEscape = []byte(`\u`)

// appendReadable appends a value as appendJSON does, and in a string writes the
// characters beyond ASCII as themselves. Some servers send them as \uXXXX, and
// nobody would find them again with grep.
func appendReadable(dst, raw []byte) []byte {
	start := len(dst)
	dst = appendJSON(dst, raw)
	if dst[start] != '"' || !bytes.Contains(dst[start:], unicodeEscape) {
		return dst
	}
	return dst[:start+decodeEscapes(dst[start:])]
}

// decodeEscapes decodes in place, which is never longer, and returns the
// length. s is a valid JSON string.
func decodeEscapes(s []byte) int {
	from, to := 0, 0
	for {
		n := bytes.IndexByte(s[from:], '\\')
		if n < 0 {
			return to + copy(s[to:], s[from:])
		}
		to += copy(s[to:], s[from:from+n])
		from += n
		r, size := escapedRune(s[from:])
		if r == 0 {
			to += copy(s[to:], s[from:from+size])
		} else {
			to += utf8.EncodeRune(s[to:to+size], r)
		}
		from += size
	}
}

// escapedRune returns the character of the escape that s begins with, and the
// escape's length. It returns 0 for one that has to stay: all of ASCII, half a
// surrogate pair, and what a terminal or a reader of lines would act upon.
func escapedRune(s []byte) (r rune, size int) {
	if s[1] != 'u' {
		return 0, 2
	}
	r, size = hexRune(s[2:]), 6
	if utf16.IsSurrogate(r) {
		if len(s) < 12 || !bytes.HasPrefix(s[6:], unicodeEscape) {
			return 0, size
		}
		if r = utf16.DecodeRune(r, hexRune(s[8:])); r == utf8.RuneError {
			return 0, size
		}
		return r, 12
	}
	if r < 0xA0 || r == '\u2028' || r == '\u2029' {
		return 0, size
	}
	return r, size
}

// hexRune returns the value of the four digits that s begins with.
func hexRune(s []byte) rune {
	n, _ := strconv.ParseUint(string(s[:4]), 16, 16) // digits, as s is valid
	return rune(n)
}
