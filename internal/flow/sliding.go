package flow

import (
	"math"
	"slices"
	"time"
)

// A Sliding limit lets n calls start in any window, wherever it begins: the
// k-th call starts when the window of the call n before it is over. It suits
// servers that count by token bucket, fixed and sliding window alike, since no
// window of any of them can hold more than n.
//
// The server sees calls when they arrive, not when they were admitted. A call
// that opens a connection first goes out later; its window begins when it does.
// And if one is delayed by the network and a later one is not, they stand
// closer together there than here; the guard is added to the window against
// that.
type Sliding struct {
	window time.Duration
	calls  []passage // a ring of the last n calls
	next   int       // where the next call goes: the oldest one's place
	number int64     // of the next call
	blind  bool      // nobody tells when calls go out: they are taken to do so at once

	floor time.Duration // the guard is never shorter; refusals double it
	trips jitter
}

// firstGuard is the guard on an even network, where only scheduling delays a
// call between its start and the wire.
const firstGuard = 2 * time.Millisecond

// guard returns by how much two calls may come closer together on their way.
func (s *Sliding) guard() time.Duration {
	return min(s.floor+s.trips.oneWay(), s.window/10)
}

// A passage is one call's way through a [Sliding] limit.
type passage struct {
	number int64
	sent   Instant // when it went out; when it was admitted until that is known
	inside bool    // it has not gone out yet
}

// NewSliding returns a limit of n calls in any window of length d. A fraction
// of n is cut off; n below 1 is one call in a longer window.
func NewSliding(n float64, d time.Duration) *Sliding {
	if n < 1 {
		n, d = 1, time.Duration(float64(d)/n)
	}
	return &Sliding{window: d, floor: min(firstGuard, d/100), calls: make([]passage, 0, int(n))}
}

// When returns the earliest instant, not before now, at which a call may start.
// It is [Never] while the call before whose window decides has not gone out.
func (s *Sliding) When(now Instant) Instant {
	if len(s.calls) < cap(s.calls) {
		return now
	}
	oldest := &s.calls[s.next]
	if oldest.inside && !s.blind {
		return Never
	}
	return max(now, oldest.sent.Add(s.window+s.guard()))
}

// Take starts a call at now and returns its number.
func (s *Sliding) Take(now Instant) int64 {
	s.number++
	p := passage{number: s.number, sent: now, inside: true}
	if len(s.calls) < cap(s.calls) {
		s.calls = append(s.calls, p)
		return p.number
	}
	s.calls[s.next] = p
	s.next = (s.next + 1) % len(s.calls)
	return p.number
}

// fill takes the window for used up at now: what was sent before is not known.
func (s *Sliding) fill(now Instant) {
	for range cap(s.calls) {
		s.Sent(s.Take(now), now)
	}
}

// Sent notes that call number n goes out at now.
func (s *Sliding) Sent(n int64, now Instant) {
	if p := s.passage(n); p != nil {
		p.sent, p.inside = now, false
	}
}

// Ended notes the end of call number n at now. If nothing was heard of it
// before, nobody tells when calls go out.
func (s *Sliding) Ended(n int64, now Instant) {
	if p := s.passage(n); p != nil && p.inside {
		s.blind = true
		p.inside = false
	}
}

// passage returns call number n, nil if it is no longer of interest.
func (s *Sliding) passage(n int64) *passage {
	back := s.number - n
	if back < 0 || back >= int64(len(s.calls)) {
		return nil
	}
	i := (s.next - 1 - int(back)) % len(s.calls)
	if len(s.calls) < cap(s.calls) {
		i = len(s.calls) - 1 - int(back)
	}
	return &s.calls[(i+len(s.calls))%len(s.calls)]
}

// Refused widens the guard: calls arrived closer together than they were sent.
// It never exceeds a tenth of the window.
func (s *Sliding) Refused() { s.floor = min(s.floor*2, s.window/10) }

// Connected learns from the time of a round trip.
func (s *Sliding) Connected(trip time.Duration) { s.trips.add(trip) }

// jitter is how unevenly a network delays, learnt from round trips.
type jitter struct {
	trips [64]time.Duration // a ring
	n     int
	wide  time.Duration // what oneWay returns
}

// add learns from one more round trip.
func (j *jitter) add(trip time.Duration) {
	j.trips[j.n%len(j.trips)] = trip
	j.n++
	seen := j.trips[:min(j.n, len(j.trips))]
	j.wide = max(spread(slices.Min(seen), slices.Max(seen), len(seen)), even(seen))
}

// even returns the width of one way's delays if they are spread evenly over it,
// and a fifth: the standard deviation of a round trip is then the width over
// the square root of six.
func even(trips []time.Duration) time.Duration {
	if len(trips) < len(jitter{}.trips)/2 {
		return 0
	}
	var sum, squares float64
	for _, t := range trips {
		sum += float64(t)
	}
	mean := sum / float64(len(trips))
	for _, t := range trips {
		squares += (float64(t) - mean) * (float64(t) - mean)
	}
	width := math.Sqrt(6 * squares / float64(len(trips)))
	if width < float64(time.Millisecond) {
		return 0 // within the firstGuard
	}
	return time.Duration(1.2 * width)
}

// oneWay returns by how much the delays of two packets one way may differ.
func (j *jitter) oneWay() time.Duration { return j.wide }

// spread returns how much delays one way may differ, of n round trips between
// shortest and longest. Half of a trip's spread is one way's; the fewer trips
// were seen, the more lies outside of them. Of very few the longest trip itself
// is the bound: no delay that it was part of was longer.
func spread(shortest, longest time.Duration, n int) time.Duration {
	if longest < time.Millisecond {
		return 0 // within the firstGuard
	}
	if n < 8 {
		return longest
	}
	half := float64(longest-shortest) / 2
	return time.Duration(half * (1 + 2/math.Sqrt(float64(n))))
}
