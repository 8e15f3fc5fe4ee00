package flow

import "time"

const (
	// A crowd of at least crowdMin calls that queues is spread over this share of a
	// window,
	spreadFirst = 0.02
	// and over spreadMore times as much while it still does, up to spreadMost. It
	// costs so much of a window once: what is spread stays so.
	spreadMore = 4
	spreadMost = 0.4
	// A call queues in this machine if its goroutine begins that much later than
	// it was admitted; a crowd does if half of so many calls do.
	queued      = time.Millisecond
	queuedCalls = 32
	// spreadCredit is what those keep of their turns who are woken late.
	spreadCredit = time.Millisecond
	spreadCold   = 20 * time.Millisecond
)

// A spread keeps the calls of a crowd apart. A window's worth of calls that
// start at once queue: in this process, in the server, in whatever is between.
// How long each is delayed then differs from window to window by far more than
// the network's delays do, and opening connections does not show it. Calls that
// come one after the other do not queue, and since all windows repeat the
// distances of the first it costs part of a window, once.
//
// That they queue is learnt from two things: from how late our own goroutines
// begin, which is at least true of servers on this machine and for what stands
// between it and the wire, and from refusals.
//
// Crowds too small for a [muster], whose calls go out as each one's connection opens,
// are kept apart from the beginning, over spreadCold at most: if the first of them are
// refused, the others are held back in time.
type spread struct {
	window      time.Duration
	n           int
	gap         time.Duration // between two calls
	next        Instant       // when one may start
	stretched   Instant       // when the gap grew
	begun, late int           // calls since then
}

// adjust is for n calls a window; few are not spread.
func (s *spread) adjust(n int, window time.Duration) {
	s.n, s.window = n, window
	s.gap = min(s.gap, s.share(spreadMost))
	switch {
	case n < crowdMin:
		s.gap = 0
	case n < musterMin:
		s.gap = max(s.gap, min(s.share(spreadFirst), spreadCold/time.Duration(n)))
	}
}

// share returns the gap at which a window's calls take that share of it.
func (s *spread) share(of float64) time.Duration {
	return time.Duration(of * float64(s.window) / float64(s.n))
}

// take notes a start at now. Those who are woken late keep some of their
// credit, as with a [Bucket].
func (s *spread) take(now Instant) {
	if s.gap > 0 {
		s.next = max(s.next, now-Instant(spreadCredit)) + Instant(s.gap)
	}
}

// begins notes that a call that was admitted at the instant started has begun
// at now.
func (s *spread) begins(now, started Instant) {
	if s.n < crowdMin || started < s.stretched {
		return
	}
	s.begun++
	if now.Sub(started) > queued {
		s.late++
	}
	if s.begun < queuedCalls {
		return
	}
	if 2*s.late >= s.begun {
		s.stretch(now)
	}
	s.begun, s.late = 0, 0
}

// stretch widens the gap.
func (s *spread) stretch(now Instant) {
	if s.n < crowdMin {
		return
	}
	s.gap = min(max(spreadMore*s.gap, s.share(spreadFirst)), s.share(spreadMost))
	s.stretched = now
	s.begun, s.late = 0, 0
}
