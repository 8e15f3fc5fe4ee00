package live

import (
	"fmt"

	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// toneStyles are how tones look.
var toneStyles = map[status.Tone]style{status.Plain: stylePlain, status.Faint: styleDim, status.Warning: styleYellow}

// condition is the line on what holds the run back.
func (d *blockDraft) condition() (l line) {
	text, said := d.WaitsFor()
	look := toneStyles[said]
	mark := look
	if look == stylePlain {
		mark = styleCyan
	}
	l.add(stylePlain, " ")
	l.add(mark, d.mark+" ")
	l.add(look, text)
	if l.textWidth() > d.room {
		l = l.cut(d.room - columnsOf(d.dots))
		l.add(look, d.dots)
	}
	return l
}

// errorLine is one of the last errors, with how often it was seen.
func (d *blockDraft) errorLine(i int) (l line) {
	e := &d.Errors[i]
	l.add(stylePlain, " ")
	if i == 0 {
		l.add(styleDim, "errors")
	}
	l.padTo(1 + labelWidth)
	l.add(styleRed, fmt.Sprintf("%5s%s", numeral.Brief(e.Count), d.sign))
	l.add(stylePlain, fmt.Sprintf(" %-*s ", nameWidth, e.name()))
	l.add(styleDim, d.shortened(d.plainly(e.Words), d.room-l.width()))
	return l
}
