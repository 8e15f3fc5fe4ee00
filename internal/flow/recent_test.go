package flow

import (
	"fmt"
	"testing"
	"time"
)

// Going over to a strict window while calls go out stands still no longer than
// the window in which they count, and never has too many calls in one.
func TestGoingStrictKnowsWhatWasSent(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after Rate
		still         time.Duration // at most
	}{
		{"the same rate", Rate{120, time.Minute}, Rate{120, time.Minute}, time.Second + lateOut},
		{"a lower one", Rate{120, time.Minute}, Rate{60, time.Minute}, 31 * time.Second},
		{"a higher one", Rate{60, time.Minute}, Rate{120, time.Minute}, 0},
		{"a high rate", Rate{6000, time.Minute}, Rate{6000, time.Minute}, time.Second + lateOut},
		{"a long window", Rate{36000, time.Hour}, Rate{36000, time.Hour}, time.Hour},
		{"none before", Rate{}, Rate{2, time.Second}, time.Second + time.Second/5},
	} {
		t.Run(c.name, func(t *testing.T) {
			const change = Instant(100 * time.Second)
			a := New(half, Limits{Requests: c.before, InFlight: 1 << 20})
			var starts []Instant
			for now := Instant(0); now < change+Instant(150*time.Second); now += 10 * ms {
				if now == change {
					l := Limits{Requests: c.after, InFlight: 1 << 20, Strict: true}
					a.SetLimits(now, 0, l)
				}
				if a.queue.len < 10 {
					a.lineUp(now, "", 10, Ticket{})
				}
				for x, _ := a.Next(now); x != nil; x, _ = a.Next(now) {
					starts = append(starts, now)
					a.Sent(now, x, 0)
					a.Done(now, x, Outcome{Kind: Answered})
					if c.before.N == 0 && now < change {
						break
					}
				}
			}
			checkStill(t, starts, change, c.after, c.still)
		})
	}
}

func checkStill(t *testing.T, starts []Instant, change Instant, limit Rate, most time.Duration) {
	t.Helper()
	first := -1
	for i, at := range starts {
		if at < change {
			continue
		}
		if first < 0 {
			first = i
		}
		// Those before the change were not limited so.
		if k := i - int(limit.N); k >= 0 && at.Sub(starts[k]) < limit.Per {
			t.Fatalf("at %v starts one more than %v allows, %v after the change", time.Duration(at), limit, at.Sub(change))
		}
	}
	if first < 0 {
		t.Fatal("nothing starts any more")
	}
	if still := starts[first].Sub(change); still > most {
		t.Errorf("stands still for %v, want at most %v", still, most)
	}
	t.Log(fmt.Sprint("stands still for ", starts[first].Sub(change)))
}
