package report

import (
	"math"
	"time"

	"github.com/seed-1814a72b/paceline/internal/hist"
)

type histogram = hist.Histogram

// latencies are a distribution of durations.
type latencies struct{ *histogram }

func newLatencies() latencies { return latencies{hist.New()} }

func (l latencies) record(d time.Duration) { l.Record(d) }

// figures returns the distribution's quantiles.
func (l latencies) figures() Latency {
	if l.Count() == 0 {
		return Latency{}
	}
	return Latency{
		Count: l.Count(), P50: millis(l.Quantile(0.5)), P90: millis(l.Quantile(0.9)),
		P99: millis(l.Quantile(0.99)), Max: millis(l.Max()),
	}
}

// millis returns a duration in milliseconds with one decimal, null for none.
func millis(d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	ms := math.Round(float64(d)/float64(time.Millisecond)*10) / 10
	return &ms
}

// wide are latencies over time; a step's histograms are made when something
// falls into it.
type wide struct {
	grid         grid
	first, total []*histogram
}

func newWide(g grid) wide {
	return wide{grid: g, first: make([]*histogram, g.n()), total: make([]*histogram, g.n())}
}

func (w *wide) add(x float64, first, total time.Duration) {
	i := w.grid.of(x)
	if w.total[i] == nil {
		w.first[i], w.total[i] = hist.New(), hist.New()
	}
	if first > 0 {
		w.first[i].Record(first)
	}
	w.total[i].Record(total)
}

// perDecade is how many buckets of a histogram that is shown make a factor of 10.
const perDecade = 20

// buckets returns both distributions in buckets that are equally wide on a
// logarithmic scale, from the lowest that holds anything to the highest.
func buckets(first, total latencies) Latencies {
	low, high := math.MaxInt, math.MinInt
	count := func(l latencies) map[int]int64 {
		by := map[int]int64{}
		for d, n := range l.All() {
			i := int(math.Floor(math.Log10(d.Seconds()) * perDecade))
			by[i] += n
			low, high = min(low, i), max(high, i)
		}
		return by
	}
	a, b := count(first), count(total)
	out := Latencies{Edges: Line{}, FirstToken: []int64{}, Total: []int64{}}
	if low > high {
		return out
	}
	for i := low - 1; i <= high+1; i++ {
		out.Edges = append(out.Edges, math.Pow(10, float64(i)/perDecade))
		out.FirstToken, out.Total = append(out.FirstToken, a[i]), append(out.Total, b[i])
	}
	out.Edges = append(out.Edges, math.Pow(10, float64(high+2)/perDecade))
	return out
}
