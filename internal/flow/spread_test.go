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

func TestACrowdThatDoesNotQueueGoesAlmostAtOnce(t *testing.T) {
	s := NewSliding(2000, time.Second)
	for window := range Instant(3) {
		if d := burst(s, window*1500*ms+1000*ms, 100*time.Microsecond); d > 5*time.Millisecond {
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
	s := NewSliding(musterMin-1, time.Second)
	if d := burst(s, 1000*ms, 50*time.Millisecond); d != 0 {
		t.Errorf("%d calls take %v", s.n, d)
	}
	s.adjust(2000, time.Second)
	if s.spread.gap == 0 {
		t.Error("the calls of a limit that was raised are not kept apart")
	}
	s.adjust(2, time.Second)
	if s.spread.gap != 0 {
		t.Error("the calls of a limit that was lowered are kept apart")
	}
}

func TestARefusalKeepsACrowdApart(t *testing.T) {
	s := NewSliding(2000, time.Second)
	before := s.spread.gap
	p := s.Take(1000 * ms)
	p.sent(1000 * ms)
	if s.Refused(1001*ms, &p); s.spread.gap != spreadMore*before {
		t.Errorf("a gap of %v, was %v", s.spread.gap, before)
	}
}
