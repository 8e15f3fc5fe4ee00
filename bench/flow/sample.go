package flow

import (
	"math"
	"slices"
)

// A Sample is one figure of each seed.
type Sample []float64

// Quantile returns the figure that the share q of the seeds does not exceed
// (the nearest rank), NaN for no seeds.
func (s Sample) Quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

func (s Sample) negated() Sample {
	n := make(Sample, len(s))
	for i, v := range s {
		n[i] = -v
	}
	return n
}

// A Goal says what a figure ought to be.
type Goal struct {
	Want   float64 // the bound
	Least  bool    // Want is a lower bound; otherwise an upper one
	P95    float64 // a bound of its own for 95 % of the seeds; 0: Want holds for every seed
	Absent bool    // there is no goal: the figure is there for comparison
}

// AtMost is the goal of a figure that no seed may exceed.
func AtMost(v float64) Goal { return Goal{Want: v} }

// AtLeast is the goal of a figure that every seed must reach.
func AtLeast(v float64) Goal { return Goal{Want: v, Least: true} }

// Median is the goal of a figure whose median and 95th percentile over the
// seeds have upper bounds.
func Median(v, p95 float64) Goal { return Goal{Want: v, P95: p95} }

// None is the goal of a figure that is there for comparison.
func None() Goal { return Goal{Absent: true} }

// NoneButMore is that of a figure of which more is better.
func NoneButMore() Goal { return Goal{Absent: true, Least: true} }

// spread returns the median, the figure that 95 % of the seeds keep to, and the
// worst one; what is worse depends on the goal.
func (g Goal) spread(s Sample) (median, p95, worst float64) {
	if g.Least {
		median, p95, worst = Goal{}.spread(s.negated())
		return -median, -p95, -worst
	}
	return s.Quantile(0.5), s.Quantile(0.95), s.Quantile(1)
}

// Met reports whether the seeds reach the goal.
func (g Goal) Met(s Sample) bool {
	median, p95, worst := g.spread(s)
	switch {
	case g.Absent:
		return true
	case g.Least:
		return worst >= g.Want
	case g.P95 > 0:
		return median <= g.Want && p95 <= g.P95
	}
	return worst <= g.Want
}
