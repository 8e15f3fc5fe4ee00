package flow

import (
	"math/bits"
	"time"
)

// A solitude is what tells a call that is refused by itself, whatever the limit,
// from one that was unlucky at a limit that is really used up. No answer says which
// it is: the others do.
//
// A refusal counts as the call's own, and is proven so by its next one, if
//
//   - a call that started between the two was let in, and of the others hardly any
//     was refused when it was new: a server that refuses one in sixteen by chance
//     does so to one call, again and again, as seldom as that to the power of the
//     refusals; or
//   - nothing was let in for the minute before, so that no bucket and no window can
//     be full of our calls, no call waits that has not been refused before, and some
//     that started after its first refusal were let in.
//
// Where more of the others are refused the count begins anew.
//
// The last calls of all have no others. Where none waits that has not been refused
// before, and nothing was let in for so long that any limit that renews itself has
// done so ([Admission.renewed]), all of a call's refusals are its own.
type solitude struct {
	first, last int64         // the call's starts that were refused first and last; 0: none was
	since       Instant       // when the first of them was
	refused     int           // how often in a row
	own         int           // refusals of these that are proven to be its own
	quiet       time.Duration // nothing was let in for so long, which proves it; 0: others do
	until       Instant       // it waits at least until then
}

// peers is what became of all calls of a model at a lane.
type peers struct {
	number int64   // the latest start that was let in; 0: none was
	at     Instant // and when that was
	fates  uint64  // of the latest new calls, a bit each, the latest lowest: refused
	known  int     // how many
}

const (
	peersMost = 64          // new calls of which the fate is kept
	peersRare = 16          // one in so many refused is hardly any
	alonePast = time.Minute // nothing let in for so long leaves no usual limit full

	// leftFew refused calls, beside one in peersRare, are few enough to be items that
	// the server never takes. More are a limit that is used up, if there is one.
	leftFew = 3
	// leftHour is longer than a limit by the hour lasts, whenever its window turns.
	leftHour = time.Hour + time.Hour/12
	// leftDay is longer than a limit by the day lasts.
	leftDay = 25 * time.Hour
	// leftTold: a server that names such a wait has a limit that may last for a day.
	leftTold = 10 * time.Minute
)

// Alone returns how many refusals in a row are proven to be the call's own: others
// were let in meanwhile. They hold nobody up. It is 0 again once it is let in, or
// where others are refused as well.
func (t *Ticket) Alone() int { return t.solitude.own }

// Quiet returns for how long nothing was let in, if that is what proves it, since
// there are no others; 0: they prove it.
func (t *Ticket) Quiet() time.Duration { return t.solitude.quiet }

// letIn notes that t was let in.
func (c *peers) letIn(t *Ticket) {
	if t.number > c.number {
		c.number, c.at = t.number, t.Started
	}
}

// answered notes that t has ended with an answer.
func (c *peers) answered(t *Ticket) {
	c.letIn(t)
	if t.solitude.first == 0 {
		c.tell(0)
	}
	t.solitude = solitude{}
}

// tell notes the fate of a call that was new.
func (c *peers) tell(refused uint64) {
	c.fates = c.fates<<1 | refused
	c.known = min(c.known+1, peersMost)
}

// rare reports whether hardly any new calls were refused, one apart: the call that
// asks was new once.
func (c *peers) rare() bool {
	return bits.OnesCount64(c.fates) <= 1+c.known/peersRare
}

// few reports whether so few new calls were refused that they may be such as the
// server never takes.
func (c *peers) few() bool {
	return bits.OnesCount64(c.fates) <= leftFew+c.known/peersRare
}

// refuses notes that t was refused, and reports whether it is alone in that.
func (c *peers) refuses(t *Ticket, e ended) (alone bool) {
	s := &t.solitude
	s.refused++
	if s.first == 0 {
		c.tell(1)
		s.first, s.last, s.since = t.number, t.number, t.Started
		return false
	}
	passed := c.number > s.last && c.number != t.number
	silent := c.number > s.first && t.Started.Sub(c.at) >= alonePast && !e.fresh
	quiet := t.Started.Sub(max(s.since, e.letIn))
	s.quiet = 0
	switch {
	case silent, passed && c.rare():
		s.own++
	case passed:
		s.own = 0
	case !e.fresh && e.renewed > 0 && quiet >= e.renewed:
		s.own, s.quiet = s.refused, quiet
	}
	s.last = t.number
	return s.own > 0
}

// letIn returns when the latest call of a model started that was let in, by any lane.
func (a *Admission) letIn(model int) Instant {
	latest := Instant(0)
	for _, l := range a.lanes {
		latest = max(latest, l.shares[model].peers.at)
	}
	return latest
}

// renewed returns how long nothing must have been let in for a limit to have renewed
// itself that a call of a model met on l, which was told to wait for so long: longer
// than an hour if few calls are refused, and than any window that is known of; else
// longer than a day.
func (a *Admission) renewed(l *Lane, model int, told time.Duration) time.Duration {
	s := l.shares[model]
	switch {
	case !s.peers.few() || told > leftTold:
		return leftDay
	case a.Patience > 0:
		return max(a.Patience, alonePast)
	}
	window := max(l.whole.window(), s.window())
	return max(leftHour, window+window/12)
}

// window returns the longest time by which a known limit on requests or tokens counts.
func (q *quota) window() time.Duration {
	return max(q.requests.rate.Per, q.tokens.rate.Per, q.in.rate.Per, q.out.rate.Per)
}

// wait holds a call that is alone back: as told, or twice as long each time.
func (s *solitude) wait(now Instant, told time.Duration, chance float64) {
	d := min(firstPause<<min(s.refused, 10), longPause)
	d += time.Duration(chance * float64(d/8))
	s.until = now.Add(max(told, d))
}

// instead returns who starts in the place of t, whose turn it is: while calls wait
// for a probe, one that was refused is not sent as one where another has not been.
//
// Likewise while nothing answers (see [Admission.probe]), or may not: none that has
// failed is sent where another has not been.
func (a *Admission) instead(now Instant, t *Ticket, l *line) (*Ticket, *line) {
	if a.blind(now) {
		return a.probe(t, l)
	}
	refused := t.solitude.refused > 0 && a.probing(t.Model)
	if !refused && !(t.Retry && a.doubting()) {
		return t, l
	}
	for c := t.class(); c < classes; c++ {
		if other := l.ready[c].fresh.front; other != nil {
			return other, l
		}
	}
	return t, l
}

// probing reports whether a lane lets a probe of a model go first.
func (a *Admission) probing(model int) bool {
	for _, l := range a.lanes {
		if l.shares[model].probing() {
			return true
		}
	}
	return false
}

// hasFresh reports whether the line has a call that has not been started before.
func (l *line) hasFresh() bool {
	for c := range l.ready {
		if l.ready[c].fresh.front != nil {
			return true
		}
	}
	return false
}
