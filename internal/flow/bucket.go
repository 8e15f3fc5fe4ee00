package flow

import (
	"math"
	"time"
)

// lateness is how much credit waiters keep when they are woken late. Timers on
// a busy machine come a millisecond or more after their time; without this
// credit a slow rate would lose that much at every call, and one of thousands a
// second, whose bucket is smaller than what comes in that time, nearly all.
const lateness = 20 * time.Millisecond

// A Bucket is a token bucket kept as one timestamp (the generic cell rate
// algorithm, ITU-T I.371): the theoretical arrival time, at which the bucket
// would be full again. The zero Bucket does not limit.
type Bucket struct {
	interval float64 // nanoseconds per unit; 0: unlimited
	burst    float64 // units a full bucket holds
	tat      float64 // theoretical arrival time, nanoseconds
	waited   bool    // somebody found the bucket empty since the last take
	woken    Instant // 1 after the last take that had credit: more may start at that instant; 0: none had
}

// NewBucket returns a full bucket that refills with n units per d and holds
// burst units, at least one.
func NewBucket(n float64, d time.Duration, burst float64) Bucket {
	return Bucket{interval: float64(d) / n, burst: max(burst, 1), tat: math.Inf(-1)}
}

// When returns the earliest instant, not before now, at which n units are
// there. More than the bucket holds may be taken when it is full: the debt is
// paid off by those who come after.
func (b *Bucket) When(now Instant, n float64) Instant {
	if b.interval == 0 {
		return now
	}
	earliest := math.Ceil(b.tat - (b.burst-min(n, b.burst))*b.interval)
	if earliest <= float64(now) {
		return now
	}
	b.waited = true
	if earliest >= float64(Never) {
		return Never - 1 // a debt for centuries
	}
	return Instant(earliest)
}

// Take takes n units at now. Whoever waited for them may have been woken late.
func (b *Bucket) Take(now Instant, n float64) { b.take(now, n, lateness) }

// take takes n units at now, so late at most as they were to be taken.
func (b *Bucket) take(now Instant, n float64, late time.Duration) {
	if b.interval == 0 {
		return
	}
	floor := float64(now)
	if b.waited || b.woken == now+1 {
		floor -= float64(min(late, lateness))
		b.waited, b.woken = false, now+1
	}
	b.tat = max(b.tat, floor) + n*b.interval
}

// adjust changes the rate to n units per d and the bucket's size to burst,
// at least one. What it lacked before it still lacks.
func (b *Bucket) adjust(now Instant, n float64, d time.Duration, burst float64) {
	fresh := NewBucket(n, d, burst)
	if b.interval > 0 && b.tat > float64(now) {
		fresh.tat = float64(now) + min((b.tat-float64(now))/b.interval, fresh.burst)*fresh.interval
	}
	*b = fresh
}

// Give returns n units that were taken and not used; a negative n takes more.
func (b *Bucket) Give(n float64) { b.tat -= n * b.interval }
