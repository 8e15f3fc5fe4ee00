// Package hist keeps distributions of durations.
package hist

import (
	"iter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	lowest  = int64(time.Microsecond)
	highest = int64(2 * time.Hour)
	digits  = 2 // quantiles are within 1 %
)

// A Histogram is a distribution of durations between 1 µs and 2 h, within 1 %.
// Durations outside are counted at the bounds. It is not safe for concurrent
// use. It takes about 25 KiB.
type Histogram struct {
	h   *hdrhistogram.Histogram
	sum time.Duration
}

// New returns an empty histogram.
func New() *Histogram { return &Histogram{h: hdrhistogram.New(lowest, highest, digits)} }

// Record counts d.
func (h *Histogram) Record(d time.Duration) {
	// In bounds by construction, so that no error is possible.
	_ = h.h.RecordValue(min(max(int64(d), lowest), highest))
	h.sum += d
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() int64 { return h.h.TotalCount() }

// Sum returns all durations recorded together, exactly.
func (h *Histogram) Sum() time.Duration { return h.sum }

// Max returns the longest duration recorded, 0 if none was.
func (h *Histogram) Max() time.Duration {
	if h.Count() == 0 {
		return 0
	}
	return time.Duration(h.h.Max())
}

// Quantile returns the duration that the share q, between 0 and 1, of those
// recorded does not exceed; 0 if none was recorded.
func (h *Histogram) Quantile(q float64) time.Duration {
	return time.Duration(h.h.ValueAtQuantile(q * 100))
}

// Merge adds all that other has recorded.
func (h *Histogram) Merge(other *Histogram) {
	h.h.Merge(other.h)
	h.sum += other.sum
}

// Reset empties h.
func (h *Histogram) Reset() {
	h.h.Reset()
	h.sum = 0
}

// Clone returns a copy.
func (h *Histogram) Clone() *Histogram {
	return &Histogram{h.h.Clone(), h.sum}
}

// Since returns what was recorded after earlier, which must be a [Histogram.Clone] of
// h from before.
func (h *Histogram) Since(earlier *Histogram) *Histogram {
	now, was := h.h.Export(), earlier.h.Export()
	for i, n := range was.Counts {
		now.Counts[i] -= n
	}
	return &Histogram{hdrhistogram.Import(now), h.sum - earlier.sum}
}

// All yields durations in ascending order, each with how many were recorded that
// lie within 1 % of it.
func (h *Histogram) All() iter.Seq2[time.Duration, int64] {
	return func(yield func(time.Duration, int64) bool) {
		for _, bar := range h.h.Distribution() {
			if bar.Count > 0 && !yield(time.Duration(bar.From+(bar.To-bar.From)/2), bar.Count) {
				return
			}
		}
	}
}
