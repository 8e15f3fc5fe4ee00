package failures

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline"
)

// Alike returns what messages of failures that are alike have in common: their
// [Gist], and of answers that were not accepted the [Fault].
func Alike(code paceline.Code, message string) string {
	if code == paceline.CodeInvalidAnswer {
		return Fault(message)
	}
	return Gist(message)
}

// Fault returns the first fault of an answer that was not accepted, as the place
// and the rule that was broken: "sections[#].title: got number, want string". What
// the answer had there varies, and stands in quotes: each run of such is an
// ellipsis. Further faults are behind a semicolon and left out.
func Fault(text string) string {
	var b strings.Builder
	quoted := false // b ends with an ellipsis, and perhaps a comma
	last := ' '     // the character before
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == ';' && strings.HasPrefix(text, "; "):
			return Gist(strings.TrimRight(b.String(), ", "))
		case opens(r, last):
			if !quoted {
				b.WriteString("…")
			}
			quoted, n, last = true, quotedLength(text), r
		case quoted && (r == ',' || r == ' ') && opensNext(text):
			last = r
		default:
			quoted, last = false, r
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return Gist(b.String())
}

// opens reports whether a quotation begins with r: an apostrophe in a word does
// not begin one.
func opens(r, before rune) bool {
	return r == '"' || r == '`' || r == '\'' && !unicode.IsLetter(before) && !unicode.IsDigit(before)
}

// opensNext reports whether nothing but commas and blanks parts text from a
// quotation.
func opensNext(text string) bool {
	rest := strings.TrimLeft(text, ", ")
	r, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && opens(r, ' ')
}

// quotedLength returns the bytes of the quotation that text begins with: all of
// it, where it was cut off before the end.
func quotedLength(text string) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote != '`':
			i++
		case text[i] == quote && (quote != '\'' || !followedByLetter(text[i+1:])):
			return i + 1
		}
	}
	return len(text)
}

func followedByLetter(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return text != "" && unicode.IsLetter(r)
}
