package flow

import (
	"math/rand/v2"
	"testing"
	"time"
)

// quick is a lab whose answers take a tenth of a second or two, as a busy
// machine at the other end of a network sees them.
func quick(each time.Duration, rules ...func() counter) lab {
	l := phases(each, rules...)
	l.first, l.rest = [2]time.Duration{20 * time.Millisecond, 160 * time.Millisecond}, 40*time.Millisecond
	l.trip, l.stalls = 30*time.Millisecond, true
	return l
}

func fives(rpm float64) func() counter {
	return func() counter { return bucketOf(rpm, time.Minute, 5) }
}

func TestSeekKeepsUpWhereAnswersAreQuick(t *testing.T) {
	const rpm, runs = 300, 60
	sum := 0.0
	for seed := range uint64(runs) {
		l := quick(200*time.Second, fives(rpm))
		l.rest = time.Duration(seed%4) * 40 * time.Millisecond
		e := l.run(seed)
		sum += within(e.let, time.Minute, l.until) / (l.until - time.Minute).Minutes() / rpm / runs
		for from := 10 * time.Second; from < l.until; from += 10 * time.Second {
			if let := within(e.let, from, from+10*time.Second); let < 0.6*rpm/6 {
				t.Errorf("seed %d: %v calls are let in in 10 s from %v on, of %v", seed, let, from, rpm/6)
			}
		}
		if n := len(e.refused); n > 40 {
			t.Errorf("seed %d: %d calls are refused in %v", seed, n, l.until)
		}
	}
	if sum < 0.95 {
		t.Errorf("%.1f %% of the limit is used after the first minute, want 95", 100*sum)
	}
}

// A server that stores no calls refuses one that comes a moment too soon, and
// what it does not let in while few come is lost.
func TestSeekKeepsUpWhereNothingIsStored(t *testing.T) {
	one := func(n float64) func() counter { return func() counter { return bucketOf(n, time.Second, 1) } }
	any5 := func() counter { return slidingOf(5, time.Second) }
	for _, tt := range []struct {
		name  string
		rules func() counter
		rate  float64
		trip  time.Duration
		used  float64
	}{
		{"a bucket of one, 1 a second", one(1), 1, 0, 0.9},
		{"a bucket of one, 5 a second", one(5), 5, 0, 0.95},
		{"a bucket of one, 20 a second", one(20), 20, 0, 0.95},
		{"5 in any second", any5, 5, 0, 0.9},
		{"5 in any second, trips of 40 ms", any5, 5, 40 * time.Millisecond, 0.87},
	} {
		for seed := range uint64(3) {
			l := steady(20*time.Minute, tt.rules)
			l.trip, l.rest = tt.trip, time.Second/2
			e := l.run(seed)
			used := within(e.let, time.Minute, l.until) / (l.until - time.Minute).Seconds() / tt.rate
			if used < tt.used || e.share() > 0.03 {
				t.Errorf("%s, seed %d: %.1f %% used, %.2f %% refused; want %.0f and 3", tt.name, seed, 100*used, 100*e.share(), 100*tt.used)
			}
		}
	}
}

func TestSeekFollowsABucketThatFalls(t *testing.T) {
	const each = time.Minute
	for seed := range uint64(20) {
		e := quick(each, fives(300), fives(900), fives(100)).run(seed)
		if n := within(e.refused, 2*each, 3*each); n > 25 {
			t.Errorf("seed %d: %v calls are refused after the limit fell", seed, n)
		}
		if n := within(e.refused, 2*each+10*time.Second, 3*each); n > 3 {
			t.Errorf("seed %d: %v calls are refused ten seconds after the limit fell", seed, n)
		}
		if n := within(e.let, each+30*time.Second, 2*each); n < 0.6*450 {
			t.Errorf("seed %d: %v calls are let in after the limit rose, of 450", seed, n)
		}
	}
}

// Whatever the history, while nothing is refused the rate that is realised
// passes any value within a quarter of an hour.
func TestSeekSticksNowhere(t *testing.T) {
	const (
		beyond = 50 // calls a second
		within = 15 * time.Minute
	)
	for seed := range uint64(200) {
		chance := rand.New(rand.NewPCG(seed, 3))
		l := quick(time.Minute, fives(300))
		l.until = time.Minute + time.Duration(chance.Int64N(int64(10*time.Minute)))
		l.server = func(time.Duration) counter { return anyRules(chance) }
		for at := time.Duration(0); at < l.until; at += time.Duration(chance.Int64N(int64(2 * time.Minute))) {
			l.changes = append(l.changes, at)
		}
		if seed%2 == 0 {
			l.first = [2]time.Duration{}
		}
		var s *seek
		l.observed = func(_ time.Duration, a *Admission) { s = &a.lanes[0].shares[0].seek }
		l.run(seed)
		if s.limit == 0 {
			continue
		}
		limit := s.limit
		if took := s.passes(beyond, within, l.awake(seed)); took >= within {
			t.Errorf("seed %d: %v after the last refusal %.1f calls a second are not reached from %.2f", seed, took, float64(beyond), limit)
		}
	}
}

// A rate that is lower than what would fill the window is no reason to stay.
func TestSeekLeavesAWindowThatItDoesNotFill(t *testing.T) {
	for _, share := range []float64{0.2, 0.8, 0.97, 1} {
		s := seek{lift: 1, limit: 5 * share, window: 300, widest: 300, pace: NewBucket(5*share, time.Second, 1)}
		stalling := lab{stalls: true}
		if took := s.passes(50, 10*time.Minute, stalling.awake(1)); took >= 10*time.Minute {
			t.Errorf("a rate of %.0f %% of the window's is kept for %v", 100*share, took)
		}
	}
}

// passes starts calls as soon as they may while our process is awake, none of
// which is refused, until so many have started in a second, and returns how long
// that takes, at most the given time.
func (s *seek) passes(rate float64, most time.Duration, awake func(time.Duration) time.Duration) time.Duration {
	from := time.Duration(max(s.starts.head*int64(historySlot), int64(labEpoch)))
	for now := from; ; {
		now = awake(max(now, time.Duration(s.when(Instant(now)))))
		if s.started(Instant(now)); now-from > most || s.starts.count(Instant(now), seekShort) >= rate*seekShort.Seconds() {
			return min(now-from, most)
		}
	}
}
