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

// A gauge is one limit: a bucket, and where its rate comes from.
type gauge struct {
	Bucket
	rate  Rate          // in force; zero: none
	given Rate          // by configuration
	whole Rate          // given for all models of the endpoint together, in another gauge
	last  Allowance     // as it was told last
	worth time.Duration // the burst is what the rate brings in this time,
	size  float64       // or, of a rate that is given, so many units, unless it is 0
}

// told takes over a limit that the endpoint told, unless a lower one is given.
// What was taken before stays taken.
func (g *gauge) told(now Instant, a Allowance) {
	if a.N > 0 && a.Per > 0 {
		g.last = a
		g.follow(now)
	}
}

// give replaces the configured limit, with a burst of so many units (0: by the
// gauge's worth); the zero rate does not limit.
func (g *gauge) give(now Instant, r Rate, burst float64) {
	if burst != g.size {
		g.rate = Rate{} // whatever the rate, the bucket changes
	}
	g.given, g.size = r, burst
	g.follow(now)
}

// under notes the rate that is given for all models together.
func (g *gauge) under(now Instant, whole Rate) {
	g.whole = whole
	g.follow(now)
}

// follow puts into force the lower of what is given and what was told. Where
// the limit for all models together is the lower one, its own gauge keeps it.
func (g *gauge) follow(now Instant) {
	if !g.believes() {
		g.enforce(now, g.given, 1, g.givenBurst())
		return
	}
	worth, margin := g.worth, 1-toldMargin
	if g.last.Per > time.Minute {
		worth, margin = g.last.Per, 1 // a day's requests need not be spread over the day
	}
	fresh := g.interval == 0
	if !g.enforce(now, g.last.Rate, margin, math.Floor(g.last.worth(worth))) || !fresh {
		return
	}
	left := 0.0 // calls went out before it was told
	if g.last.Per > time.Minute {
		left = min(g.last.Left, g.burst)
	}
	g.Take(now, g.burst-left)
}

// believes reports whether what was told is in force rather than what is given.
func (g *gauge) believes() bool {
	given := g.given
	if given.N == 0 || g.whole.N > 0 && g.whole.worth(time.Minute) < given.worth(time.Minute) {
		given = g.whole
	}
	switch {
	case g.last.N == 0:
		return false
	case given.N == 0:
		return true
	}
	return g.last.Sure && g.last.worth(time.Minute) < given.worth(time.Minute)
}

func (g *gauge) givenBurst() float64 {
	if g.size > 0 {
		return g.size
	}
	return math.Floor(g.given.worth(g.worth))
}

// enforce puts a rate into force, and reports whether it is another one.
func (g *gauge) enforce(now Instant, r Rate, margin, burst float64) bool {
	if r == g.rate {
		return false
	}
	g.rate = r
	if r.N == 0 {
		g.Bucket = Bucket{}
	} else {
		g.adjust(now, r.N*margin, r.Per, burst)
	}
	return true
}

// clear forgets what is in force.
func (g *gauge) clear() { g.rate, g.Bucket = Rate{}, Bucket{} }

// Told notes what the endpoint of lane number n told of its limits for calls of
// a model.
func (a *Admission) Told(now Instant, n, model int, t Told) {
	l := a.lanes[n]
	s := l.shares[model]
	s.used = true
	s.told(now, t, l.whole.strict != nil || s.strict != nil)
	if s.rated() && s.seek.limit > 0 {
		s.endSeek(now)
	}
	l.adaptive.expect(l.requests().worth(startWorth))
	a.queue.unpark(a.queue.lines[model])
}
