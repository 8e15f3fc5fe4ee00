package flow

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSlidingFillsAWindowAtOnceAndThenWaitsForItsEnd(t *testing.T) {
	s := NewSliding(2, time.Second)
	guard := Instant(s.guard())
	for i, want := range []Instant{0, 0, 1000*ms + guard, 1000*ms + guard, 2000*ms + 2*guard} {
		at := s.When(0)
		if at != want {
			t.Fatalf("call %d at %v, want %v", i, time.Duration(at), time.Duration(want))
		}
		s.Sent(s.Take(at), at)
	}
}

func TestSlidingBelowOne(t *testing.T) {
	s := NewSliding(0.5, time.Second) // one in two seconds
	s.Sent(s.Take(0), 0)
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
			s.Sent(s.Take(now), now)
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
	before := s.guard()
	s.Refused()
	if s.guard() != 2*before {
		t.Errorf("guard %v after %v", s.guard(), before)
	}
	for range 20 {
		s.Refused()
	}
	if s.guard() != 100*time.Millisecond {
		t.Errorf("guard %v, want at most a tenth of the window", s.guard())
	}
}

func TestSlidingLearnsTheNetworksJitter(t *testing.T) {
	even, uneven := NewSliding(10, time.Second), NewSliding(10, time.Second)
	luck := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		even.Connected(80*time.Millisecond + time.Duration(luck.IntN(100))*time.Microsecond)
		uneven.Connected(time.Duration(luck.IntN(20_000)+luck.IntN(20_000)) * time.Microsecond)
	}
	if g := even.guard(); g > 3*time.Millisecond {
		t.Errorf("guard %v on a long but even way", g)
	}
	if g := uneven.guard(); g < 20*time.Millisecond || g > 28*time.Millisecond {
		t.Errorf("guard %v where one way takes 0 to 20 ms", g)
	}
}

func TestSlidingCountsFromWhenACallGoesOut(t *testing.T) {
	s := NewSliding(2, time.Second)
	first, second := s.Take(0), s.Take(0)
	if at := s.When(0); at != Never {
		t.Fatalf("third at %v although the first has not gone out", time.Duration(at))
	}
	s.Sent(second, 5*ms)
	s.Sent(first, 300*ms) // it opened a connection
	if at := s.When(300 * ms); at < 1300*ms || at > 1310*ms {
		t.Errorf("third at %v, want a second after the first went out", time.Duration(at))
	}
	third := s.Take(1310 * ms)
	if at := s.When(1310 * ms); at > 1310*ms {
		t.Errorf("fourth at %v, want at once: the second's window is over", time.Duration(at))
	}
	s.Sent(first, 2000*ms) // of no interest any more
	s.Sent(third, 1310*ms)
}

func TestSlidingDoesNotWaitWhereNobodyTells(t *testing.T) {
	s := NewSliding(1, time.Second)
	n := s.Take(0)
	if at := s.When(500 * ms); at != Never {
		t.Fatalf("at %v before the call has gone out", time.Duration(at))
	}
	s.Ended(n, 600*ms)
	if at := s.When(600 * ms); at < 1000*ms || at > 1010*ms {
		t.Errorf("at %v after a call that told nothing", time.Duration(at))
	}
	s.Take(2000 * ms)
	if at := s.When(2000 * ms); at < 3000*ms || at > 3010*ms {
		t.Errorf("at %v, want a window after the admission", time.Duration(at))
	}
}
