package paceline

import (
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

const (
	// beat is how often the dispatcher comes at least while attempts are in flight: it
	// knows of every time in which this process did not run that is longer by stoodStill
	// than that. That is a tenth of the shortest learnt deadline.
	beat = 100 * time.Millisecond
	// stoodStill is how late it must come for the process to have stood still: timers
	// alone, and thousands of goroutines that have something to do, make it late by less.
	stoodStill = 50 * time.Millisecond
	// graceMost is for how long nothing is decided on after a standstill at most: in a
	// second a processor reads what has come for thousands of calls.
	graceMost = time.Second
)

// A grace is a time in which no deadline cuts and no second attempt starts, since this
// process has stood still (it was stopped, the machine slept or had no processor for
// it): answers that have come meanwhile have not been read, though their time is over
// by the clock. It lasts for as long as the dispatcher was late, a second at most.
//
// It is not prolonged by a further standstill, and after it one look is made in any
// case, so that a process that stands still again and again cuts what is stuck.
type grace struct {
	until flow.Instant // 0: there is none, and the look after the last has been made
}

// begin begins one at now, of a dispatcher that came so late.
func (g *grace) begin(now flow.Instant, late time.Duration) {
	if g.until == 0 {
		g.until = now.Add(min(late, graceMost))
	}
}

// on reports whether there is one at now. If there is none any more, what it held back
// is to be decided on before the next begins.
func (g *grace) on(now flow.Instant) bool {
	if now >= g.until {
		g.until = 0
	}
	return g.until > 0
}

// came tells the watch that the dispatcher comes at now, which it did before for the
// last time, and was to do at due at the latest. If it is so late that the process has
// stood still, that time is not the server's: it counts against no silence, but for a
// beat, with which each that is stuck comes nearer to its deadline.
func (w *watch) came(now, before, due flow.Instant) {
	late := now.Sub(due)
	if late < stoodStill {
		return
	}
	w.grace.begin(now, late)
	for _, a := range w.attempts {
		a.stands(before.Add(beat), now)
	}
}

// stands notes that this process stood still from one instant to another.
func (a *attempt) stands(from, to flow.Instant) {
	since := a.last.Load()
	if since == 0 {
		since = a.sent.Load()
	}
	if since != a.stood.since {
		a.stood = stood{since: since}
	}
	a.stood.still += max(0, to.Sub(max(from, flow.Instant(since))))
}

// stood is for how long this process has stood still since an attempt was sent, or had
// content last.
type stood struct {
	since int64 // that instant
	still time.Duration
}

// from returns for how long it has since that instant, if it is the one.
func (s *stood) from(instant int64) time.Duration {
	if instant != s.since {
		return 0
	}
	return s.still
}

// waited returns for how long of the time from the sending to an instant this process
// ran, or 0 if nothing was sent.
func (a *attempt) waited(at flow.Instant) time.Duration {
	return max(0, a.took(at)-a.stood.from(a.sent.Load()))
}
