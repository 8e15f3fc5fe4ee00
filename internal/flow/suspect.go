package flow

import (
	"slices"
	"time"
)

// Blame is who may be at fault for a failure that is [Overloaded].
type Blame uint8

// Who may be at fault.
const (
	BlameServer Blame = iota // whoever answers says that nobody serves (502, 503, 504)
	BlameNobody              // no connection came about: no call is to blame for that
	BlameEither              // a server took the call and failed it: it may be the call
)

// faults are how a call has failed. A failure is its own, and no sign of an outage,
// if the endpoint has answered a call that was sent after it: the server was there
// still, and failed this one. (A call that was sent before it, though later than the
// one that failed, tells nothing: when a server goes away all fail that are under way.)
// The next failure of the call finds out. A call of which one is proven to be its own is a
// suspect.
type faults struct {
	suspect bool    // a failure was proven to be its own
	beside  bool    // it is a hedge, and speaks for nobody
	clean   bool    // counted in Admission.clean
	lane    *Lane   // on which it failed last; nil: it never has
	latest  int64   // the number of the start that was the latest when it did
	own     int64   // likewise, if that may be its own fault; 0: there was an outage
	passed  int8    // failures that others were answered after
	at      Instant // when it did
}

// note notes a failure on a lane, of which starts was the latest start of all.
func (f *faults) note(now Instant, l *Lane, starts int64, outage bool) {
	f.at, f.lane, f.latest, f.own = now, l, starts, starts
	if outage {
		f.own = 0
	}
}

// Proven reports whether the call's latest failure is proven to be its own.
func (t *Ticket) Proven() bool {
	f := &t.faults
	return f.lane != nil && f.lane.breaker.number > f.latest
}

// FailedSince reports whether the call has failed, at that instant or later.
func (t *Ticket) FailedSince(since Instant) bool { return t.faults.lane != nil && t.faults.at >= since }

// suspects notes that t has failed, and whether its failure before was its own: at
// the second outage, each ended by others, it was. One that was cut, when a call has been
// answered that was sent after it, at a time when it was overdue already, hangs by
// itself: the server was there still.
func (b *breaker) suspects(t *Ticket, overdue time.Duration) {
	f := &t.faults
	f.suspect = f.suspect || overdue > 0 && b.outlived(t, t.Started.Add(overdue))
	if f.lane == t.lane && b.number > f.latest {
		f.passed = min(f.passed+1, 2)
		f.suspect = f.suspect || f.own > 0 || f.passed > 1
	}
}

// A sign is one of life, of a call that started then.
type sign struct{ started, at Instant }

// hear notes a sign of t.
func (b *breaker) hear(now Instant, t *Ticket) {
	s := sign{t.Started, now}
	if s.started > b.heard[0].started {
		b.heard[0] = s
	}
	b.heard[1] = s
}

// outlived reports whether a call that started after t gave a sign then or later.
func (b *breaker) outlived(t *Ticket, then Instant) bool {
	return slices.ContainsFunc(b.heard[:], func(s sign) bool { return s.started > t.Started && s.at >= then })
}

// witness notes that t, which is no suspect, has failed with nothing answered since.
func (b *breaker) witness(t *Ticket) {
	if !t.faults.beside && !t.faults.suspect && !slices.Contains(b.witnesses, t) {
		b.witnesses = append(b.witnesses, t)
	}
}

// forget notes that t has ended. One that was answered elsewhere is a witness all the
// more; one that was not may have been at fault itself.
func (b *breaker) forget(t *Ticket, answered bool) {
	i := slices.Index(b.witnesses, t)
	switch {
	case i < 0 || b.open:
	case answered:
		b.witnesses[i] = nil
	default:
		b.witnesses = slices.Delete(b.witnesses, i, i+1)
	}
}

// Forget notes that t, which is idle, has ended, answered or not. It need be told of
// those that have failed before only.
func (a *Admission) Forget(t *Ticket, answered bool) {
	if t.faults.lane == nil {
		return
	}
	for _, l := range a.lanes {
		l.breaker.forget(t, answered)
	}
}

// MayFail reports whether lane number n may yet turn out not to answer, if all calls
// fail that are no suspects and wait or are under way.
func (a *Admission) MayFail(n int) bool {
	left := a.unsuspected(tripAfter)
	return left > 0 && left+len(a.lanes[n].breaker.witnesses) >= tripAfter
}

// unsuspected returns how many calls wait or are under way that are no suspects, but
// counts no further than most.
func (a *Admission) unsuspected(most int) int {
	n := a.clean
	for t := range a.queue.all {
		if n >= most {
			break
		}
		if !t.faults.suspect {
			n++
		}
	}
	return n
}

// Acquit ends the outages of lanes where servers fail the calls and only suspects are
// left to be sent: it is they that it cannot answer.
func (a *Admission) Acquit() {
	if a.queue.len == 0 {
		return // nobody waits, and who comes next is no suspect
	}
	for _, l := range a.lanes {
		if b := &l.breaker; b.open && b.everAlive && !b.nobody && a.unsuspected(1) == 0 {
			b.close()
			b.outages = b.outages[:len(b.outages)-1]
		}
	}
}

// blind reports whether no lane that is open answers, and a probe of one is due.
func (a *Admission) blind(now Instant) bool {
	due := false
	for _, l := range a.lanes {
		if l.away() == 0 {
			return false
		}
		due = due || !l.closed && l.breaker.next <= now
	}
	return due
}

// newcomer is how long a lane that has never answered is probed at the highest pace:
// it may as well be that the first items are such as it cannot answer.
const newcomer = 30 * time.Second

// hurries has the probes of l, of which one has started, go on at their highest pace
// while no other answers, as long as it is new, or where calls wait for nothing but their probe.
func (a *Admission) hurries(now Instant, l *Lane) {
	b := &l.breaker
	dark := now.Sub(b.since)
	late := a.Patience > 0 && dark >= a.Patience
	if (late || !b.everAlive && dark < newcomer) && a.Standing().Down {
		b.hurry()
	}
}

// doubtful different calls that have failed in a row have others go ahead of those
// that failed before.
const doubtful = 3

// doubting reports whether a lane may be about to be taken for one that does not answer.
func (a *Admission) doubting() bool {
	return slices.ContainsFunc(a.lanes, func(l *Lane) bool {
		return !l.breaker.open && len(l.breaker.witnesses) >= doubtful
	})
}

// probe returns which call is to be sent while nothing answers, and its line: each
// time another, so that none that always fails keeps others from being tried. One
// that was never sent is first, by turns from the front and from the back, then who was
// not sent for longest, and suspects come last.
func (a *Admission) probe(t *Ticket, l *line) (*Ticket, *line) {
	for _, other := range a.queue.open {
		if other.tried == a.queue.round {
			continue
		}
		for c := range other.tickets(a.queue.round, a.probes%2 > 0) {
			if c.prefers(t, a.probes%2 > 0) {
				t, l = c, other
			}
		}
	}
	return t, l
}

// prefers reports whether t is a better probe than other.
func (t *Ticket) prefers(other *Ticket, backward bool) bool {
	switch {
	case t.number == 0 && other.number == 0:
		return backward && t.rank > other.rank
	case t.number == 0 || other.number == 0:
		return t.number == 0
	case t.faults.suspect != other.faults.suspect:
		return !t.faults.suspect
	}
	return t.number < other.number
}

// tickets yields whoever of the line may be a probe in a round: of those that were
// never sent the first or the last.
func (l *line) tickets(round uint64, backward bool) func(yield func(*Ticket) bool) {
	return func(yield func(*Ticket) bool) {
		for c := range l.ready {
			r := &l.ready[c]
			fresh := r.fresh.front
			if backward {
				fresh = r.fresh.back
			}
			if fresh != nil && !yield(fresh) || !r.again.each(yield) {
				return
			}
			if l.broke != round && !r.retries.each(yield) {
				return
			}
		}
	}
}

// each yields those of a list, and reports whether all were.
func (l *list) each(yield func(*Ticket) bool) bool {
	for t := l.front; t != nil; t = t.next {
		if !yield(t) {
			return false
		}
	}
	return true
}

// all yields all that wait.
func (q *queue) all(yield func(*Ticket) bool) {
	for _, l := range q.lines {
		for c := range l.ready {
			r := &l.ready[c]
			if !r.fresh.each(yield) || !r.again.each(yield) || !r.retries.each(yield) {
				return
			}
		}
	}
	for _, t := range q.delayed {
		if !yield(t) {
			return
		}
	}
}
