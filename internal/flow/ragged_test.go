package flow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestAProcessThatWasLateKeepsMoreGuard(t *testing.T) {
	const minute = Instant(time.Minute)
	for _, tt := range []struct {
		late   time.Duration
		at     Instant // when it was
		window time.Duration
		then   Instant
		want   time.Duration
	}{
		{0, 0, time.Second, 0, 0},
		{1500 * time.Microsecond, 0, time.Second, ms, 3 * time.Millisecond},
		{1500 * time.Microsecond, 0, 100 * time.Millisecond, ms, 400 * time.Microsecond},
		{70 * time.Millisecond, 0, time.Second, ms, raggedMost},
		{70 * time.Millisecond, 0, time.Minute, ms, raggedMost},
		{70 * time.Millisecond, 30 * 1000 * ms, time.Second, minute, raggedMost},
		{70 * time.Millisecond, 30 * 1000 * ms, time.Second, 2*minute - 1, raggedMost},
		{70 * time.Millisecond, 30 * 1000 * ms, time.Second, 2 * minute, 0},
	} {
		var r ragged
		r.note(tt.at, tt.late)
		if got := r.guard(tt.then, tt.window); got != tt.want {
			t.Errorf("%v late at %v: in a window of %v, at %v: %v, want %v",
				tt.late, time.Duration(tt.at), tt.window, time.Duration(tt.then), got, tt.want)
		}
	}
}

// TestARaggedMachineRefusesNothing has a server count some calls up to 4 ms late, each
// for itself, as one on this machine does whose goroutines wait for a processor: nothing
// tells of that but that we once had to wait as well.
func TestARaggedMachineRefusesNothing(t *testing.T) {
	for _, n := range []int{2, 20, 200} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			chance := rand.New(rand.NewPCG(uint64(n), 7))
			late := func() Instant {
				if chance.IntN(50) > 0 {
					return 0
				}
				return Instant(chance.Int64N(int64(raggedMost)))
			}
			took, counted := raggedly(n, 100*n, late)
			for i := n; i < len(counted); i++ {
				if apart := counted[i].Sub(counted[i-n]); apart < time.Second {
					t.Fatalf("call %d is counted %v after the one that it waited for", i, apart)
				}
			}
			if used := 99 * time.Second.Seconds() / took.Seconds(); used < 0.99 {
				t.Errorf("%.2f %% of the limit was used", 100*used)
			}
		})
	}
}

// raggedly sends so many calls under a strict limit of n a second, which are counted so
// late, from a process that has been 3 ms late. It returns how long that took and when
// they are counted, in order.
func raggedly(n, calls int, late func() Instant) (took time.Duration, counted []Instant) {
	a := New(half, Limits{Requests: Rate{float64(n), time.Second}, Strict: true, InFlight: calls})
	now := Instant(1000 * ms)
	a.Late(now, now-3*ms)
	for range calls {
		fill(a, 1, 0)
		t, wake := a.Next(now)
		for t == nil {
			now = wake
			t, wake = a.Next(now)
		}
		a.Sent(now, t, 0)
		counted = append(counted, now+late())
	}
	took = now.Sub(1000 * ms)
	slices.Sort(counted)
	return took, counted
}
