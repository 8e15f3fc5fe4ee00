package main

import (
	"math"
	"slices"
)

// sure is how often an interval should hold the true median at the least.
const sure = 0.95

// An interval is where a median lies, as far as a sample tells.
type interval struct {
	low, high float64
	sure      float64 // how often such an interval holds it; below 0.95 where there are few values
}

// medianWithin returns the interval of the median of what a list that is not
// empty is a sample of. It supposes nothing of how the values are spread, but that
// none depends on another: fewer than r of n values lie below the median as often
// as a coin that is thrown n times shows heads fewer than r times (the sign test;
// Conover, "Practical Nonparametric Statistics", 3.2).
func medianWithin(list []float64) interval {
	list = slices.Sorted(slices.Values(list))
	n, r := len(list), 1
	fewer := binomial(n, 0)
	for next := fewer + binomial(n, r); 1-2*next >= sure; next += binomial(n, r) {
		fewer = next
		r++
	}
	return interval{list[r-1], list[n-r], 1 - 2*fewer}
}

// binomial returns how often a coin that is thrown n times shows heads k times.
func binomial(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c - float64(n)*math.Ln2)
}

// median returns the middle of a list that is not empty, the mean of the two in
// the middle.
func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	half := len(list) / 2
	if len(list)%2 == 1 {
		return list[half]
	}
	return (list[half-1] + list[half]) / 2
}
