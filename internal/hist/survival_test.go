package hist

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func none(func(time.Duration) bool) {}

func curve(s *Survival, pending iter.Seq[time.Duration]) *Curve {
	c := new(Curve)
	s.Curve(c, pending)
	return c
}

func TestSurvivalBucketsCoverEachDurationWithinAThirtySecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(30*time.Minute)).Draw(t, "d"))
		bound := survivalBound(survivalBucket(d))
		if bound <= d || float64(bound) > float64(d)*33/32+float64(2*survivalUnit) {
			t.Fatalf("%v is rounded to %v", d, bound)
		}
	})
}

func TestSurvivalWithoutCensoringIsThePlainDistribution(t *testing.T) {
	var s Survival
	for i := range 1000 {
		s.Ended(time.Duration(i+1) * time.Millisecond)
	}
	c := curve(&s, none)
	if r := c.Reached(); r < 0.999 {
		t.Errorf("reached %v", r)
	}
	if q := c.Quantile(0.5); q < 500*time.Millisecond || q > 535*time.Millisecond {
		t.Errorf("median %v", q)
	}
}

func TestSurvivalIsNotFooledByTheQuickest(t *testing.T) {
	// 100 calls at once, 0.5 to 1.5 s each: after 0.7 s a fifth has ended.
	var s Survival
	var pending []time.Duration
	for range 100 {
		if d := time.Duration(500+rand.IntN(1000)) * time.Millisecond; d <= 700*time.Millisecond {
			s.Ended(d)
		} else {
			pending = append(pending, 700*time.Millisecond)
		}
	}
	if r := curve(&s, slices.Values(pending)).Reached(); r > 0.4 {
		t.Errorf("reached %v, want about 0.2: the others still wait", r)
	}
}

func TestSurvivalTellsHangsFromTheTail(t *testing.T) {
	var s Survival
	for i := range 990 {
		s.Ended(time.Duration(500+i) * time.Millisecond)
	}
	for range 10 {
		s.GivenUp(5 * time.Second)
	}
	c := curve(&s, none)
	if r := c.Reached(); r < 0.985 || r > 0.995 {
		t.Errorf("reached %v, want 0.99: one in a hundred never ends", r)
	}
	if q := c.Quantile(0.99); q < 1450*time.Millisecond || q > 1600*time.Millisecond {
		t.Errorf("p99 of those that end %v, want about 1.48 s", q)
	}
}

func TestSurvivalTellsTheShareThatHasEndedBefore(t *testing.T) {
	var s Survival
	for i := range 900 {
		s.Ended(time.Duration(i+1) * time.Millisecond)
	}
	for range 100 {
		s.GivenUp(2 * time.Second)
	}
	c := curve(&s, none)
	if got := c.Share(450 * time.Millisecond); got < 0.43 || got > 0.451 {
		t.Errorf("%v have ended before 450 ms, want about 0.45 and no more", got)
	}
	if got := c.Share(time.Minute); got < 0.899 || got > 0.901 {
		t.Errorf("%v have ended before a minute, want 0.9: the others never do", got)
	}
	if got := c.Share(0); got != 0 {
		t.Errorf("%v have ended before they began", got)
	}
	if got, of := c.Within(0.45), c.Quantile(0.5); got != of || got < 450*time.Millisecond || got > 470*time.Millisecond {
		t.Errorf("0.45 of all within %v, half of those that end within %v; both should be about 450 ms", got, of)
	}
	if got := c.Within(0.95); got != c.Longest() {
		t.Errorf("0.95 of all within %v, but no more than 0.9 end", got)
	}
}

func TestSurvivalFades(t *testing.T) {
	var s Survival
	for range 100 {
		s.Ended(time.Second)
	}
	s.Fade()
	if s.Len() != 50 {
		t.Errorf("%d left, want half", s.Len())
	}
}

func BenchmarkSurvivalCurve(b *testing.B) {
	var s Survival
	var c Curve
	for i := range 1000 {
		s.Ended(time.Duration(i) * time.Millisecond)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Curve(&c, none)
	}
}

// TestACurveIsThatOfAllBuckets compares with the estimate by its definition, of waits
// of all lengths, before and after fading, into a curve that has held another.
func TestACurveIsThatOfAllBuckets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	wait := func() time.Duration {
		return time.Duration(math.Exp(random.Float64()*12) * float64(time.Millisecond))
	}
	var s Survival
	c := curve(&s, slices.Values([]time.Duration{time.Hour}))
	for round := range 20 {
		for range random.IntN(200) {
			s.Ended(wait())
			if random.IntN(4) == 0 {
				s.GivenUp(wait())
			}
		}
		if round%5 == 4 {
			s.Fade()
		}
		pending := make([]time.Duration, random.IntN(50))
		for i := range pending {
			pending[i] = wait()
		}
		s.Curve(c, slices.Values(pending))
		shares, last := byDefinition(&s, pending)
		if c.Longest() != survivalBound(last) {
			t.Fatalf("the longest is %v, want %v", c.Longest(), survivalBound(last))
		}
		for i, want := range shares[:survivalBuckets-1] {
			if got := c.Share(survivalBound(i)); got != want {
				t.Fatalf("round %d: %v have ended by %v, want %v", round, got, survivalBound(i), want)
			}
		}
	}
}

// byDefinition returns the share that has ended by the end of each bucket, and the
// last one in which one has.
func byDefinition(s *Survival, pending []time.Duration) (shares []float64, last int) {
	waiting := make([]float64, survivalBuckets)
	atRisk := 0.0
	for _, d := range pending {
		waiting[survivalBucket(d)]++
	}
	for i := range s.ended {
		atRisk += float64(s.ended[i]) + float64(s.given[i]) + waiting[i]
	}
	surviving := 1.0
	for i, ended := range s.ended {
		if ended > 0 {
			surviving *= 1 - float64(ended)/atRisk
			last = i
		}
		shares = append(shares, 1-surviving)
		atRisk -= float64(ended) + float64(s.given[i]) + waiting[i]
	}
	return shares, last
}
