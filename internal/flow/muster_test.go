package flow

import (
	"testing"
	"time"
)

// crowd starts n calls under a strict limit of as many a second.
func crowd(n int, now Instant) (*Admission, []*Ticket) {
	a := New(half, Limits{Requests: Rate{float64(n), time.Second}, Strict: true, InFlight: 2 * n})
	var started []*Ticket
	fill(a, n, 0)
	for wake := now; len(started) < n; {
		t, next := a.Next(wake)
		if t == nil {
			wake = next
			continue
		}
		started = append(started, t)
	}
	return a, started
}

// gone returns how many are released at now, and go out at once.
func gone(a *Admission, now Instant) (n int) {
	for {
		var out []*Ticket
		a.Release(now, func(t *Ticket) { out = append(out, t) })
		if len(out) == 0 {
			return n
		}
		for _, t := range out {
			a.Sent(now, t, ms10)
		}
		n += len(out)
	}
}

const ms10 = 10 * time.Millisecond

func TestTheFirstCallsWaitForEachOthersConnections(t *testing.T) {
	a, all := crowd(100, 0)
	for i, x := range all[:99] {
		if !x.Musters() || a.Ready(Instant(10+i)*ms/10, x) {
			t.Fatalf("call %d goes out while others connect", i)
		}
	}
	if n := gone(a, 20*ms); n != 0 {
		t.Errorf("%d go out while one connects", n)
	}
	if a.Ready(25*ms, all[99]); gone(a, 25*ms) != 100 {
		t.Error("not all go out once all are connected")
	}
}

func TestAStragglerHoldsNobodyUpForLong(t *testing.T) {
	a, all := crowd(100, 0)
	for _, x := range all[:98] {
		a.Ready(10*ms, x)
	}
	if wake := a.Release(10*ms, func(*Ticket) {}); wake != 60*ms {
		t.Errorf("the muster ends at %v, want 50 ms after the first was ready", time.Duration(wake))
	}
	a.Done(11*ms, all[0], Outcome{Kind: Neutral}) // it was given up
	if n := gone(a, 60*ms); n != 97 {
		t.Errorf("%d go out, want 97", n)
	}
	if !a.Ready(70*ms, all[98]) {
		t.Error("a straggler waits for another")
	}
	a.Sent(71*ms, all[99], 0) // by a provider that does not tell of its connection
	if l := a.lanes[0]; l.muster.opening != 0 || l.muster.on {
		t.Errorf("%d calls are thought to be connecting", l.muster.opening)
	}
}

func TestACrowdGoesOutAFewAbreast(t *testing.T) {
	a, all := crowd(100, 0)
	for _, x := range all {
		a.Ready(10*ms, x)
	}
	var out []*Ticket
	release := func() (n int) {
		a.Release(10*ms, func(t *Ticket) { out, n = append(out, t), n+1 })
		return n
	}
	if n := release(); n != musterAbreast || release() != 0 {
		t.Fatalf("%d go out before the first are on the wire, want %d", n, musterAbreast)
	}
	a.Sent(11*ms, out[0], ms10)
	a.Done(11*ms, out[1], Outcome{Kind: Unsent})
	if n := release(); n != 2 {
		t.Errorf("%d more go out after one went and one was given up", n)
	}
	if n := len(out) + gone(a, 12*ms); n != musterAbreast+2 {
		t.Errorf("%d are out, want %d until those have gone", n, musterAbreast+2)
	}
	for len(out) < 100 {
		before := len(out)
		for _, x := range out {
			a.Sent(13*ms, x, ms10)
		}
		if release(); len(out) == before {
			t.Fatalf("%d of 100 have gone out", before)
		}
	}
}

func TestFewCallsWaitForNoOthers(t *testing.T) {
	a, all := crowd(musterMin-1, 0)
	for i, x := range all {
		if !a.Ready(10*ms, x) {
			t.Fatalf("call %d waits", i)
		}
	}
}

func TestLaterCallsWaitForNoOthers(t *testing.T) {
	a, all := crowd(100, 0)
	for _, x := range all {
		a.Sent(1*ms, x, 0)
	}
	fill(a, 1, 0)
	if x, _ := a.Next(1100 * ms); x == nil || !a.Ready(1101*ms, x) {
		t.Errorf("%+v waits for others", x)
	}
}

// A provider that sends a call once more asks for it once more; others still wait
// for each other.
func TestACallThatIsSentOnceMoreIsCountedOnce(t *testing.T) {
	a, all := crowd(100, 0)
	for _, x := range all[:70] {
		a.Ready(10*ms, x)
	}
	a.Sent(10*ms, all[0], ms10)
	if !a.Ready(11*ms, all[0]) {
		t.Error("it waits for others a second time")
	}
	for _, x := range all {
		a.Done(12*ms, x, Outcome{Kind: Neutral})
	}
	if l := a.lanes[0]; l.muster.opening != 0 || l.muster.on {
		t.Errorf("%d calls are thought to be connecting when all have ended", l.muster.opening)
	}
}
