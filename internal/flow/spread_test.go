package flow

import (
	"testing"
	"time"
)

// burst starts a window's worth of calls from now on, of which each begins so
// much later, and returns how long their starts take.
func burst(s *Sliding, now Instant, late time.Duration) time.Duration {
	type begun struct{ at, started Instant }
	var coming []begun
	first, last := Never, Instant(0)
	for range s.n {
		at := s.When(now)
		for len(coming) > 0 && coming[0].at <= at {
			s.spread.begins(coming[0].at, coming[0].started)
			coming = coming[1:]
			at = max(at, s.When(now))
		}
		now = at
		s.pass(now)
		coming = append(coming, begun{now.Add(late), now})
		first, last = min(first, now), max(last, now)
	}
	for _, b := range coming {
		s.spread.begins(b.at, b.started)
	}
	return last.Sub(first)
}

func TestACrowdThatDoesNotQueueGoesAtOnce(t *testing.T) {
	s := NewSliding(2000, time.Second)
	for window := range Instant(3) {
		if d := burst(s, window*1500*ms+1000*ms, 100*time.Microsecond); d > 0 {
			t.Errorf("window %d: 2,000 calls take %v", window, d)
		}
	}
}

func TestACrowdThatQueuesIsKeptApart(t *testing.T) {
	s := NewSliding(2000, time.Second)
	var took [3]time.Duration
	for window := range took {
		took[window] = burst(s, Instant(window)*1500*ms+1000*ms, 5*time.Millisecond)
	}
	if took[2] < 300*time.Millisecond || took[2] > 400*time.Millisecond {
		t.Errorf("the windows' calls take %v, want them kept apart over two fifths of the last one", took)
	}
}

func TestFewCallsAreNotKeptApart(t *testing.T) {
	s := NewSliding(crowdMin-1, time.Second)
	if d := burst(s, 1000*ms, 50*time.Millisecond); d != 0 {
		t.Errorf("%d calls take %v", s.n, d)
	}
	s.adjust(2000, time.Second)
	s.spread.stretch(2000 * ms)
	if s.spread.gap == 0 {
		t.Error("the calls of a limit that was raised are not kept apart")
	}
	s.adjust(2, time.Second)
	if s.spread.gap != 0 {
		t.Error("the calls of a limit that was lowered are kept apart")
	}
}

func TestSmallCrowdsAreKeptApartFromTheBeginning(t *testing.T) {
	for _, tt := range []struct {
		n      int
		window time.Duration
		gap    time.Duration
	}{
		{crowdMin - 1, time.Second, 0},
		{50, time.Second, 400 * time.Microsecond},
		{50, 100 * time.Millisecond, 40 * time.Microsecond},
		{50, time.Minute, 400 * time.Microsecond},
		{musterMin, time.Second, 0}, // they wait for each other's connections
	} {
		if gap := NewSliding(float64(tt.n), tt.window).spread.gap; gap != tt.gap {
			t.Errorf("%d in %v: a gap of %v, want %v", tt.n, tt.window, gap, tt.gap)
		}
	}
}

func TestARefusalKeepsACrowdApart(t *testing.T) {
	s := NewSliding(2000, time.Second)
	for i, want := range []time.Duration{10, 40, 160, 200} {
		now := Instant(i+1) * 2000 * ms
		if s.Refused(now, &passage{}); s.spread.gap != want*time.Microsecond {
			t.Errorf("a gap of %v after %d refusals", s.spread.gap, i+1)
		}
	}
}
