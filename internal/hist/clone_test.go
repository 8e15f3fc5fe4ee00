package hist

import (
	"testing"
	"time"
)

func TestACloneKeepsWhatWasRecorded(t *testing.T) {
	h := New()
	for _, d := range []time.Duration{time.Millisecond, time.Second, time.Second, time.Minute} {
		h.Record(d)
	}
	c := h.Clone()
	h.Record(time.Hour)
	if c.Count() != 4 || c.Sum() != time.Millisecond+2*time.Second+time.Minute || h.Sum() != c.Sum()+time.Hour {
		t.Errorf("the copy has %d, %v; the original %v", c.Count(), c.Sum(), h.Sum())
	}
	var got []time.Duration
	for d, n := range c.All() {
		for range n {
			got = append(got, d.Round(d/50))
		}
	}
	want := []time.Duration{time.Millisecond, time.Second, time.Second, time.Minute}
	for i := range want {
		if i >= len(got) || got[i] < want[i]*99/100 || got[i] > want[i]*101/100 {
			t.Fatalf("%v, want about %v", got, want)
		}
	}
	h.Merge(c)
	if h.Count() != 9 || h.Sum() != 2*c.Sum()+time.Hour {
		t.Errorf("merged: %d, %v", h.Count(), h.Sum())
	}
}

func TestSinceIsWhatWasRecordedAfterwards(t *testing.T) {
	h := New()
	for i := 1; i <= 1000; i++ {
		h.Record(time.Duration(i) * time.Millisecond)
	}
	before := h.Clone()
	if later := h.Since(before); later.Count() != 0 || later.Sum() != 0 || later.Max() != 0 || later.Quantile(0.5) != 0 {
		t.Errorf("nothing: %d, %v, %v at most", later.Count(), later.Sum(), later.Max())
	}
	h.Record(10 * time.Second)
	h.Record(20 * time.Second)
	later := h.Since(before)
	if most := later.Max(); later.Count() != 2 || later.Sum() != 30*time.Second || most < 19*time.Second || most > 21*time.Second {
		t.Errorf("%d durations, %v together, %v at most; want 10 s and 20 s", later.Count(), later.Sum(), most)
	}
	if median := later.Quantile(0.5); median < 9*time.Second || median > 11*time.Second {
		t.Errorf("the median is %v, want 10 s", median)
	}
	if h.Count() != 1002 || before.Count() != 1000 {
		t.Errorf("they have changed: %d, %d", h.Count(), before.Count())
	}
}

func BenchmarkClone(b *testing.B) {
	h := New()
	h.Record(time.Second)
	b.ReportAllocs()
	for b.Loop() {
		h.Clone()
	}
}
