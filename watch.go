package paceline

import "github.com/seed-1814a72b/paceline/internal/flow"

// watch cancels attempts at their deadlines. It keeps no timer per attempt:
// progress only ever moves an attempt's deadline later, but for the first, of which
// it is told; so it looks at all of them when the earliest deadline that it knows is
// reached, and then knows the next. The dispatcher owns it.
type watch struct {
	attempts []*attempt
	next     flow.Instant // no deadline is reached before
	version  int          // of the learnt deadlines at the last look
	grace    grace        // after a standstill: there is no look
}

// beat returns when the dispatcher is to come again at the latest, to know of
// standstills: [flow.Never] where nothing is in flight.
func (w *watch) beat(now flow.Instant) flow.Instant {
	if len(w.attempts) == 0 {
		return flow.Never
	}
	return now.Add(beat)
}

func (w *watch) add(a *attempt) {
	a.slot = len(w.attempts)
	w.attempts = append(w.attempts, a)
	at, _ := a.deadline(a.admitted)
	if ripe := a.learners.first.ripe(); ripe > 0 {
		at = min(at, a.admitted.Add(ripe))
	}
	if at < w.next || len(w.attempts) == 1 {
		w.next = at
	}
}

// begun notes that an attempt has had its first content: it may be late sooner now
// than without.
func (w *watch) begun(a *attempt, now flow.Instant) {
	at, _ := a.deadline(now)
	w.next = min(w.next, at)
}

func (w *watch) remove(a *attempt) {
	last := len(w.attempts) - 1
	w.attempts[a.slot] = w.attempts[last]
	w.attempts[a.slot].slot = a.slot
	w.attempts[last] = nil
	w.attempts = w.attempts[:last]
	if last == 0 {
		w.next = flow.Never
	}
}

// look cancels what is late, and sets w.next to when to look again. While nothing is to
// be decided on after a standstill it cancels nothing, and returns false.
func (w *watch) look(now flow.Instant, d *dispatcher) bool {
	if w.grace.on(now) {
		w.next = w.grace.until
		return false
	}
	if w.version != d.deadlines.version || now >= w.next {
		w.cut(now, d)
	}
	return true
}

// cut is look where there is something to be seen.
func (w *watch) cut(now flow.Instant, d *dispatcher) {
	shortened := w.version != d.deadlines.version
	w.version = d.deadlines.version
	w.next = flow.Never
	for _, a := range w.attempts {
		if shortened {
			a.limits = d.deadlines.limits(a)
		}
		at, cause := a.deadline(now)
		if at <= now && a.learners.first.inVain() { // it has become longer
			a.limits = d.deadlines.limits(a)
			at, cause = a.deadline(now)
		}
		if at <= now {
			a.cancel(cause)
			continue // it is removed when its goroutine has returned
		}
		w.next = min(w.next, at, w.ripenAt(a, now, d.deadlines))
	}
}

// ripenAt returns when an attempt will have waited for so long that its waiting
// says something, and has the deadlines learn from that when it has.
func (w *watch) ripenAt(a *attempt, now flow.Instant, d *deadlines) flow.Instant {
	ripe := a.learners.first.ripe()
	if ripe == 0 || a.last.Load() != 0 {
		return flow.Never
	}
	at := a.admitted.Add(ripe + a.stood.from(a.sent.Load()))
	if at > now {
		return at
	}
	before := d.version
	d.ripen(a.learners, w, now)
	if d.version != before {
		return now
	}
	return flow.Never
}

// deadline returns when the attempt is late, as things stand now, and for what.
func (a *attempt) deadline(now flow.Instant) (flow.Instant, error) {
	at, cause := flow.Never, error(nil)
	sooner := func(t flow.Instant, why error) {
		if t < at {
			at, cause = t, why
		}
	}
	if a.limits.total > 0 {
		sooner(a.admitted.Add(a.limits.total), errTotal)
	}
	switch last := a.last.Load(); {
	case last == 0:
		if sent := a.sent.Load(); a.limits.first > 0 && sent != 0 {
			sooner(flow.Instant(sent).Add(a.limits.first+a.stood.from(sent)), errFirstToken)
		} else if a.limits.first > 0 { // it is about to be
			sooner(now.Add(a.limits.first), errFirstToken)
		}
	case a.limits.stall > 0 && last == held:
		sooner(now.Add(a.limits.stall), errStall)
	case a.limits.stall > 0:
		sooner(flow.Instant(last).Add(a.limits.stall+a.stood.from(last)), errStall)
	}
	return at, cause
}
