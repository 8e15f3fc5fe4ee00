package live

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// cell is one labelled place. Its values stand in columns of their own.
type cell struct {
	label  string
	values []piece
}

func (c *cell) draw(l *line) {
	l.add(stylePlain, " ")
	start := l.width()
	l.add(styleDim, c.label)
	for i, v := range c.values {
		l.padTo(start + labelWidth + i*valueWidth)
		l.add(v.style, v.text)
	}
}

// figures are the lines below the limits: how long answers take, what they use,
// and what did not go well. Two cells stand beside each other where they fit.
func (d *blockDraft) figures(room int) (lines []line) {
	across := 1
	if room >= 2*cellWidth-1 {
		across = 2
	}
	for pair := range slices.Chunk(d.cells(), across) {
		var l line
		for i := range pair {
			l.padTo(i * cellWidth)
			pair[i].draw(&l)
		}
		lines = append(lines, l)
	}
	for _, c := range d.rows(room) {
		var l line
		c.draw(&l)
		lines = append(lines, l)
	}
	return lines
}

// cells are figures that take half a line, the most important first.
func (d *blockDraft) cells() []cell {
	st := &d.Stats
	cells := []cell{
		{"first token", quantiles(st.FirstToken)},
		{"whole call", quantiles(st.Total)},
		{"tokens", tokens(st)},
		{"given up", []piece{
			{numeral.Compact(st.Failed) + " failed", warnIf(st.Failed, styleRed)},
			{numeral.Compact(st.Invalid) + " invalid", warnIf(st.Invalid, styleRed)}}},
	}
	if st.Truncated > 0 {
		cells = append(cells, cell{"cut short", []piece{{numeral.Compact(st.Truncated) + " truncated", styleRed}}})
	}
	if st.Filtered+st.Refused > 0 {
		cells = append(cells, cell{"withheld", []piece{
			{numeral.Compact(st.Filtered) + " filtered", warnIf(st.Filtered, styleRed)},
			{numeral.Compact(st.Refused) + " refused", warnIf(st.Refused, styleRed)}}})
	}
	return cells
}

// rows are figures that take a whole line.
func (d *blockDraft) rows(room int) []cell {
	st := &d.Stats
	sent := cell{"sent again", []piece{{retries(st.Retries), stylePlain}}}
	if causes := causesInWords(st.Causes, room-1-labelWidth-valueWidth); causes != "" {
		sent.values = append(sent.values, piece{causes, styleDim})
	}
	return []cell{sent, {"extra calls", []piece{
		{numeral.Brief(st.Throttled) + " throttled", warnIf(st.Throttled, styleYellow)},
		{numeral.Brief(st.Asked) + " re-asked", stylePlain},
		{numeral.Brief(st.Hedges) + " hedged", stylePlain}}}}
}

// retriedCauses are the causes for which requests are sent again, as the view
// calls them.
var retriedCauses = map[paceline.Code]string{
	paceline.CodeServer: "server error", paceline.CodeConnection: "connection", paceline.CodeFirstToken: "no first token",
	paceline.CodeStall: "stalled", paceline.CodeTimeout: "timed out", paceline.CodeCut: "cut off",
	paceline.CodeMalformed: "malformed", paceline.CodeLocal: "no sockets left", paceline.CodeUnknown: "unknown",
}

// causesInWords says why requests were sent again, the most frequent cause
// first, as many as fit into so many columns.
func causesInWords(counts map[paceline.Code]int64, room int) (text string) {
	var list []paceline.Code
	for c, n := range counts {
		if n > 0 && retriedCauses[c] != "" {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b paceline.Code) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, c := range list {
		more := fmt.Sprintf("%s %s", numeral.Brief(counts[c]), retriedCauses[c])
		if text != "" {
			more = ", " + more
		}
		if len(text)+len(more) > room {
			break
		}
		text += more
	}
	return text
}

// tokens are those used so far. A server that answers and does not tell leaves
// them unknown.
func tokens(st *paceline.Stats) []piece {
	switch {
	case st.Usage.Known || st.Requests == 0:
		return []piece{
			{numeral.Compact(st.Usage.Prompt) + " in", stylePlain},
			{numeral.Compact(st.Usage.Completion) + " out", stylePlain}}
	case st.Done > 0:
		return []piece{{"unknown", stylePlain}}
	}
	return []piece{{"-", stylePlain}}
}

func warnIf(n int64, s style) style {
	if n > 0 {
		return s
	}
	return stylePlain
}

// retries returns "1 retry", "1.2k retries".
func retries(n int64) string {
	if n == 1 {
		return "1 retry"
	}
	return numeral.Brief(n) + " retries"
}

func inFlight(st *paceline.Stats) string {
	text := numeral.Calls(int64(st.InFlight))
	if st.Pace.InFlight > 0 {
		text = fmt.Sprintf("%s of %s calls", numeral.Grouped(int64(st.InFlight)), numeral.Grouped(int64(st.Pace.InFlight)))
	}
	return text
}

func quantiles(l paceline.Latency) []piece {
	return []piece{{"p50 " + numeral.Latency(l.P50), stylePlain}, {"p99 " + numeral.Latency(l.P99), stylePlain}}
}
