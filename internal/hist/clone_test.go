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

func BenchmarkClone(b *testing.B) {
	h := New()
	h.Record(time.Second)
	b.ReportAllocs()
	for b.Loop() {
		h.Clone()
	}
}
