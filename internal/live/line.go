package live

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/text/width"
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
	styleCyan   style = "36"
)

// line is one line of the live view: pieces of text without control characters.
type line []piece

type piece struct {
	text  string
	style style
}

// usualPieces is of how many pieces most lines consist at the most.
const usualPieces = 12

// add appends text in a style.
func (l *line) add(s style, text string) {
	if text == "" {
		return
	}
	if *l == nil {
		*l = make(line, 0, usualPieces)
	}
	*l = append(*l, piece{text, s})
}

// width returns the columns that l takes.
func (l line) width() int {
	n := 0
	for _, p := range l {
		n += columnsOf(p.text)
	}
	return n
}

// textWidth returns the columns that l takes without the blanks at its end, which are
// not written.
func (l line) textWidth() int {
	all, blank := 0, 0
	for _, p := range l {
		all += columnsOf(p.text)
		if text := strings.TrimRight(p.text, " "); text == "" {
			blank += len(p.text)
		} else {
			blank = len(p.text) - len(text)
		}
	}
	return all - blank
}

// columnsOf returns the columns that a terminal gives to text.
func columnsOf(text string) (n int) {
	for _, r := range text {
		n += runeColumns(r)
	}
	return n
}

// runeColumns returns the columns of one character: 2 of the wide ones of East
// Asia and of pictures, 0 of marks that stand upon the one before.
func runeColumns(r rune) int {
	switch {
	case r < 0x300, 0x2500 <= r && r < 0x25a0: // the latter are what bars and lines are made of
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// firstColumns returns the beginning of text that takes at most n columns.
func firstColumns(text string, n int) string {
	for i, r := range text {
		if n -= runeColumns(r); n < 0 {
			return text[:i]
		}
	}
	return text
}

// padTo appends blanks until l takes n columns.
func (l *line) padTo(n int) {
	if missing := n - l.width(); missing > 0 {
		l.add(stylePlain, blanksOf(missing))
	}
}

// blanks are as many as a line of most terminals takes.
var blanks = strings.Repeat(" ", 240)

func blanksOf(n int) string {
	if n <= len(blanks) {
		return blanks[:n]
	}
	return strings.Repeat(" ", n)
}

// cut returns l without what is beyond n columns, and without the word that would be
// cut in two, unless it is the only one.
func (l line) cut(n int) line {
	if l.textWidth() <= n {
		return l
	}
	out := l.columnsBefore(n)
	if l.columnsBefore(n+1).textWidth() <= n { // a blank follows
		return out
	}
	if words := out.withoutLastWord(); words.textWidth() > 0 {
		return words
	}
	return out
}

// withoutLastWord returns l up to the last blank in it; nothing if there is none.
func (l line) withoutLastWord() line {
	for i := len(l) - 1; i >= 0; i-- {
		if at := strings.LastIndexByte(l[i].text, ' '); at >= 0 {
			out := append(line(nil), l[:i]...)
			out.add(l[i].style, l[i].text[:at])
			return out
		}
	}
	return nil
}

// columnsBefore returns the first n columns of l.
func (l line) columnsBefore(n int) line {
	var out line
	for _, p := range l {
		w := columnsOf(p.text)
		if w >= n {
			out.add(p.style, firstColumns(p.text, max(n, 0)))
			return out
		}
		out.add(p.style, p.text)
		n -= w
	}
	return out
}

// append puts the pieces of another line behind those of l.
func (l *line) append(other line) { *l = append(*l, other...) }

// text returns l without trailing blanks, with escapes only if color is set.
func (l line) text(color bool) string {
	var b bytes.Buffer
	l.write(&b, color)
	return b.String()
}

// write writes what text returns.
func (l line) write(b *bytes.Buffer, color bool) {
	begin := b.Len()
	for _, p := range l {
		if !color || p.style == stylePlain || strings.TrimSpace(p.text) == "" {
			b.WriteString(p.text)
			continue
		}
		b.WriteString("\x1b[")
		b.WriteString(string(p.style))
		b.WriteByte('m')
		b.WriteString(p.text)
		b.WriteString("\x1b[0m")
	}
	b.Truncate(begin + len(bytes.TrimRight(b.Bytes()[begin:], " ")))
}
