package live

import (
	"fmt"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// progress is the first line: how far it is, and to its right for how long still.
// The widths of its parts depend on the total alone, so that nothing moves.
func (s *frame) progress(room int) (l line) {
	ended, total := s.Rows(), s.Facts.Total
	l.add(stylePlain, " ")
	if total > 0 {
		l.add(styleBold, fmt.Sprintf("%*s", len(numeral.Grouped(total)), numeral.Grouped(ended)))
		l.add(stylePlain, " of "+numeral.Items(total)+"  ")
		l.add(styleBold, fmt.Sprintf("%7s", numeral.Percent(ended, total)))
	} else {
		l.add(styleBold, numeral.Items(ended))
	}
	for _, right := range s.times() {
		if start := room - right.width(); start > l.width()+1 {
			l.padTo(start)
			l.append(right)
			break
		}
	}
	return l
}

// times are the ways of saying how long it took and takes, the longest first.
func (s *frame) times() []line {
	elapsed := numeral.Span(s.Stats.Elapsed)
	switch {
	case s.Over():
		return []line{{{s.speed() + " ", stylePlain}, {s.eta(), styleBold}}, {{s.eta(), styleBold}}}
	case s.Ended:
		return []line{{{s.speed() + ", ", stylePlain}, {s.eta(), styleBold}}, {{s.eta(), styleBold}}}
	case s.Facts.Total <= 0:
		return []line{{{elapsed + " so far", stylePlain}}}
	}
	eta := line{{fmt.Sprintf("%*s", etaWidth, s.eta()), styleBold}}
	return []line{append(line{{elapsed + " so far", styleDim}}, eta...), {{s.eta(), styleBold}}}
}

// progressBar is the second line.
func (d *blockDraft) progressBar() line {
	share := float64(d.Rows()) / float64(d.Facts.Total)
	return append(line{{" ", stylePlain}}, d.bar(share, min(d.room, wideRoom)-1, styleGreen)...)
}

// speed is the rate at which items finish; at the end, that of the whole run.
func (s *frame) speed() string {
	v := s.Pace.Items
	if s.Over() && s.Stats.Elapsed > 0 {
		v = float64(s.Stats.Ended()) / s.Stats.Elapsed.Seconds()
	}
	number, unit := readableRate(v)
	return number + " items/" + unit
}

// readableRate returns v a second, by the minute where that is easier to read.
func readableRate(v float64) (number, unit string) {
	if v > 0 && v < 1 {
		return numeral.RateNumber(v * 60), "min"
	}
	return numeral.RateNumber(v), "s"
}

func (s *frame) eta() string {
	switch {
	case s.Over():
		return "in " + numeral.Span(s.Stats.Elapsed)
	case s.Ended:
		return "stopped after " + numeral.Span(s.Stats.Elapsed)
	case s.Stopping:
		return "stopping"
	case s.Pace.Left < 0 || s.Stats.Pace.LimitedBy == paceline.BottleneckHold || s.Held:
		return "ETA -"
	}
	return "ETA " + numeral.Span(numeral.Calm(s.Pace.Left))
}
