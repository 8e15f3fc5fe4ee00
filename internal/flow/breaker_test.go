package flow

import (
	"testing"
	"time"
)

// down fails n calls that start and end at now.
func down(t *testing.T, a *Admission, now Instant, n int) {
	t.Helper()
	for range n {
		x, _ := a.Next(now)
		if x == nil {
			t.Fatal("nothing is admitted")
		}
		a.Done(now, x, Outcome{Kind: Overloaded})
	}
}

func TestBreakerOpensProbesAndRecovers(t *testing.T) {
	a := New(half, Limits{InFlight: 100})
	fill(a, 1000, 0)
	down(t, a, 1000*ms, tripAfter)
	if !a.Health(0).Down {
		t.Fatal("the breaker is closed after ten failures in a row")
	}
	// An hour of outage: count the probes.
	now, probes := 1000*ms, 0
	for now < 3600*1000*ms {
		x, wake := a.Next(now)
		if x == nil {
			if a.State().Cause != CauseOutage {
				t.Fatalf("waits for %q", a.State().Cause)
			}
			now = wake
			continue
		}
		probes++
		a.Done(now, x, Outcome{Kind: Overloaded})
	}
	if probes < 800 || probes > 3600 {
		t.Errorf("%d probes in an hour, want one in 1 to 4 s", probes)
	}
	x, _ := a.Next(now)
	for x == nil {
		now += 1000 * ms
		x, _ = a.Next(now)
	}
	a.Alive(now+500*ms, x)
	n := 0
	for x, _ := a.Next(now + 500*ms); x != nil; x, _ = a.Next(now + 500*ms) {
		n++
	}
	if n < 50 {
		t.Errorf("only %d calls follow at once when the probe is alive", n)
	}
}

// An answer to a call that was under way parts no failures of an outage from the others,
// nor does a short recovery have it forgotten.
func TestAnOutageIsRememberedByItsFailures(t *testing.T) {
	a := New(half, Limits{InFlight: 100})
	fill(a, 1000, 0)
	old, _ := a.Next(1000 * ms)
	down(t, a, 1500*ms, tripAfter/2)
	first := a.Health(0).Streak
	a.Done(1600*ms, old, Outcome{Kind: Answered})
	down(t, a, 1700*ms, tripAfter)
	if h := a.Health(0); !h.Down || h.Streak != first || !a.WasOutage(0, first) {
		t.Fatalf("%+v, of which %v was the beginning", h, first)
	}
	probe, now := (*Ticket)(nil), 1700*ms
	for ; probe == nil; now += 1000 * ms {
		probe, _ = a.Next(now)
	}
	a.Done(now, probe, Outcome{Kind: Answered})
	if a.WasOutage(0, a.Health(0).Streak+1) {
		t.Error("what has not happened was an outage")
	}
	down(t, a, now+1000*ms, tripAfter)
	if second := a.Health(0).Streak; second == first || !a.WasOutage(0, second) || !a.WasOutage(0, first) {
		t.Errorf("%v and %v are remembered as outages: %v and %v", first, second, a.WasOutage(0, first), a.WasOutage(0, second))
	}
}

func TestAProbeThatHangsDoesNotHoldUpTheNext(t *testing.T) {
	a := New(half, Limits{InFlight: 100})
	fill(a, 100, 0)
	down(t, a, 0, tripAfter)
	_, wake := a.Next(0)
	if x, _ := a.Next(wake); x == nil {
		t.Fatal("no probe")
	}
	if x, next := a.Next(wake); x != nil || next.Sub(wake) > probeMax {
		t.Errorf("second probe %v, %v after the first", x, next.Sub(wake))
	}
}

func TestAThirdOfFailuresDoesNotOpenTheBreaker(t *testing.T) {
	a := New(half, Limits{InFlight: 10})
	fill(a, 3000, 0)
	for i := range 1000 {
		x, wake := a.Next(Instant(i) * 1000 * ms)
		if x == nil {
			t.Fatalf("call %d waits until %v for %v", i, time.Duration(wake), a.State().Cause)
		}
		kind := Answered
		if i%3 == 0 {
			kind = Overloaded
		}
		a.Done(Instant(i)*1000*ms, x, Outcome{Kind: kind})
	}
}

func TestRetryBudgetLetsFreshCallsPass(t *testing.T) {
	a := New(half, Limits{InFlight: 10_000})
	for range 200 {
		a.Add(0, &Ticket{Again: true, Retry: true, Owner: "retry"})
	}
	for range 50 {
		a.Add(0, &Ticket{Owner: "fresh"})
	}
	count := map[any]int{}
	for x, _ := a.Next(0); x != nil; x, _ = a.Next(0) {
		count[x.Owner]++
	}
	if count["fresh"] != 50 {
		t.Errorf("%d fresh calls started; those waiting for the budget hold them up", count["fresh"])
	}
	if want := retryBurst + 10; count["retry"] < want-1 || count["retry"] > want+1 {
		t.Errorf("%d retries at once, want %d saved and a fifth of 50 earned", count["retry"], retryBurst)
	}
	late := 0
	for x, _ := a.Next(10_000 * ms); x != nil; x, _ = a.Next(10_000 * ms) {
		late++
	}
	if late < retryFloor*10-1 || late > retryFloor*10+1 {
		t.Errorf("%d retries in ten seconds more, want three a second", late)
	}
}

func TestLeastLoadedLaneByWeight(t *testing.T) {
	a := New(half, Limits{InFlight: 1000, Weight: 3}, Limits{InFlight: 1000})
	fill(a, 400, 0)
	var n [2]int
	for x, _ := a.Next(0); x != nil; x, _ = a.Next(0) {
		n[x.Lane()]++
	}
	if n[0] != 300 || n[1] != 100 {
		t.Errorf("lanes got %v of 400 calls with weights 3 and 1", n)
	}
}

func TestAThrottledLaneLeavesItsCallsToTheOthers(t *testing.T) {
	a := New(half, Limits{InFlight: 10}, Limits{InFlight: 10})
	fill(a, 8, 0)
	first, _ := a.Next(0)
	lane := first.Lane()
	a.Done(10*ms, first, Outcome{Kind: Throttled, RetryAfter: time.Minute})
	for x, _ := a.Next(20 * ms); x != nil; x, _ = a.Next(20 * ms) {
		if x.Lane() == lane {
			t.Fatal("a call starts on the lane that is paused")
		}
	}
	if w := a.State().Waiting; w != 0 {
		t.Errorf("%d calls wait although a lane is free", w)
	}
}

func TestSpareTakesAFreeSlotOnAnotherLane(t *testing.T) {
	a := New(half, Limits{InFlight: 2}, Limits{InFlight: 2})
	fill(a, 1, 0)
	slow, _ := a.Next(0)
	hedge := &Ticket{}
	if !a.Spare(0, hedge, slow) || hedge.Lane() == slow.Lane() {
		t.Fatalf("no spare start on the other lane")
	}
	a.Done(0, hedge, Outcome{Kind: Neutral})
	fill(a, 10, 0)
	for x, _ := a.Next(0); x != nil; x, _ = a.Next(0) {
	}
	if a.Spare(0, hedge, slow) {
		t.Error("a spare start although others wait for a slot")
	}
}

func TestOneCallThatFailsAgainAndAgainDoesNotOpenTheBreaker(t *testing.T) {
	a := New(half, Limits{InFlight: 1})
	poison := &Ticket{}
	for range 5 * tripAfter {
		a.Add(0, poison)
		down(t, a, 0, 1)
	}
	if a.Health(0).Down {
		t.Error("a call that always fails is taken for an outage")
	}
}
