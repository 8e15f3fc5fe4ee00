package flow

import "time"

// A Sliding limit lets n calls start in any window, wherever it begins: the
// k-th call starts when the window of the call n before it is over. It suits
// servers that count by token bucket, fixed and sliding window alike, since no
// window of any of them can hold more than n.
//
// The server sees calls when they arrive, not when they were sent. If one is
// delayed by the network and a later one is not, they stand closer together
// there than here; guard is added to the window against that.
type Sliding struct {
	window time.Duration
	guard  time.Duration
	sent   []Instant // a ring of the last n starts
	next   int       // where the next start goes: the oldest one's place
}

// firstGuard is the guard on an even network, where only scheduling delays a
// call between its start and the wire.
const firstGuard = 2 * time.Millisecond

// NewSliding returns a limit of n calls in any window of length d. A fraction
// of n is cut off; n below 1 is one call in a longer window.
func NewSliding(n float64, d time.Duration) *Sliding {
	if n < 1 {
		n, d = 1, time.Duration(float64(d)/n)
	}
	return &Sliding{window: d, guard: min(firstGuard, d/100), sent: make([]Instant, 0, int(n))}
}

// When returns the earliest instant, not before now, at which a call may start.
func (s *Sliding) When(now Instant) Instant {
	if len(s.sent) < cap(s.sent) {
		return now
	}
	return max(now, s.sent[s.next].Add(s.window+s.guard))
}

// Take starts a call at now.
func (s *Sliding) Take(now Instant) {
	if len(s.sent) < cap(s.sent) {
		s.sent = append(s.sent, now)
		return
	}
	s.sent[s.next] = now
	s.next = (s.next + 1) % len(s.sent)
}

// Refused widens the guard: calls arrived closer together than they were sent.
// It never exceeds a tenth of the window.
func (s *Sliding) Refused() { s.guard = min(s.guard*2, s.window/10) }
