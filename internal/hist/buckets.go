package hist

import (
	"iter"
	"time"
)

// Buckets yields how many durations were recorded, with the middle of the bucket
// that they fell in, in rising order; those in which none fell are left out.
func (h *Histogram) Buckets() iter.Seq2[time.Duration, int64] {
	return func(yield func(time.Duration, int64) bool) {
		for _, b := range h.h.Distribution() {
			if b.Count > 0 && !yield(time.Duration((b.From+b.To)/2), b.Count) {
				return
			}
		}
	}
}
