package live

import (
	"slices"

	"github.com/seed-1814a72b/paceline/internal/status"
)

// The block's measures, in columns. Every label and every value has its place
// whatever the figures are, so that nothing moves while they change.
const (
	labelWidth = 12 // of a label and the gap behind it
	valueWidth = 13 // of one of several values beside each other
	cellWidth  = 40 // of a label with two values: two fill a terminal of 80

	rateWidth   = 10 // of a gauge's value: "9,810/min"
	shareWidth  = 21 // of what a gauge says behind its bar: " 98 % of ~10,000/min"
	barMost     = 32
	barLeast    = 6
	gaugesWidth = 1 + labelWidth + rateWidth + 2 + 16 + 2 + shareWidth // where figures stand beside them
	wideRoom    = gaugesWidth + 1 + labelWidth + 3*valueWidth

	etaWidth    = len("   ETA 47 h 59 min")
	nameWidth   = 20 // of an error's code and status
	errorsShown = 4
)

// frame is all that one frame shows.
type frame struct {
	status.State
	History []float64 // items a second, one for each Span, the newest last
	Span    int       // seconds
	Errors  []seenError
	Ended   bool // nothing comes any more
	Keys    keyLine
}

// A placed is a line with its importance: on a low terminal those of the highest
// rank are left out first.
type placed struct {
	line
	rank int
}

// The ranks of lines. Those that share one go from below.
const (
	rankProgress = iota
	rankCondition
	rankTrouble
	rankBar
	rankSaid
	rankGauge
	rankFigure
	rankError
	rankKeys
	rankGap
)

// A blockDraft is a block in the making.
type blockDraft struct {
	*frame
	room int // columns that a line may take
	glyphs
	lines []placed
}

// usualLines is how many lines most blocks have at the most.
const usualLines = 24

// drawBlock returns the lines of the live view for a terminal of so many
// columns and rows: how far it is, what holds it back, each limit with what is
// used of it, the figures, and what went wrong. No line is as wide as the
// terminal, so that none wraps; on a low one the least important lines are left
// out.
func drawBlock(s frame, columns, rows int, ascii bool) []line {
	d := blockDraft{frame: &s, room: columns - 1, glyphs: glyphsOf(ascii), lines: make([]placed, 0, usualLines)}
	d.add(rankProgress, s.progress(min(d.room, wideRoom)))
	if s.Facts.Total > 0 {
		d.add(rankBar, d.progressBar())
	}
	d.add(rankCondition, d.condition())
	d.gap()
	d.body()
	d.problems()
	d.keys()
	return d.fit(rows - 1)
}

func (d *blockDraft) add(rank int, l line) { d.lines = append(d.lines, placed{l, rank}) }

func (d *blockDraft) gap() { d.add(rankGap, nil) }

// body is gauges and figures, beside each other where there is room for both.
func (d *blockDraft) body() {
	if d.room < wideRoom {
		for _, l := range d.gauges(d.room) {
			d.add(rankGauge, l)
		}
		d.gap()
		for _, l := range d.figures(d.room) {
			d.add(rankFigure, l)
		}
		return
	}
	left, right := d.gauges(gaugesWidth), d.figures(d.room-gaugesWidth-1)
	for i := range max(len(left), len(right)) {
		l := make(line, 0, 2*usualPieces)
		if i < len(left) {
			l.append(left[i])
		}
		if i < len(right) {
			l.padTo(gaugesWidth + 1)
			l.append(right[i])
		}
		d.add(rankGauge, l)
	}
}

// problems are endpoints that take no calls, and the last errors.
func (d *blockDraft) problems() {
	trouble := d.EndpointTrouble()
	if trouble == "" && len(d.Errors) == 0 {
		return
	}
	d.gap()
	if trouble != "" {
		d.add(rankTrouble, line{{" ", stylePlain}, {d.plainly(trouble), styleYellow}})
	}
	for i := range min(len(d.Errors), errorsShown) {
		d.add(rankError, d.errorLine(i))
	}
}

// fit returns the lines, without the least important ones that are too many,
// and each cut to its room.
func (d *blockDraft) fit(most int) []line {
	for excess := len(d.lines) - max(most, 1); excess > 0; excess-- {
		least := 0
		for i := range d.lines {
			if d.lines[i].rank >= d.lines[least].rank {
				least = i
			}
		}
		d.lines = slices.Delete(d.lines, least, least+1)
	}
	lines := make([]line, len(d.lines))
	for i := range d.lines {
		lines[i] = d.lines[i].cut(d.room)
	}
	return lines
}
