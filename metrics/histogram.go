package metrics

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/seed-1814a72b/paceline"
)

// schema is the resolution of native histograms: eight buckets for each power of
// two, so that quantiles are within 4.5 %.
const schema = 3

// The upper bounds, in seconds, of the classic buckets. A first token comes after
// some tens of milliseconds from a server near by, after some seconds from a busy
// provider or a model that reasons, and is given up after a minute before anything
// is learnt. A whole call may take up to 15 minutes by default.
var (
	firstTokenBounds = []float64{.01, .025, .05, .1, .2, .35, .5, .75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120}
	durationBounds   = []float64{.05, .1, .25, .5, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900}
)

// A histogram is a distribution at one moment, with classic buckets for every
// format of exposition and native ones for those that can carry them. Counts and
// sums are exact; which bucket a duration is in, within 1 % of its bounds.
type histogram struct {
	desc   *prometheus.Desc
	of     paceline.Distribution
	bounds []float64
}

// Desc returns the description.
func (h histogram) Desc() *prometheus.Desc { return h.desc }

// Write puts the histogram into to.
func (h histogram) Write(to *dto.Metric) error {
	classic, native := h.buckets()
	count, sum := uint64(h.of.Count()), h.of.Sum().Seconds()
	m, err := prometheus.NewConstNativeHistogram(h.desc, count, sum, native, nil, 0, schema, zeroThreshold, time.Time{})
	if err != nil {
		return err
	}
	if err := m.Write(to); err != nil {
		return err
	}
	to.Histogram.CreatedTimestamp = nil // nobody knows it here
	for i := range h.bounds {
		to.Histogram.Bucket = append(to.Histogram.Bucket, &dto.Bucket{UpperBound: &h.bounds[i], CumulativeCount: &classic[i]})
	}
	return nil
}

// zeroThreshold is below every duration: the engine's are at least 1 µs.
const zeroThreshold = 1e-9

// buckets returns how many durations are at most each bound, and how many are in
// each native bucket, by its number: bucket i ends at 2^(i/2^schema) seconds.
func (h histogram) buckets() (classic []uint64, native map[int]int64) {
	classic, native = make([]uint64, len(h.bounds)), map[int]int64{}
	passed, below := 0, uint64(0) // bounds that lie below all that comes
	for d, n := range h.of.All() {
		for s := d.Seconds(); passed < len(h.bounds) && h.bounds[passed] < s; passed++ {
			classic[passed] = below
		}
		below += uint64(n)
		native[int(math.Ceil(math.Log2(d.Seconds())*(1<<schema)))] += n
	}
	for ; passed < len(h.bounds); passed++ {
		classic[passed] = below
	}
	return classic, native
}
