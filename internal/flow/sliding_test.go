package flow

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSlidingFillsAWindowAtOnceAndThenWaitsForItsEnd(t *testing.T) {
	s := NewSliding(2, time.Second)
	guard := Instant(s.guard)
	for i, want := range []Instant{0, 0, 1000*ms + guard, 1000*ms + guard, 2000*ms + 2*guard} {
		at := s.When(0)
		if at != want {
			t.Fatalf("call %d at %v, want %v", i, time.Duration(at), time.Duration(want))
		}
		s.Take(at)
	}
}

func TestSlidingBelowOne(t *testing.T) {
	s := NewSliding(0.5, time.Second) // one in two seconds
	s.Take(0)
	if at := s.When(0); at < 2000*ms || at > 2100*ms {
		t.Errorf("when = %v, want just over 2s", time.Duration(at))
	}
}

func TestSlidingHoldsInAnyWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		s := NewSliding(float64(n), time.Second)
		var now Instant
		var sent []Instant
		for range 100 {
			now = max(now+Instant(rapid.Int64Range(0, int64(300*ms)).Draw(t, "step")), s.When(now))
			s.Take(now)
			sent = append(sent, now)
		}
		for i := n; i < len(sent); i++ {
			if d := sent[i].Sub(sent[i-n]); d <= time.Second {
				t.Fatalf("%d calls within %v", n+1, d)
			}
		}
	})
}

func TestSlidingWidensItsGuardOnARefusal(t *testing.T) {
	s := NewSliding(10, time.Second)
	before := s.guard
	s.Refused()
	if s.guard != 2*before {
		t.Errorf("guard %v after %v", s.guard, before)
	}
	for range 20 {
		s.Refused()
	}
	if s.guard != 100*time.Millisecond {
		t.Errorf("guard %v, want at most a tenth of the window", s.guard)
	}
}
