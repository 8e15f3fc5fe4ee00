package flow

import (
	"testing"
	"time"
)

// next returns when the call after those that have gone out may start.
func next(t *testing.T, a *Admission, now Instant) Instant {
	t.Helper()
	fill(a, 1, 0)
	x, wake := a.Next(now)
	if x != nil {
		t.Fatalf("a call starts at %v", time.Duration(now))
	}
	return wake
}

// strictly returns n calls that have started at a second, of as many a second.
func strictly(t *testing.T, n int) (*Admission, []*Ticket) {
	t.Helper()
	a, all := crowd(n, 1000*ms)
	if len(all) != n {
		t.Fatalf("%d calls have started", len(all))
	}
	return a, all
}

func TestAProcessThatStoodStillKnowsNotWhenItsCallsArrived(t *testing.T) {
	first, ragged := Instant(firstGuard), Instant(raggedMost)
	for _, tt := range []struct {
		name           string
		due, now, want Instant
	}{
		{"it stood still after the sending", 1002 * ms, 1030 * ms, 2030*ms + ragged},
		{"it began to before the calls had been read", 1004 * ms, 1030 * ms, 2030*ms + ragged},
		{"before it", 980 * ms, 999 * ms, 2000*ms + ragged},
		{"after they had", 1005 * ms, 1030 * ms, 2000*ms + ragged},
		{"long after it", 1100 * ms, 1150 * ms, 2000*ms + ragged},
		{"a timer was coarse", 1002 * ms, 1003 * ms, 2000*ms + first},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, all := strictly(t, 2)
			for _, x := range all {
				a.Sent(1000*ms, x, 0)
			}
			a.Late(tt.now, tt.due)
			if at := next(t, a, tt.now); at != tt.want {
				t.Errorf("the next call at %v, want %v", time.Duration(at), time.Duration(tt.want))
			}
		})
	}
}

func TestSomebodyLooksAfterCallsThatWentOut(t *testing.T) {
	a, all := strictly(t, 2)
	if at := a.Check(1000 * ms); at != Never {
		t.Errorf("a look at %v though nothing has gone out", time.Duration(at))
	}
	a.Sent(1001*ms, all[0], 0)
	if at := a.Check(1001 * ms); at != 1003*ms {
		t.Errorf("the next look at %v", time.Duration(at))
	}
	if at := a.Check(1007 * ms); at != Never {
		t.Errorf("a look at %v long after", time.Duration(at))
	}
}

func TestACallThatWasLateMayArriveAsLate(t *testing.T) {
	guard := Instant(raggedMost)
	a, all := strictly(t, 2)
	a.Begun(1005*ms, all[1]) // it has waited for a processor
	a.Sent(1005*ms, all[1], 0)
	a.Sent(1005*ms, all[0], ms10)
	guard += Instant(ms10) // of few trips the longest is the bound
	if at := next(t, a, 1100*ms); at != 2010*ms+guard {
		t.Errorf("the next call at %v, want a window after the first may have arrived at the latest", time.Duration(at))
	}
	a, all = strictly(t, 2)
	a.Sent(1030*ms, all[1], ms10) // the network was slow, not this process
	a.Sent(1040*ms, all[0], 0)    // it was given another's connection in the end
	guard = Instant(firstGuard + ms10)
	if at := next(t, a, 1100*ms); at != 2030*ms+guard {
		t.Errorf("the next call at %v", time.Duration(at))
	}
}

func TestWhatIsBehindIsForgotten(t *testing.T) {
	var l lag
	if !l.note(0, 8*time.Millisecond) || l.note(ms, 7*time.Millisecond) {
		t.Error("the greatest is not what was known")
	}
	for at, want := range map[Instant]time.Duration{0: 8, 10 * ms: 4, 30 * ms: 1, 1000 * ms: 0} {
		if got := l.now(at); got != want*time.Millisecond {
			t.Errorf("%v behind at %v, want %v ms", got, time.Duration(at), want)
		}
	}
	if !l.note(20*ms, 3*time.Millisecond) || l.now(20*ms) != 3*time.Millisecond {
		t.Error("what is more than is left is not noted")
	}
}

func TestACrowdThatConnectedSlowlyForWantOfAProcessorMayArriveAsLate(t *testing.T) {
	a, all := crowd(100, 0)
	for _, x := range all {
		a.Ready(45*ms, x) // 15 ms would have done for three trips of the network
	}
	var out []*Ticket
	for len(out) < 100 {
		a.Release(45*ms, func(x *Ticket) {
			out = append(out, x)
			a.Sent(45*ms, x, 5*time.Millisecond)
		})
	}
	if at := next(t, a, 100*ms); at != 1075*ms+Instant(firstGuard) {
		t.Errorf("the next call at %v, want a window after 75 ms", time.Duration(at))
	}
}
