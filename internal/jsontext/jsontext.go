// Package jsontext writes strings as JSON, and reads what they stand for.
package jsontext

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// plain marks the ASCII bytes that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// Append appends s as a JSON string, with its quotes. Bytes that are not UTF-8
// become U+FFFD, as in encoding/json; nothing is escaped for HTML.
func Append[T string | []byte](dst []byte, s T) []byte {
	return append(AppendInside(append(dst, '"'), s), '"')
}

// AppendInside appends s as the inside of a JSON string, without quotes.
func AppendInside[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		n := runeLen(s, i)
		if n > 1 {
			i += n
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
	return append(dst, s[start:]...)
}

// runeLen returns the length of the well-formed rune of several bytes at i, or
// 1 if there is none.
func runeLen[T string | []byte](s T, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	var b [utf8.UTFMax]byte
	n := copy(b[:], s[i:min(i+utf8.UTFMax, len(s))])
	_, size := utf8.DecodeRune(b[:n])
	return size
}

// appendEscape appends the escape of a byte that cannot stand for itself.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
