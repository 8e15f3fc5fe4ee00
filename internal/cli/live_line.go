package cli

import (
	"strings"
	"unicode/utf8"
)

// style is how a piece of text looks; the escape sequence without its frame.
type style string

// The styles. Sixteen-colour codes only, so that the terminal's own palette
// decides how they look on its background.
const (
	stylePlain  style = ""
	styleDim    style = "2"
	styleBold   style = "1"
	styleRed    style = "31"
	styleGreen  style = "32"
	styleYellow style = "33"
)

// line is one line of the live view: pieces of text, each one column per rune
// (only such text is put into the block; names of files are not).
type line []piece

type piece struct {
	text  string
	style style
}

// add appends text in a style.
func (l *line) add(s style, text string) {
	if text != "" {
		*l = append(*l, piece{text, s})
	}
}

// width returns the columns that l takes.
func (l line) width() int {
	n := 0
	for _, p := range l {
		n += utf8.RuneCountInString(p.text)
	}
	return n
}

// padTo appends blanks until l takes n columns.
func (l *line) padTo(n int) {
	if missing := n - l.width(); missing > 0 {
		l.add(stylePlain, strings.Repeat(" ", missing))
	}
}

// cut returns l without what is beyond n columns.
func (l line) cut(n int) line {
	var out line
	for _, p := range l {
		w := utf8.RuneCountInString(p.text)
		if w >= n {
			out.add(p.style, string([]rune(p.text)[:max(n, 0)]))
			return out
		}
		out.add(p.style, p.text)
		n -= w
	}
	return out
}

// text returns l without trailing blanks, with escapes only if color is set.
func (l line) text(color bool) string {
	var b strings.Builder
	for _, p := range l {
		if !color || p.style == stylePlain || strings.TrimSpace(p.text) == "" {
			b.WriteString(p.text)
			continue
		}
		b.WriteString("\x1b[" + string(p.style) + "m" + p.text + "\x1b[0m")
	}
	return strings.TrimRight(b.String(), " ")
}
