package hist

import (
	"testing"
	"time"
)

func TestQuantilesWithinOnePercent(t *testing.T) {
	h := New()
	for i := 1; i <= 10_000; i++ {
		h.Record(time.Duration(i) * time.Millisecond)
	}
	for _, q := range []float64{0.5, 0.9, 0.99} {
		want := q * 10_000
		got := float64(h.Quantile(q)) / float64(time.Millisecond)
		if got < want*0.99 || got > want*1.01 {
			t.Errorf("quantile %v = %v ms, want %v ms within 1 %%", q, got, want)
		}
	}
	if h.Count() != 10_000 {
		t.Errorf("count = %d", h.Count())
	}
}

func TestOutOfBoundsIsCountedAtTheBounds(t *testing.T) {
	h := New()
	h.Record(-time.Second)
	h.Record(100 * time.Hour)
	if h.Count() != 2 {
		t.Fatalf("count = %d, want 2", h.Count())
	}
	if got := h.Max(); got < 2*time.Hour-2*time.Minute || got > 2*time.Hour+2*time.Minute {
		t.Errorf("max = %v, want about 2h", got)
	}
}

func TestMergeAddsUp(t *testing.T) {
	a, b := New(), New()
	a.Record(time.Second)
	b.Record(3 * time.Second)
	a.Merge(b)
	if a.Count() != 2 || a.Quantile(1) < 2900*time.Millisecond {
		t.Errorf("count %d, max %v", a.Count(), a.Quantile(1))
	}
	a.Reset()
	if a.Count() != 0 || a.Quantile(0.5) != 0 || a.Max() != 0 {
		t.Errorf("after reset: count %d, median %v", a.Count(), a.Quantile(0.5))
	}
}

func BenchmarkRecord(b *testing.B) {
	h := New()
	b.ReportAllocs()
	for i := range b.N {
		h.Record(time.Duration(i) * time.Microsecond)
	}
}

func TestBucketsAreAllThatWasRecorded(t *testing.T) {
	h := New()
	for i := 1; i <= 1000; i++ {
		h.Record(time.Duration(i) * time.Millisecond)
	}
	count, last := int64(0), time.Duration(0)
	for d, n := range h.Buckets() {
		if d <= last {
			t.Fatalf("%v follows %v", d, last)
		}
		count, last = count+n, d
	}
	if count != 1000 || last < 990*time.Millisecond || last > 1010*time.Millisecond {
		t.Errorf("%d recorded, the longest about %v", count, last)
	}
}
