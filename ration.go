package paceline

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/internal/hist"
)

const (
	// slowFrom is the share of calls that must be quicker before one is slow.
	slowFrom = 0.95
	// slowAtEnd is the same once a run's source has ended: what is left of the
	// budget then has no later use.
	slowAtEnd = 0.75
	// reserve is the part of the budget that is kept for those that have waited
	// for longer than anybody who was answered: they most likely hang.
	reserve = 0.15
	// hedgeFloor: below it a second attempt saves less than it disturbs.
	hedgeFloor = 250 * time.Millisecond

	// lookAhead is for how many calls to come, as a multiple of those under way,
	// the budget is to last.
	lookAhead = 10
	// hedgePace and, with many calls under way, so much for each of them is how
	// long a decision stands while nothing becomes due.
	hedgePace, hedgePaceEach = 5 * time.Millisecond, time.Microsecond
)

// slowShares are the shares of quicker calls at which a call may be slow; 1 is
// beyond the longest seen.
var slowShares = [...]float64{slowAtEnd, 0.8, 0.85, 0.9, 0.93, slowFrom, 0.96, 0.97, 0.98, 0.99, 0.995, 1}

// notAtEnd is the number of slowFrom in slowShares.
var notAtEnd = slices.Index(slowShares[:], slowFrom)

// A ration decides for which slow calls the hedges are spent that the budget
// has left. If all could be hedged that are slower than 95 of 100, a budget of
// one in a hundred would be used up by four calls that are merely slow for each
// that hangs. So a call is slow when it has waited for longer than so large a
// share of its kind that no more calls under way will than there are hedges
// left; the longest go first. The dispatcher owns it.
type ration struct {
	waiting []waiter
	next    flow.Instant // nothing is due before
}

// A waiter is an attempt without content and without a hedge.
type waiter struct {
	attempt *attempt
	age     time.Duration
	alive   float64 // share of its kind that waits for so long: 1 at the beginning
	from    int     // number of the share in slowShares from which it may be hedged
}

// hedge starts second attempts for those that are slow to begin, as far as the
// budget and free slots go, and returns when to come again.
func (d *dispatcher) hedge(now flow.Instant) flow.Instant {
	left := d.hedgesLeft()
	if left < 1 || d.draining || d.admission.Crowded() {
		return flow.Never
	}
	r := &d.ration
	if now < r.next {
		return r.next
	}
	r.gather(now, &d.watch, !d.admission.Fresh())
	r.next = now.Add(hedgePace + time.Duration(len(d.watch.attempts))*hedgePaceEach)
	spare := d.engine.cfg.Hedge.Budget * float64(d.tally.requests) * reserve
	share := r.share(left-spare, d.engine.cfg.Hedge.Budget)
	wake := flow.Never
	for i := range r.waiting {
		w := &r.waiting[i]
		if at := now.Add(w.slow(share) - w.age); at > now {
			wake = min(wake, at)
			continue
		}
		if hangs := w.slow(len(slowShares)-1) - w.age; left < 1+spare && hangs > 0 {
			wake = min(wake, now.Add(hangs))
			continue
		}
		if left < 1 {
			break
		}
		if !d.second(w.attempt, now, d.admission.Spare) {
			break
		}
		left--
		wake = r.next // it may become slow itself
	}
	clear(r.waiting)
	return wake
}

// hedgesLeft returns how many more hedges the budget has room for. Those that a
// rescue started are not of it.
func (d *dispatcher) hedgesLeft() float64 {
	return d.engine.cfg.Hedge.Budget*float64(d.tally.requests) - float64(d.tally.hedges-d.saving.started)
}

// gather collects those that could be hedged, the slowest first. last says that
// no other call waits to be sent for the first time.
func (r *ration) gather(now flow.Instant, w *watch, last bool) {
	r.waiting = r.waiting[:0]
	for _, a := range w.attempts {
		if a.hedged || a.call.run.isShort() || a.learners.first.slow == nil || a.begun() {
			continue
		}
		sent := a.sent.Load()
		wt := waiter{attempt: a, age: now.Sub(max(flow.Instant(sent), a.admitted)) - a.stood.from(sent)}
		wt.alive = a.learners.first.slow.alive(wt.age)
		if !last || !a.call.run.exhausted() {
			wt.from = notAtEnd
		}
		r.waiting = append(r.waiting, wt)
	}
	slices.SortFunc(r.waiting, func(a, b waiter) int {
		return cmp.Or(cmp.Compare(a.alive, b.alive), cmp.Compare(b.age, a.age))
	})
}

// share returns the number of the share of slowShares from which calls are to
// be hedged, so that left hedges, and the share budget of the calls to come,
// are enough.
func (r *ration) share(left, budget float64) int {
	for k := range slowShares {
		need, come := 0.0, 0.0
		for i := range r.waiting {
			w := &r.waiting[i]
			slow := w.attempt.learners.first.slow
			k := max(k, w.from)
			if w.age >= slow.times[k] || w.alive == 0 { // or longer than any of its kind
				need++
			} else {
				need += slow.beyond[k] / w.alive
			}
			if w.from > 0 {
				come += lookAhead * (slow.beyond[k] - budget)
			}
		}
		if need+max(come, 0) <= left {
			return k
		}
	}
	return len(slowShares) - 1
}

// slow returns after how long w is to be hedged.
func (w *waiter) slow(share int) time.Duration {
	return w.attempt.learners.first.slow.times[max(share, w.from)]
}

// slowness is what the ration wants to know of a distribution of first tokens.
type slowness struct {
	curve  *hist.Curve
	times  [len(slowShares)]time.Duration // so long the shares wait at most, and hedgeFloor at least
	beyond [len(slowShares)]float64       // the part that waits for longer; those that hang do
}

func newSlowness(c *hist.Curve) *slowness {
	s := &slowness{curve: c}
	for k, share := range slowShares {
		s.times[k] = max(c.Quantile(share), hedgeFloor)
		s.beyond[k] = 1 - share*c.Reached()
	}
	return s
}

// alive returns the part of calls that wait for as long as age.
func (s *slowness) alive(age time.Duration) float64 { return 1 - s.curve.Share(age) }
