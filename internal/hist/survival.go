package hist

import (
	"iter"
	"math/bits"
	"time"
)

// A Survival is a distribution of waiting times of which some are only known
// to be longer than something: what still waits, and what was given up. The
// plain distribution of those that have ended is too short, most of all at the
// beginning, when only the quickest have. It is not safe for concurrent use,
// and takes about 4 KiB. The zero value is empty.
//
// The estimate is Kaplan and Meier's ("Nonparametric Estimation from Incomplete
// Observations", 1958), over durations rounded up by at most 1/32.
type Survival struct {
	ended, given [survivalBuckets]uint32
	n, givenUp   int // the sums of these
	top          int // no wait has ended in a bucket beyond
}

const (
	survivalBits    = 5 // sub-buckets for each power of two: 32
	survivalUnit    = time.Millisecond
	survivalBuckets = 17 << survivalBits // up to about 35 minutes
)

func survivalBucket(d time.Duration) int {
	n := uint64(max(d, 0) / survivalUnit)
	if n < 1<<survivalBits {
		return int(n)
	}
	shift := bits.Len64(n) - 1 - survivalBits
	return min((shift+1)<<survivalBits+int(n>>shift)-1<<survivalBits, survivalBuckets-1)
}

// survivalBound returns the end of a bucket.
func survivalBound(i int) time.Duration {
	if i < 1<<survivalBits {
		return time.Duration(i+1) * survivalUnit
	}
	shift := i>>survivalBits - 1
	return time.Duration((i&(1<<survivalBits-1)+1<<survivalBits+1)<<shift) * survivalUnit
}

// Ended notes a wait that ended after d.
func (s *Survival) Ended(d time.Duration) {
	i := survivalBucket(d)
	s.ended[i]++
	s.n++
	s.top = max(s.top, i)
}

// GivenUp notes a wait that was given up after d.
func (s *Survival) GivenUp(d time.Duration) {
	s.given[survivalBucket(d)]++
	s.givenUp++
}

// Len returns how many waits have ended.
func (s *Survival) Len() int { return s.n }

// Fade halves the weight of everything noted so far.
func (s *Survival) Fade() {
	s.n, s.givenUp = 0, 0
	for i := range s.ended {
		s.ended[i] /= 2
		s.given[i] /= 2
		s.n += int(s.ended[i])
		s.givenUp += int(s.given[i])
	}
}

// A Curve is the share of waits that have ended by some time. It takes about
// 7 KiB, so that who estimates often keeps one.
type Curve struct {
	share   [survivalBuckets]float64 // up to last, beyond which it stays the same
	last    int                      // the last bucket in which one ended
	waiting [survivalBuckets]uint32  // how many still wait: room for [Survival.Curve]
}

// Curve estimates the distribution into c, whatever that held before. pending
// yields how long each of those has waited that still do.
func (s *Survival) Curve(c *Curve, pending iter.Seq[time.Duration]) {
	clear(c.waiting[:s.top+1])
	atRisk := float64(s.n + s.givenUp)
	for d := range pending {
		atRisk++
		if i := survivalBucket(d); i <= s.top {
			c.waiting[i]++
		}
	}
	c.last = 0
	surviving := 1.0
	for i, ended := range s.ended[:s.top+1] {
		if ended > 0 {
			surviving *= 1 - float64(ended)/atRisk
			c.last = i
		}
		c.share[i] = 1 - surviving
		atRisk -= float64(ended + s.given[i] + c.waiting[i])
	}
}

// Reached returns the share of waits that end within the longest that has
// ended: below 1, the rest is slower than anything seen, or never ends.
func (c *Curve) Reached() float64 { return c.share[c.last] }

// Longest returns the longest wait that has ended.
func (c *Curve) Longest() time.Duration { return survivalBound(c.last) }

// Share returns the share of waits that have ended before some time that lies
// within a 32nd below d.
func (c *Curve) Share(d time.Duration) float64 {
	i := survivalBucket(d)
	if i == 0 {
		return 0
	}
	return c.share[min(i-1, c.last)]
}

// Quantile returns the time within which the share q of those waits ends that
// end within [Curve.Longest].
func (c *Curve) Quantile(q float64) time.Duration { return c.Within(q * c.Reached()) }

// Within returns the time within which the share q of all waits ends, those that
// never do included; at most [Curve.Longest].
func (c *Curve) Within(q float64) time.Duration {
	for i, share := range c.share[:c.last] {
		if share >= q {
			return survivalBound(i)
		}
	}
	return c.Longest()
}
