// Package failures tells which failures of a run are alike, and keeps those that
// were seen last, for all who show them.
package failures

import (
	"strings"

	"github.com/seed-1814a72b/paceline"
)

// wordsKept is how many bytes of a message are kept.
const wordsKept = 300

// Words are an error's own words, on one line, 300 bytes at the most.
func Words(e *paceline.Error) string {
	words := e.Message
	if words == "" && e.Err != nil {
		words = e.Err.Error()
	}
	if len(words) <= wordsKept {
		return strings.Join(strings.Fields(words), " ")
	}
	const dots = "…"
	words = strings.ToValidUTF8(words[:wordsKept-len(dots)], "")
	return strings.Join(strings.Fields(words), " ") + dots
}

// Gist returns text with a # in place of all that differs between messages which
// say the same: numbers, times and addresses, and ids that have a digit in them.
// Its cost is one look at each byte; text without a digit is returned as it is.
func Gist(text string) string {
	if !strings.ContainsAny(text, "0123456789") {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		n, varies := token(text)
		switch {
		case varies:
			b.WriteByte('#')
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// token returns the length of what text begins with, a word or anything else, and
// whether it is a word with a digit in it. Points, commas and colons between
// digits are of the word: 0.5, 1,200, 10:30, 127.0.0.1:80.
func token(text string) (n int, varies bool) {
	for n < len(text) {
		c := text[n]
		switch {
		case isDigit(c):
			varies = true
		case isWord(c):
		case n > 0 && (c == '.' || c == ',' || c == ':') && isDigit(text[n-1]) && n+1 < len(text) && isDigit(text[n+1]):
		default:
			return max(n, 1), varies
		}
		n++
	}
	return n, varies
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '-'
}
