package flow

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Whatever happens to tickets, their parties count those that wait, and Standing
// is all of them.
func TestPartiesCountWhoWaits(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 3))
		a := New(rng.Float64, Limits{InFlight: 5, Requests: Rate{N: 10, Per: time.Second}})
		models := []int{0, a.Model("m"), a.Model("n")}
		parties := []*Party{new(Party), new(Party), nil}
		tickets := make([]*Ticket, 40)
		for i := range tickets {
			tickets[i] = &Ticket{Model: models[i%3], Priority: int8(i%3 - 1), Party: parties[i%len(parties)]}
		}
		now := Instant(time.Second)
		for range 400 {
			now = now.Add(time.Duration(rng.Int64N(int64(200 * time.Millisecond))))
			act(a, rng, tickets[rng.IntN(len(tickets))], now)
			var want [3]Party
			for i, t := range tickets {
				switch t.state {
				case ready:
					want[i%3].Ready++
				case delayed:
					want[i%3].Delayed++
				}
			}
			all := Party{want[0].Ready + want[1].Ready + want[2].Ready, want[0].Delayed + want[1].Delayed + want[2].Delayed}
			if *parties[0] != want[0] || *parties[1] != want[1] || a.Standing().Party != all {
				t.Fatalf("seed %d: %+v, %+v, all %+v; want %+v", seed, *parties[0], *parties[1], a.Standing().Party, want)
			}
		}
	}
}

// act does with t what its owner might.
func act(a *Admission, rng *rand.Rand, t *Ticket, now Instant) {
	switch {
	case rng.IntN(40) == 0:
		for _, t := range a.Drain() {
			if rng.IntN(2) == 0 {
				a.Add(now, t)
			}
		}
	case t.state == idle:
		t.Again, t.Retry, t.NotBefore = rng.IntN(2) == 0, rng.IntN(3) == 0, now.Add(time.Duration(rng.IntN(3))*time.Second)
		a.Add(now, t)
	case t.state == running:
		a.Done(now, t, Outcome{Kind: OutcomeKind(rng.IntN(5))})
	case rng.IntN(3) == 0:
		a.Remove(t)
	}
	for next, _ := a.Next(now); next != nil; next, _ = a.Next(now) {
	}
}

// What a call waits for is told of lanes that answer: one that does not, or that
// is closed, has no limit that could be raised.
func TestTheCauseIsOfALaneThatAnswers(t *testing.T) {
	down := func(a *Admission, lane int) {
		for range tripAfter {
			a.lanes[lane].breaker.failed(1, new(Ticket), &Outcome{Blame: BlameServer}, ended{})
		}
	}
	for name, c := range map[string]struct {
		trouble func(*Admission)
		want    Cause
		down    bool
	}{
		"both answer":            {func(*Admission) {}, CauseInFlight, false},
		"the first is closed":    {func(a *Admission) { a.Close(0) }, CauseInFlight, false},
		"the first is down":      {func(a *Admission) { down(a, 0) }, CauseInFlight, false},
		"the second is down":     {func(a *Admission) { down(a, 1) }, CauseInFlight, false},
		"one closed, one down":   {func(a *Admission) { a.Close(0); down(a, 1) }, CauseInFlight, true}, // and at its cap
		"both are down":          {func(a *Admission) { down(a, 0); down(a, 1) }, CauseInFlight, true},
		"the second is out, too": {func(a *Admission) { a.Close(0); a.Close(1) }, CauseOutage, true},
	} {
		a := New(func() float64 { return 0.5 }, Limits{InFlight: 1}, Limits{InFlight: 1})
		for range 3 {
			a.Add(1, new(Ticket))
		}
		for t, _ := a.Next(1); t != nil; t, _ = a.Next(1) {
		}
		c.trouble(a)
		a.Next(1)
		if s := a.Standing(); s.Cause != c.want || s.Down != c.down || s.Ready != 1 {
			t.Errorf("%s: %q, down: %v, %d wait; want %q, %v", name, s.Cause, s.Down, s.Ready, c.want, c.down)
		}
	}
}
