package hist

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
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
	for d, n := range h.All() {
		if d <= last {
			t.Fatalf("%v follows %v", d, last)
		}
		count, last = count+n, d
	}
	if count != 1000 || last < 990*time.Millisecond || last > 1010*time.Millisecond {
		t.Errorf("%d recorded, the longest about %v", count, last)
	}
}

// TestEveryDurationIsInABucketThatHoldsIt tries the bounds of all buckets.
func TestEveryDurationIsInABucketThatHoldsIt(t *testing.T) {
	last := bucketOf(lowest) - 1
	for b := bucketOf(lowest); b <= bucketOf(highest); b++ {
		start, end := startOf(b), startOf(b+1)
		if bucketOf(start) != b || bucketOf(end-1) != b || end <= start || b != last+1 {
			t.Fatalf("bucket %d, behind %d, is from %v to %v: in buckets %d, %d", b, last, start, end, bucketOf(start), bucketOf(end-1))
		}
		if float64(end-start) > 0.01*float64(start) {
			t.Fatalf("bucket %d, from %v to %v, is wider than 1 %%", b, start, end)
		}
		last = b
	}
}

// TestAHistogramIsWhatSortingSays compares with the durations themselves, however
// they came to be in one histogram.
func TestAHistogramIsWhatSortingSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(1000 * math.Exp(rapid.Float64Range(0, math.Log(7.2e9)).Draw(t, "log")))
		}), 1, 200).Draw(t, "durations")
		cut := rapid.IntRange(0, len(durations)).Draw(t, "cut")
		h, other := New(), New()
		for _, d := range durations[:cut] {
			h.Record(d)
		}
		for _, d := range durations[cut:] {
			other.Record(d)
		}
		before := h.Clone()
		h.Merge(other)
		agrees(t, h, durations, 0)
		agrees(t, before, durations[:cut], 0)
		agrees(t, h.Since(before), durations[cut:], 0.01)
	})
}

// agrees compares a histogram with what is in it; its longest may be off by a share.
func agrees(t *rapid.T, h *Histogram, durations []time.Duration, off float64) {
	sorted := slices.Sorted(slices.Values(durations))
	if h.Count() != int64(len(sorted)) {
		t.Fatalf("%d durations, want %d", h.Count(), len(sorted))
	}
	if len(sorted) == 0 {
		if h.Max() != 0 || h.Quantile(0.5) != 0 {
			t.Fatalf("nothing: %v, %v", h.Max(), h.Quantile(0.5))
		}
		return
	}
	longest := sorted[len(sorted)-1]
	if got := h.Max(); got < longest || float64(got) > float64(longest)*(1+off) {
		t.Fatalf("the longest is %v, want %v", got, longest)
	}
	for _, q := range []float64{0, 0.1, 0.5, 0.9, 0.99, 1} {
		want := sorted[max(int(math.Round(q*float64(len(sorted)))), 1)-1]
		if got := h.Quantile(q); got < want || float64(got) > float64(want)*1.01 {
			t.Fatalf("quantile %v is %v, want %v", q, got, want)
		}
	}
}

// BenchmarkQuantile is one quantile of durations between 1 ms and 10 s.
func BenchmarkQuantile(b *testing.B) {
	h := New()
	for d := time.Millisecond; d < 10*time.Second; d += d / 50 {
		h.Record(d)
	}
	b.ReportAllocs()
	for b.Loop() {
		h.Quantile(0.99)
	}
}
