// Package tamed makes harmless what servers and items say before it is shown.
package tamed

import (
	"strings"
	"unicode"
)

// Text returns text with what a terminal would act upon, rather than show, shown
// as U+FFFD: servers and items have a word in it. Lines and tabs stay.
func Text(text string) string {
	if strings.IndexFunc(text, Acts) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		if Acts(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Acts reports whether r is a control character other than a newline or a tab,
// or one that turns the direction of the text around it.
func Acts(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return unicode.IsControl(r)
}
