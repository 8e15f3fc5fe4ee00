// Package hist keeps distributions of durations.
package hist

import (
	"iter"
	"math"
	"math/bits"
	"time"
)

const (
	lowest  = time.Microsecond
	highest = 2 * time.Hour

	octaveBits = 7 // buckets for each power of two: 128, so that one is less than 1 % wide
	octave     = 1 << octaveBits
)

// A Histogram is a distribution of durations between 1 µs and 2 h, within 1 %.
// Durations outside are counted at the bounds. It is not safe for concurrent
// use. It takes 1 KiB for each power of two between the shortest and the longest
// that were recorded, 34 KiB at the most.
//
// Its buckets are those of Tene's HdrHistogram: of the same width within a power of
// two.
type Histogram struct {
	first  int     // the number of the first bucket in counts
	counts []int64 // nil: nothing was recorded
	n      int64
	max    time.Duration
	sum    time.Duration
}

// New returns an empty histogram.
func New() *Histogram { return new(Histogram) }

// bucketOf returns the number of the bucket of a duration in bounds.
func bucketOf(d time.Duration) int {
	shift := bits.Len64(uint64(d)) - octaveBits - 1
	return shift<<octaveBits + int(d>>shift) - octave
}

// startOf returns the shortest duration of a bucket.
func startOf(bucket int) time.Duration {
	return time.Duration(octave+bucket&(octave-1)) << (bucket >> octaveBits)
}

// Record counts d.
func (h *Histogram) Record(d time.Duration) {
	h.sum += d
	d = min(max(d, lowest), highest)
	h.max = max(h.max, d)
	h.n++
	b := bucketOf(d)
	if uint(b-h.first) >= uint(len(h.counts)) {
		h.hold(b, b+1)
	}
	h.counts[b-h.first]++
}

// hold makes room for the buckets from first up to, but without, end, and for
// those of their powers of two, where there is none.
func (h *Histogram) hold(first, end int) {
	first, end = first&^(octave-1), (end+octave-1)&^(octave-1)
	if len(h.counts) == 0 {
		h.first, h.counts = first, make([]int64, end-first)
		return
	}
	first, end = min(first, h.first), max(end, h.first+len(h.counts))
	if end-first > len(h.counts) {
		counts := make([]int64, end-first)
		copy(counts[h.first-first:], h.counts)
		h.first, h.counts = first, counts
	}
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() int64 { return h.n }

// Sum returns all durations recorded together, exactly.
func (h *Histogram) Sum() time.Duration { return h.sum }

// Max returns the longest duration recorded, 0 if none was.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile returns the duration that the share q, between 0 and 1, of those
// recorded does not exceed; 0 if none was recorded.
func (h *Histogram) Quantile(q float64) time.Duration {
	missing := max(int64(math.Round(q*float64(h.n))), 1)
	for i, n := range h.counts {
		if missing -= n; missing <= 0 {
			return min(startOf(h.first+i+1)-1, h.max)
		}
	}
	return h.max
}

// Merge adds all that other has recorded.
func (h *Histogram) Merge(other *Histogram) {
	if other.n == 0 {
		return
	}
	h.hold(other.first, other.first+len(other.counts))
	for i, n := range other.counts {
		h.counts[other.first-h.first+i] += n
	}
	h.n += other.n
	h.sum += other.sum
	h.max = max(h.max, other.max)
}

// Reset empties h.
func (h *Histogram) Reset() {
	clear(h.counts)
	*h = Histogram{first: h.first, counts: h.counts}
}

// Clone returns a copy.
func (h *Histogram) Clone() *Histogram {
	c := *h
	c.counts = append([]int64(nil), h.counts...)
	return &c
}

// Since returns what was recorded after earlier, which must be a [Histogram.Clone] of
// h from before.
func (h *Histogram) Since(earlier *Histogram) *Histogram {
	s := h.Clone()
	s.n -= earlier.n
	s.sum -= earlier.sum
	s.max = 0
	for i, n := range earlier.counts {
		s.counts[earlier.first-s.first+i] -= n
	}
	for i, n := range s.counts {
		if n > 0 {
			s.max = min(startOf(s.first+i+1)-1, h.max)
		}
	}
	return s
}

// All yields durations in ascending order, each the middle of a bucket, with how
// many were recorded that lie within 1 % of it.
func (h *Histogram) All() iter.Seq2[time.Duration, int64] {
	return func(yield func(time.Duration, int64) bool) {
		for i, n := range h.counts {
			if n > 0 && !yield((startOf(h.first+i)+startOf(h.first+i+1)-1)/2, n) {
				return
			}
		}
	}
}
