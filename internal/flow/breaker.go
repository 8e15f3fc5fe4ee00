package flow

import "time"

const (
	// tripAfter failures in a row, with nothing answered in between, open the
	// breaker. At a failure rate of a third that is chance once in 60,000
	// calls, and then costs a second.
	tripAfter = 10

	// A probe goes out at most every probeMin. The wait doubles to probeMax, so that a
	// provider that comes back is noticed in that time.
	probeMin = time.Second
	probeMax = 4 * time.Second
)

// breaker stops sending to an endpoint that answers nothing any more, probes
// it, and lets calls through again at its first sign of life.
type breaker struct {
	failures  int     // in a row, of one call after another
	last      *Ticket // the last of these calls: one that fails again and again is its own fault
	open      bool    // the endpoint does not answer
	everAlive bool    // it has answered at least once
	answered  Instant // the latest start of a call that was answered
	// Calls that failed since darkSince, the start of the first of them, while
	// nothing that started later was answered. Older ones may still be.
	dark      int
	darkSince Instant
	since     Instant // the first failure of those in a row

	next Instant       // the next probe
	wait time.Duration // between probes
}

func (b *breaker) when(now Instant) (Instant, Cause) {
	if !b.open {
		return now, CauseNone
	}
	return max(now, b.next), CauseOutage
}

// started notes that a call was let through. While the breaker is open that
// is a probe, and the next comes later whether it is answered or hangs.
func (b *breaker) started(now Instant) {
	if b.open {
		b.next = now.Add(b.wait)
		b.wait = min(2*b.wait, probeMax)
	}
}

// alive notes a sign of life for a call that started at the instant started.
// An old stream that goes on does not say that new calls are answered.
func (b *breaker) alive(started Instant) {
	b.everAlive = true
	b.answered = max(b.answered, started)
	dark, darkSince := b.dark, b.darkSince
	if started >= darkSince {
		dark = 0
	}
	if !b.open || started >= b.since {
		*b = breaker{everAlive: true, answered: b.answered, dark: dark, darkSince: darkSince}
	}
}

// ended notes a call's end.
func (b *breaker) ended(now Instant, t *Ticket, kind OutcomeKind, chance float64) {
	switch kind {
	case Answered, Refused, Throttled: // who says "later" or "no" is there
		b.alive(t.Started)
	case Overloaded:
		b.failed(now, t, chance)
	}
}

func (b *breaker) failed(now Instant, t *Ticket, chance float64) {
	if b.failures == 0 {
		b.since = now
	}
	if b.dark == 0 {
		b.darkSince = t.Started
	}
	if t != b.last || b.open {
		b.failures++
		b.dark++
	}
	b.last = t
	if !b.open && b.failures >= tripAfter {
		b.open = true
		b.wait = probeMin
		b.next = now.Add(probeMin + time.Duration(chance*float64(probeMin)/4))
	}
}
