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

// scarce is the share of a limit below which it matters how much is left.
const scarce = 0.25

// Scarce reports whether so little of a limit is left that it matters how much.
func (t Told) Scarce() bool {
	low := func(a Allowance) bool { return a.Left < scarce*a.N }
	return low(t.Requests) || low(t.Tokens) || low(t.In) || low(t.Out)
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
	left  remaining     // of last
	surge surge
	apart bool // another way of counting is in force: this one is where calls are too many at once
}

// When returns the earliest instant, not before now, at which n units are there,
// by our own count and by what the endpoint told.
func (g *gauge) When(now Instant, n float64) Instant {
	return max(g.Bucket.When(now, n), g.left.when(now, n))
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
	if r.N == 0 || g.apart && g.surge.cuts == 0 {
		g.Bucket = Bucket{}
	} else {
		g.adjust(now, r.N*min(margin, g.surge.margin()), r.Per, g.surge.burst(burst))
	}
	return true
}

// tells takes over what the endpoint told is left, in the answer to a call that
// started at the instant started, when mark units had been taken.
func (g *gauge) tells(now, started Instant, mark float64, a Allowance) {
	if a.N > 0 && a.Per > 0 {
		g.left.tells(now, started, mark, a)
	}
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

// Left notes what the endpoint told is left of its limits for calls of t's model,
// in its answer to t, which is in flight. What was told of the limits themselves
// must have been noted by Told.
func (a *Admission) Left(now Instant, t *Ticket, told Told) {
	if t.state != running {
		return
	}
	s := t.lane.shares[t.Model]
	if t.lane.whole.strict == nil && s.strict == nil {
		s.requests.tells(now, t.Started, t.marks.requests, told.Requests)
	}
	s.tokens.tells(now, t.Started, t.marks.tokens, told.Tokens)
	s.in.tells(now, t.Started, t.marks.in, told.In)
	s.out.tells(now, t.Started, t.marks.out, told.Out)
	a.queue.unpark(a.queue.lines[t.Model])
}

// Reserves reports whether some endpoint seems to keep reserved all the tokens that
// calls of a model may use: more is missing of its limit than they have used, and not
// more than they might have.
func (a *Admission) Reserves(model int) bool {
	for _, l := range a.lanes {
		if s := l.shares[model]; s.tokens.left.keeps || s.out.left.keeps {
			return true
		}
	}
	return false
}

// marks are how many units of each limit a model had taken when a call of it
// started, the call included.
type marks struct{ requests, tokens, in, out float64 }

// count counts what t takes, whatever is known of limits, since what will be told
// is to be compared with it.
func (q *quota) count(now Instant, t *Ticket) marks {
	q.requests.left.take(now, 1)
	q.tokens.left.take(now, t.In+t.Out)
	q.in.left.take(now, t.In)
	q.out.left.take(now, t.Out)
	return marks{q.requests.left.taken, q.tokens.left.taken, q.in.left.taken, q.out.left.taken}
}

// refuses notes that t was refused.
func (q *quota) refuses(now Instant, t *Ticket) {
	q.requests.left.refuses(now, t.Started, 1)
	q.tokens.left.refuses(now, t.Started, t.In+t.Out)
	q.in.left.refuses(now, t.Started, t.In)
	q.out.left.refuses(now, t.Started, t.Out)
}
