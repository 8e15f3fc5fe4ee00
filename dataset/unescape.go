package dataset

import (
	"bytes"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
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
	r, size = jsontext.Escape(s)
	size = max(size, 1) // whatever s is, the walk goes on
	if r < 0xA0 || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
		return 0, size
	}
	return r, size
}
