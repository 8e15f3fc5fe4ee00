// Package tamed makes harmless what servers and items say before it is shown.
package tamed

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Short returns at most so many bytes of text, whole characters, as valid UTF-8,
// and an ellipsis for what is left out. It shares no memory with text, so that a
// word that is kept does not keep the megabyte that it stood in.
func Short(text string, most int) string {
	rest := ""
	if len(text) > most {
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		text, rest = text[:most], "…"
	}
	return strings.Clone(strings.ToValidUTF8(text, "\uFFFD") + rest)
}

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
