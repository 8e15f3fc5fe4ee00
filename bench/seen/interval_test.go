package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestMedianWithinIsTheTableOfTheSignTest compares with the table in the book.
func TestMedianWithinIsTheTableOfTheSignTest(t *testing.T) {
	for _, want := range []struct {
		n         int
		low, high float64 // the values are 1 to n
		sure      float64
	}{
		{1, 1, 1, 0}, {2, 1, 2, 0.5}, {5, 1, 5, 0.9375}, {6, 1, 6, 0.96875}, {8, 1, 8, 0.9921875},
		{9, 2, 8, 0.9609375}, {12, 3, 10, 0.9614}, {25, 8, 18, 0.9567},
	} {
		var list []float64
		for _, i := range rand.Perm(want.n) {
			list = append(list, float64(i+1))
		}
		got := medianWithin(list)
		if got.low != want.low || got.high != want.high || math.Abs(got.sure-want.sure) > 1e-4 {
			t.Errorf("%d values: %+v, want %+v", want.n, got, want)
		}
	}
}

func TestAnIntervalHoldsTheMedianAsOftenAsItSays(t *testing.T) {
	r, held := rand.New(rand.NewPCG(1, 2)), 0
	const samples = 2000
	for range samples {
		list := make([]float64, 9)
		for i := range list {
			list[i] = r.ExpFloat64()
		}
		if in := medianWithin(list); in.low <= math.Ln2 && math.Ln2 <= in.high {
			held++
		}
	}
	if share := float64(held) / samples; share < 0.94 || share > 0.98 {
		t.Errorf("%v of the intervals hold the median, want 0.961", share)
	}
}

func TestWhatIsAddedIsComparedByTheCall(t *testing.T) {
	c := cost{with: span{cpu: 420e6, calls: 10_000}, without: span{cpu: 440e6, calls: 11_000}}
	if got := c.more(); math.Abs(got-0.05) > 1e-9 {
		t.Errorf("%v more, want 0.05: 42 µs a call beside 40", got)
	}
	if got := c.eachSecond(10_000); math.Abs(got-20) > 1e-9 {
		t.Errorf("%v ms a second more, want 20", got)
	}
	l := &line{kind: kind{name: "all"}, costs: []cost{c}}
	if said := l.judged(0.031, interval{0.01, 0.05, 0.96}); said != ", not below 3 %: **short**" {
		t.Error(said)
	}
	if said := l.judged(0.02, interval{0.01, 0.029, 0.96}); said != ", below 3 %: pass" {
		t.Error(said)
	}
	for _, in := range []interval{{0.01, 0.04, 0.96}, {0.01, 0.02, 0.5}} {
		if said := l.judged(0.02, in); said == ", below 3 %: pass" {
			t.Errorf("%+v passes", in)
		}
	}
}
