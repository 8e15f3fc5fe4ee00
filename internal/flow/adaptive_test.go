package flow

import (
	"testing"
	"time"
)

// server is an endpoint with so many slots: what is beyond them waits.
type server struct {
	slots   int
	service time.Duration
	pulse   *pulse
}

// round lets the adaptive cap fill up once and returns the cap afterwards.
func (s server) round(a *Adaptive, now Instant) int {
	n := a.Cap()
	a.started(n)
	for i := range n {
		d := 60*time.Millisecond + time.Duration(i/s.slots)*s.service
		a.firstToken(now.Add(d), d, s.pulse)
	}
	return a.Cap()
}

func TestAdaptiveDoublesWhileNothingSpeaksAgainstIt(t *testing.T) {
	a := newAdaptive(0)
	s := server{slots: 1_000_000, service: time.Second, pulse: new(pulse)}
	for range 9 {
		s.round(&a, 0)
	}
	if a.Cap() < 1000 {
		t.Errorf("cap %d after nine rounds, want over 1,000", a.Cap())
	}
}

func TestAdaptiveFindsAServerThatQueues(t *testing.T) {
	a := newAdaptive(0)
	s := server{slots: 12, service: 2 * time.Second, pulse: new(pulse)}
	for i := range 60 {
		s.round(&a, Instant(i)*Instant(time.Hour))
	}
	if a.Cap() < s.slots/2 || a.Cap() > 4*s.slots {
		t.Errorf("cap %d for %d slots", a.Cap(), s.slots)
	}
}

func TestAdaptiveCutsOncePerEpisode(t *testing.T) {
	a := newAdaptive(0)
	a.cap = 100
	for range 50 {
		a.overloaded(1000*ms, 500*ms) // all sent before the first cut
	}
	if a.Cap() != 70 {
		t.Errorf("cap %d after fifty failures of one episode, want 70", a.Cap())
	}
	for range epochMin {
		a.overloaded(2000*ms, 1500*ms)
	}
	if a.Cap() != 49 {
		t.Errorf("cap %d after a second episode, want 49", a.Cap())
	}
}

func TestAdaptiveTakesAFewFailuresForChance(t *testing.T) {
	a := newAdaptive(0)
	s := server{slots: 1_000_000, pulse: new(pulse)}
	for i := range 2000 {
		a.started(a.Cap())
		if i%20 == 0 {
			a.overloaded(0, 0)
		} else {
			a.firstToken(1000*ms, s.service+60*time.Millisecond, s.pulse)
		}
	}
	if a.Cap() < 500 {
		t.Errorf("cap %d with 5 %% of failures, want it to grow", a.Cap())
	}
	for range 1000 {
		a.overloaded(Instant(time.Hour), Instant(time.Hour))
	}
	if a.Cap() > 100 {
		t.Errorf("cap %d while everything fails", a.Cap())
	}
}

func TestFault24OutOfFileDescriptorsLowersTheCap(t *testing.T) {
	for _, limit := range []int{0, 500} {
		a := New(half, Limits{InFlight: limit})
		a.lanes[0].adaptive.cap = 500
		fill(a, 400, 0)
		var last *Ticket
		for range 200 {
			last, _ = a.Next(0)
		}
		a.Done(0, last, Outcome{Kind: Exhausted})
		if got := a.State().Lanes[0].Cap; got != 180 {
			t.Errorf("limit %d: cap %d after 200 were too many, want 180", limit, got)
		}
	}
}
