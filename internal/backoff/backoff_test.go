package backoff

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCeilingDoublesUpToTheLimit(t *testing.T) {
	for _, c := range []struct {
		n    int
		want time.Duration
	}{
		{1, 500 * time.Millisecond},
		{2, time.Second},
		{3, 2 * time.Second},
		{7, 32 * time.Second},
		{8, time.Minute},
		{1000, time.Minute},
	} {
		if got := Ceiling(c.n, 500*time.Millisecond, time.Minute); got != c.want {
			t.Errorf("Ceiling(%d) = %v, want %v", c.n, got, c.want)
		}
	}
}

func TestFullJitterStaysBelowItsCeiling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 100).Draw(t, "n")
		chance := rapid.Float64Range(0, 0.999999).Draw(t, "chance")
		d := FullJitter(n, time.Second, time.Minute, chance)
		if d < 0 || d >= Ceiling(n, time.Second, time.Minute) {
			t.Fatalf("FullJitter(%d, chance %v) = %v", n, chance, d)
		}
	})
}
