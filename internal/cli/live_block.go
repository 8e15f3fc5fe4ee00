package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// The block's measures, in columns. Two cells fill a terminal of 80.
const (
	cellWidth  = 40
	labelWidth = 12
	valueWidth = 13
	maxCells   = 4
)

// liveFacts are what does not change while a run goes on.
type liveFacts struct {
	Total  int64         // items of the whole input, those done earlier included; 0: not known
	Done   int64         // of Total, those that had their row when the run started
	Model  string        // "" when each item has its own
	Output string        // where the rows go
	Budget paceline.Cost // what all sessions may spend; unknown: no budget
	Spent  paceline.Cost // what earlier sessions spent
}

// liveState is all that one frame shows.
type liveState struct {
	Facts liveFacts
	Stats paceline.Stats
	Pace  pace
	Ended bool // nothing comes any more
}

// ended counts the items that have their row, those done earlier included.
func (s *liveState) ended() int64 { return finished(s.Stats) + s.Stats.Resumed }

// over reports whether all items have their row.
func (s *liveState) over() bool { return s.Facts.Total > 0 && s.ended() >= s.Facts.Total }

// headline is the one line printed before a run.
func (f *liveFacts) headline() string {
	var b strings.Builder
	b.WriteString("paceline: ")
	if f.Total > 0 {
		b.WriteString(items(f.Total))
	} else {
		b.WriteString("items as they come")
	}
	if f.Done > 0 {
		b.WriteString(" (" + grouped(f.Done) + " already done)")
	}
	if f.Model != "" {
		b.WriteString(", " + f.Model)
	}
	if f.Output != "" {
		b.WriteString(" -> " + f.Output)
	}
	return b.String()
}

// drawBlock returns the lines of the live view for a terminal of so many
// columns and rows. No line is as wide as the terminal, so that none wraps;
// on a low terminal the least important lines are left out.
func drawBlock(s liveState, columns, rows int, ascii bool) []line {
	room := columns - 1
	across := 1
	for across < maxCells && room >= 2*across*cellWidth-1 {
		across *= 2 // cells come in pairs
	}
	lines := []line{s.progress(room)}
	if rows > 3 && s.Facts.Total > 0 {
		lines = append(lines, bar(s.ended(), s.Facts.Total, min(max(across, 2)*cellWidth-1, room)-2, ascii))
	}
	trouble := s.endpointTrouble()
	if rows > 5 {
		reserved := 4
		if trouble != "" {
			reserved++
		}
		lines = append(lines, s.grid(across, rows-reserved)...)
	}
	if trouble != "" && rows > 4 {
		lines = append(lines, line{{" ", stylePlain}, {trouble, styleYellow}})
	}
	if rows > 2 {
		lines = append(lines, s.condition())
	}
	for i := range lines {
		lines[i] = lines[i].cut(room)
	}
	return lines
}

// progress is the first line: how far, how fast and how long still. The
// widths of its parts depend on the total alone, so that nothing moves.
func (s *liveState) progress(room int) line {
	ended, total := s.ended(), s.Facts.Total
	var l line
	l.add(stylePlain, " ")
	if total <= 0 {
		l.add(styleBold, items(ended))
		l.padTo(cellWidth + 1)
		l.add(stylePlain, fmt.Sprintf("%-13s", s.speed()))
		l.add(styleDim, timeSpan(s.Stats.Elapsed)+" so far")
		return l
	}
	l.add(styleBold, fmt.Sprintf("%*s", len(grouped(total)), grouped(ended)))
	l.add(stylePlain, " of "+items(total)+"  ")
	l.add(styleBold, fmt.Sprintf("%7s", percent(ended, total)))
	speed := fmt.Sprintf("%-*s", valueWidth, s.speed())
	if room >= 2*cellWidth-1 {
		l.padTo(cellWidth + 1)
	} else {
		l.add(stylePlain, "  ")
	}
	if l.width()+len(speed)+1+len(s.eta()) <= room {
		l.add(stylePlain, speed)
		if !strings.HasSuffix(speed, " ") {
			l.add(stylePlain, " ")
		}
	}
	l.add(styleBold, s.eta())
	return l
}

// bar is the second line, a bar of so many columns, exact to half a column.
func bar(part, whole int64, width int, ascii bool) line {
	width = max(width, 0)
	full, half, rest := "━", "╸", "─"
	if ascii {
		full, half, rest = "#", "-", "."
	}
	halves := int(float64(part) / float64(whole) * float64(2*width))
	halves = min(max(halves, 0), 2*width)
	var l line
	l.add(stylePlain, " ")
	l.add(styleGreen, strings.Repeat(full, halves/2))
	l.add(styleGreen, strings.Repeat(half, halves%2))
	l.add(styleDim, strings.Repeat(rest, width-(halves+1)/2))
	return l
}

// speed is the rate at which items finish; at the end, that of the whole run.
func (s *liveState) speed() string {
	v, unit := s.Pace.Items, "s"
	if s.over() && s.Stats.Elapsed > 0 {
		v = float64(finished(s.Stats)) / s.Stats.Elapsed.Seconds()
	}
	if v > 0 && v < 1 {
		v, unit = v*60, "min"
	}
	return rateNumber(v) + " items/" + unit
}

func (s *liveState) eta() string {
	switch {
	case s.over():
		return "in " + timeSpan(s.Stats.Elapsed)
	case s.Ended:
		return "stopped after " + timeSpan(s.Stats.Elapsed)
	case s.Pace.Left < 0 || s.Stats.Pace.LimitedBy == paceline.BottleneckHold:
		return "ETA -"
	}
	return "ETA " + timeSpan(calm(s.Pace.Left))
}

// calm rounds a time to come so that its last digits do not flicker.
func calm(d time.Duration) time.Duration {
	if d > 3*time.Minute {
		return d.Round(10 * time.Second)
	}
	return max(d, time.Second)
}

// cell is one labelled place of the grid. Its values stand in columns of their
// own.
type cell struct {
	label  string
	values []piece
}

// grid lays the cells out, so many across and at most so many lines.
func (s *liveState) grid(across, most int) []line {
	var lines []line
	for i, c := range s.cells() {
		if i%across == 0 {
			if len(lines) == most {
				break
			}
			lines = append(lines, nil)
		}
		l := &lines[len(lines)-1]
		l.padTo(i % across * cellWidth)
		c.draw(l)
	}
	return lines
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

// cells are the grid's contents, the most important first.
func (s *liveState) cells() []cell {
	st := &s.Stats
	cells := []cell{
		{"requests", []piece{{s.against(s.Pace.Requests, st.Pace.Requests, st.Pace.FoundOut), stylePlain}}},
		{"in flight", []piece{{inFlight(st), stylePlain}}},
		{"first token", quantiles(st.FirstToken)},
		{"whole call", quantiles(st.Total)},
		{"sent again", []piece{
			{retries(st.Retries), stylePlain},
			{brief(st.Throttled) + " throttled", warnIf(st.Throttled, styleYellow)}}},
		{"extra calls", []piece{
			{brief(st.Asked) + " re-asked", stylePlain},
			{brief(st.Hedges) + " hedged", stylePlain}}},
		{"given up", []piece{
			{compact(st.Failed) + " failed", warnIf(st.Failed, styleRed)},
			{compact(st.Invalid) + " invalid", warnIf(st.Invalid, styleRed)}}},
		{"elapsed", []piece{{timeSpan(st.Elapsed), stylePlain}}},
		{"tokens", tokens(st)},
		{"cost", []piece{{s.money(), stylePlain}}},
	}
	if st.Truncated > 0 {
		cells = append(cells, cell{"cut short", []piece{{compact(st.Truncated) + " truncated", styleRed}}})
	}
	if st.Filtered+st.Refused > 0 {
		cells = append(cells, cell{"withheld", []piece{
			{compact(st.Filtered) + " filtered", warnIf(st.Filtered, styleRed)},
			{compact(st.Refused) + " refused", warnIf(st.Refused, styleRed)}}})
	}
	if !st.Pace.Tokens.IsZero() {
		cells = append(cells,
			cell{"token rate", []piece{{s.against(s.Pace.Tokens, st.Pace.Tokens, false), stylePlain}}},
			cell{"waiting", []piece{{calls(int64(st.Waiting)), stylePlain}}})
	}
	return cells
}

// tokens are those used so far. A server that answers and does not tell leaves
// them unknown.
func tokens(st *paceline.Stats) []piece {
	switch {
	case st.Usage.Known || st.Requests == 0:
		return []piece{
			{compact(st.Usage.Prompt) + " in", stylePlain},
			{compact(st.Usage.Completion) + " out", stylePlain}}
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

// against compares a measured rate with its limit in the limit's unit. A limit
// that was found out is not exact.
func (s *liveState) against(measured float64, limit paceline.Rate, foundOut bool) string {
	u := rateUnit(limit, measured)
	switch {
	case limit.IsZero():
		return perUnit(measured, u)
	case foundOut:
		return perUnit(measured, u) + " of about " + perUnit(limit.PerSecond(), u)
	}
	return perUnit(measured, u) + " of " + perUnit(limit.PerSecond(), u)
}

// calls returns "1 call", "4,102 calls".
func calls(n int64) string {
	if n == 1 {
		return "1 call"
	}
	return compact(n) + " calls"
}

// retries returns "1 retry", "1.2k retries".
func retries(n int64) string {
	if n == 1 {
		return "1 retry"
	}
	return brief(n) + " retries"
}

func inFlight(st *paceline.Stats) string {
	text := calls(int64(st.InFlight))
	if st.Pace.InFlight > 0 {
		text = fmt.Sprintf("%s of %s calls", grouped(int64(st.InFlight)), grouped(int64(st.Pace.InFlight)))
	}
	return text
}

func quantiles(l paceline.Latency) []piece {
	return []piece{{"p50 " + latency(l.P50), stylePlain}, {"p99 " + latency(l.P99), stylePlain}}
}

func (s *liveState) money() string {
	cost := dollars(s.Stats.Cost)
	if s.Stats.Requests == 0 {
		cost = "-"
	}
	if s.Facts.Budget.Known {
		if s.Facts.Spent.USD > 0 {
			cost = dollars(s.Stats.Cost.Add(s.Facts.Spent))
		}
		cost += " of " + dollars(s.Facts.Budget)
	}
	return cost
}

// plainLine is the live view where there is no terminal: one line.
func plainLine(s liveState) string {
	st := &s.Stats
	parts := []string{s.far(), s.speed(), inFlight(st) + " in flight"}
	if st.Retries > 0 {
		parts = append(parts, retries(st.Retries))
	}
	for _, c := range []struct {
		n    int64
		name string
	}{{st.Asked, "re-asked"}, {st.Hedges, "hedged"}, {st.Throttled, "throttled"}, {st.Failed, "failed"}, {st.Invalid, "invalid"},
		{st.Truncated, "truncated"}, {st.Filtered, "filtered"}, {st.Refused, "refused"}} {
		if c.n > 0 {
			parts = append(parts, grouped(c.n)+" "+c.name)
		}
	}
	if st.FirstToken.Count > 0 {
		parts = append(parts, "first token p50 "+latency(st.FirstToken.P50)+" p99 "+latency(st.FirstToken.P99))
	}
	parts = append(parts, tokenText(st), "cost "+s.money())
	if s.Facts.Total > 0 {
		parts = append(parts, s.eta())
	}
	if trouble := s.endpointTrouble(); trouble != "" {
		parts = append(parts, trouble)
	}
	if text, look := s.waitsFor(); look == styleYellow || s.unanswered() {
		parts = append(parts, text)
	}
	return "paceline: " + strings.Join(parts, ", ")
}

// tokenText is tokens in words.
func tokenText(st *paceline.Stats) string {
	if list := tokens(st); len(list) == 1 {
		return "tokens " + list[0].text
	}
	return compact(st.Usage.Prompt) + " tokens in " + compact(st.Usage.Completion) + " out"
}

func (s *liveState) far() string {
	if s.Facts.Total <= 0 {
		return items(s.ended())
	}
	return fmt.Sprintf("%s of %s (%s)", grouped(s.ended()), items(s.Facts.Total), percent(s.ended(), s.Facts.Total))
}
