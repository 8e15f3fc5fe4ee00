package flow

import (
	"testing"
	"time"
)

// TestALimitIsUsedThoughTheServerBearsFewAtOnce gives the true limit of servers that let
// in fewer calls at once than a limit saves up here, by a small bucket or by windows that
// are not ours: at first they refuse, later next to nothing, and the limit is used.
func TestALimitIsUsedThoughTheServerBearsFewAtOnce(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name   string
		rate   float64
		of     func() counter
		used   float64
		strict bool
	}{
		{"20 a second, a bucket of 1", 20, func() counter { return bucketOf(20, second, 1) }, 0.8, false},
		{"20 a second, a bucket of 2", 20, func() counter { return bucketOf(20, second, 2) }, 0.9, false},
		{"100 a second, a bucket of 5", 100, func() counter { return bucketOf(100, second, 5) }, 0.9, false},
		{"100 a second, a bucket of 5, told 1 s", 100, func() counter { return telling(second, bucketOf(100, second, 5)) }, 0.9, false},
		{"100 a second, a bucket of 10", 100, func() counter { return bucketOf(100, second, 10) }, 0.9, false},
		{"1,000 a second, a bucket of 50", 1000, func() counter { return bucketOf(1000, second, 50) }, 0.9, false},
		{"1,000 in each second", 1000, func() counter { return fixedOf(1000, second, second/3) }, 0.9, false},
		{"1,000 in any second", 1000, func() counter { return slidingOf(1000, second) }, 0.9, false},
		{"5,000 a second, a bucket of 250", 5000, func() counter { return bucketOf(5000, second, 250) }, 0.9, false},
		{"strictly 100 a second, a bucket of 5", 100, func() counter { return bucketOf(100, second, 5) }, 0.9, true},
		{"strictly 1,000 a second, a bucket of 50", 1000, func() counter { return bucketOf(1000, second, 50) }, 0.9, true},
	} {
		const until, after = 90 * time.Second, 30 * time.Second
		l := lab{
			limits: Limits{Requests: Rate{c.rate, second}, InFlight: 100_000, Strict: c.strict},
			server: func(time.Duration) counter { return c.of() },
			until:  until, first: [2]time.Duration{50 * time.Millisecond, 150 * time.Millisecond}, trip: 5 * time.Millisecond,
		}
		if c.rate > 1000 {
			l.until = 45 * time.Second
		}
		for seed := range uint64(2) {
			end := l.run(seed)
			used := within(end.let, after, l.until) / (c.rate * (l.until - after).Seconds())
			if used < c.used {
				t.Errorf("%s, seed %d: %.1f %% of the limit is used after %v, want %v %%", c.name, seed, 100*used, after, 100*c.used)
			}
		}
	}
}

// TestASurgeIsTriedAgain follows what a gauge saves up: one news a pause, down to a call,
// then a wider margin, and back after times without a refusal that grow.
func TestASurgeIsTriedAgain(t *testing.T) {
	g := gauge{worth: time.Second / 10}
	g.give(0, Rate{100, time.Second}, 0)
	now := labEpoch
	check := func(what string, burst, margin float64) {
		t.Helper()
		if g.Bucket.burst != burst || g.interval != float64(10*time.Millisecond)/margin {
			t.Errorf("%s: %v at once, an interval of %v ns; want %v, and a margin of %v", what, g.Bucket.burst, g.interval, burst, margin)
		}
	}
	check("at first", 10, 1)
	g.surged(now, now.Add(-time.Millisecond))
	g.surged(now.Add(time.Millisecond), now.Add(-time.Microsecond)) // was under way already
	check("refused", 2, 0.995)
	for i, want := range []struct{ burst, margin float64 }{{1, 0.995}, {1, 0.98}, {1, 0.92}, {1, 0.92}} {
		now = now.Add(time.Second)
		if g.surged(now.Add(time.Millisecond), now); i > 0 {
			check("again", want.burst, want.margin)
		}
	}
	now = now.Add(16*time.Minute - time.Second) // doubled four times
	g.take(now, 1, 0)
	check("too soon", 1, 0.92)
	for _, want := range []struct{ burst, margin float64 }{{1, 0.98}, {1, 0.995}, {2, 0.995}, {10, 1}} {
		now = now.Add(16 * time.Minute)
		g.take(now, 1, 0)
		check("after a while", want.burst, want.margin)
	}
}
