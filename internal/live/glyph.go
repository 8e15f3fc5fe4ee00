package live

import (
	"math"
	"runtime"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// glyphs are the characters that bars and marks are made of.
type glyphs struct {
	full, half, rest string   // of a bar
	levels           []string // of a sparkline, from the lowest
	mark             string   // before what is the case now
	sign             string   // behind how often something was
	dots             string   // for what was left out
	ascii            bool
}

var (
	levels      = strings.Split("▁▂▃▄▅▆▇█", "")
	levelsASCII = strings.Split("_.-=+*#@", "")
)

func glyphsOf(ascii bool) glyphs {
	if ascii {
		return glyphs{"#", "-", ".", levelsASCII, ">", "x", "...", true}
	}
	return glyphs{"━", "╸", "─", levels, "▸", "×", "…", false}
}

// speaksUTF8 reports whether the locale of an environment shows UTF-8.
func speaksUTF8(getenv func(string) string) bool {
	if runtime.GOOS == "windows" {
		return true // its terminals do, and it has no such variables
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := getenv(name); v != "" {
			v = strings.ToLower(v)
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// plainly returns text that the terminal can show, on one line.
func (g glyphs) plainly(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case g.ascii && r > '~':
			return '?'
		}
		return r
	}, tamed.Text(text))
}

// shortened returns text that takes at most so many columns.
func (g glyphs) shortened(text string, most int) string {
	if columnsOf(text) <= most {
		return text
	}
	return firstColumns(text, max(most-columnsOf(g.dots), 0)) + g.dots
}

// bar is a bar of so many columns of which a share is full, exact to half a
// column. It is full only when nothing is missing, and begun as soon as
// anything is there.
func (g glyphs) bar(share float64, width int, look style) (l line) {
	width = max(width, 0)
	halves := int(share * float64(2*width))
	if share > 0 && halves == 0 {
		halves = 1
	}
	halves = min(max(halves, 0), 2*width)
	l.add(look, strings.Repeat(g.full, halves/2)+strings.Repeat(g.half, halves%2))
	l.add(styleDim, strings.Repeat(g.rest, width-(halves+1)/2))
	return l
}

// sparkline shows values from left to right, the lowest level for 0 and the
// highest for the largest of them, in so many columns.
func (g glyphs) sparkline(values []float64, width int) string {
	values = values[max(len(values)-width, 0):]
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	var b strings.Builder
	b.Grow(len(values) * len(g.levels[0]))
	for _, v := range values {
		level := 0
		if top > 0 {
			level = int(math.Round(v / top * float64(len(g.levels)-1)))
		}
		b.WriteString(g.levels[level])
	}
	return b.String()
}
