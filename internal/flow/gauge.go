package flow

import (
	"math"
	"time"
)

// Told is what an endpoint told of its limits. Zero rates say nothing.
type Told struct{ Requests, Tokens, In, Out Allowance }

// Allowance is a limit as it was told, and what is left of it now.
type Allowance struct {
	Rate
	Left float64
	Sure bool // false: its window is a guess, which a limit that is given outweighs
}

// Same reports whether t tells the limits that u told, whatever is left.
func (t Told) Same(u Told) bool {
	same := func(a, b Allowance) bool { return a.Rate == b.Rate && a.Sure == b.Sure }
	return same(t.Requests, u.Requests) && same(t.Tokens, u.Tokens) && same(t.In, u.In) && same(t.Out, u.Out)
}

// toldMargin is kept below a limit that was told, since nobody told how it is
// counted: evenly spaced calls stand now and then one too many in a window.
const toldMargin = 0.005

// A gauge is one limit of a lane: a bucket, and where its rate comes from.
type gauge struct {
	Bucket
	rate  Rate          // in force; zero: none
	given Rate          // by configuration
	worth time.Duration // the burst is what the rate brings in this time
}

func newGauge(r Rate, worth time.Duration) gauge {
	g := gauge{rate: r, given: r, worth: worth}
	if r.N > 0 {
		g.Bucket = NewBucket(r.N, r.Per, math.Floor(r.worth(worth)))
	}
	return g
}

// told takes over a limit that the endpoint told, unless a lower one is given.
// What was taken before stays taken.
func (g *gauge) told(now Instant, a Allowance) {
	if a.N <= 0 || a.Per <= 0 {
		return
	}
	r, worth, margin := a.Rate, g.worth, 1-toldMargin
	switch given := g.given.N > 0; {
	case given && (!a.Sure || g.given.worth(time.Minute) <= a.worth(time.Minute)):
		r, margin = g.given, 1
	case a.Per > time.Minute:
		worth, margin = a.Per, 1 // a day's requests need not be spread over the day
	}
	if r == g.rate {
		return
	}
	g.rate = r
	fresh := g.interval == 0
	g.adjust(now, r.N*margin, r.Per, math.Floor(r.worth(worth)))
	switch {
	case fresh && a.Per > time.Minute:
		g.Take(now, g.burst-min(a.Left, g.burst))
	case fresh: // calls went out before it was told
		g.Take(now, g.burst)
	}
}

// give replaces the configured limit; the zero rate does not limit.
func (g *gauge) give(now Instant, r Rate) {
	g.given, g.rate = r, r
	if r.N == 0 {
		g.Bucket = Bucket{}
		return
	}
	g.adjust(now, r.N, r.Per, math.Floor(r.worth(g.worth)))
}

// Told notes what the endpoint of lane number n told of its limits.
func (a *Admission) Told(now Instant, n int, t Told) { a.lanes[n].told(now, t) }

func (l *Lane) told(now Instant, t Told) {
	if l.strict == nil {
		l.requests.told(now, t.Requests)
	}
	l.tokens.told(now, t.Tokens)
	l.in.told(now, t.In)
	l.out.told(now, t.Out)
	l.rated = l.rated || l.requests.rate.N > 0 || l.tokens.rate.N > 0 || l.in.rate.N > 0 || l.out.rate.N > 0
	l.adaptive.expect(l.requests.rate.worth(startWorth))
}
