// Package hist keeps distributions of durations.
package hist

import (
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
	h *hdrhistogram.Histogram
}

// New returns an empty histogram.
func New() *Histogram { return &Histogram{h: hdrhistogram.New(lowest, highest, digits)} }

// Record counts d.
func (h *Histogram) Record(d time.Duration) {
	// In bounds by construction, so that no error is possible.
	_ = h.h.RecordValue(min(max(int64(d), lowest), highest))
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() int64 { return h.h.TotalCount() }

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
func (h *Histogram) Merge(other *Histogram) { h.h.Merge(other.h) }

// Reset empties h.
func (h *Histogram) Reset() { h.h.Reset() }
