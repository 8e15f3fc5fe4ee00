package sim

import (
	"math"
	"time"
)

// A window counts what one limit allows over a period. Its methods take the
// time as an argument, which never goes back; the caller holds the lock.
type window interface {
	// wait returns how long until n more fit: 0 if they do now, never if they
	// never will.
	wait(now time.Time, n int64) time.Duration
	// add counts n, whether they fit or not.
	add(now time.Time, n int64)
	// settle changes by diff what was added at the given time.
	settle(now, added time.Time, diff int64)
	// left returns what is free and how long until everything is.
	left(now time.Time) (free int64, reset time.Duration)
}

const never = time.Duration(math.MaxInt64)

func newWindow(kind Window, limit, burst int64, period time.Duration) window {
	switch kind {
	case FixedWindow:
		return &fixedWindow{limit: limit, period: period}
	case SlidingWindow:
		return &slidingWindow{limit: limit, period: period}
	}
	if burst <= 0 || burst > limit {
		burst = limit
	}
	return &tokenBucket{level: float64(burst), burst: float64(burst), rate: float64(limit) / float64(period)}
}

// tokenBucket fills continuously, up to its burst.
type tokenBucket struct {
	level, burst float64
	rate         float64 // per nanosecond
	at           time.Time
}

// fill brings the level up to date. What is missing to a whole token by the
// rounding of floating-point numbers is given.
func (b *tokenBucket) fill(now time.Time) {
	if !b.at.IsZero() {
		b.level = min(b.burst, b.level+float64(now.Sub(b.at))*b.rate)
	}
	b.at = now
}

const rounding = 1e-6

func (b *tokenBucket) wait(now time.Time, n int64) time.Duration {
	b.fill(now)
	switch missing := float64(n) - b.level; {
	case float64(n) > b.burst:
		return never
	case missing <= rounding:
		return 0
	default:
		return time.Duration(math.Ceil(missing / b.rate))
	}
}

func (b *tokenBucket) add(now time.Time, n int64) {
	b.fill(now)
	b.level -= float64(n)
}

func (b *tokenBucket) settle(now, _ time.Time, diff int64) {
	b.fill(now)
	b.level = min(b.burst, b.level-float64(diff))
}

func (b *tokenBucket) left(now time.Time) (int64, time.Duration) {
	b.fill(now)
	full := time.Duration(math.Ceil((b.burst - b.level) / b.rate))
	return int64(max(0, math.Floor(b.level+rounding))), full
}

// fixedWindow starts anew at every multiple of its period on the clock.
type fixedWindow struct {
	limit, used int64
	period      time.Duration
	start       time.Time
}

func (f *fixedWindow) turn(now time.Time) {
	if start := now.Truncate(f.period); !start.Equal(f.start) {
		f.start, f.used = start, 0
	}
}

func (f *fixedWindow) rest(now time.Time) time.Duration {
	return f.start.Add(f.period).Sub(now)
}

func (f *fixedWindow) wait(now time.Time, n int64) time.Duration {
	f.turn(now)
	switch {
	case n > f.limit:
		return never
	case f.used+n <= f.limit:
		return 0
	}
	return f.rest(now)
}

func (f *fixedWindow) add(now time.Time, n int64) {
	f.turn(now)
	f.used += n
}

func (f *fixedWindow) settle(now, added time.Time, diff int64) {
	f.turn(now)
	if !added.Before(f.start) {
		f.used += diff
	}
}

func (f *fixedWindow) left(now time.Time) (int64, time.Duration) {
	f.turn(now)
	if f.used == 0 {
		return f.limit, 0
	}
	return max(0, f.limit-f.used), f.rest(now)
}

// slidingWindow remembers every entry of the last period: in no period,
// wherever it begins, is more allowed than the limit.
type slidingWindow struct {
	limit, used int64
	period      time.Duration
	entries     []entry
	first       int // index of the oldest entry that still counts
}

type entry struct {
	at time.Time
	n  int64
}

func (s *slidingWindow) slide(now time.Time) {
	for s.first < len(s.entries) && now.Sub(s.entries[s.first].at) >= s.period {
		s.used -= s.entries[s.first].n
		s.first++
	}
	if s.first > 64 && s.first > len(s.entries)/2 {
		n := copy(s.entries, s.entries[s.first:])
		s.entries, s.first = s.entries[:n], 0
	}
}

func (s *slidingWindow) wait(now time.Time, n int64) time.Duration {
	s.slide(now)
	if n > s.limit {
		return never
	}
	used := s.used
	for _, e := range s.entries[s.first:] {
		if used+n <= s.limit {
			break
		}
		used -= e.n
		if used+n <= s.limit {
			return e.at.Add(s.period).Sub(now)
		}
	}
	return 0
}

func (s *slidingWindow) add(now time.Time, n int64) {
	s.slide(now)
	s.entries = append(s.entries, entry{now, n})
	s.used += n
}

func (s *slidingWindow) settle(now, added time.Time, diff int64) {
	s.slide(now)
	live := s.entries[s.first:]
	lo, hi := 0, len(live)
	for lo < hi { // entries stand in the order of time
		if mid := (lo + hi) / 2; live[mid].at.Before(added) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(live) && live[lo].at.Equal(added) {
		live[lo].n += diff
		s.used += diff
	}
}

func (s *slidingWindow) left(now time.Time) (int64, time.Duration) {
	s.slide(now)
	if s.first == len(s.entries) {
		return s.limit, 0
	}
	last := s.entries[len(s.entries)-1]
	return max(0, s.limit-s.used), last.at.Add(s.period).Sub(now)
}
