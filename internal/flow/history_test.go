package flow

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestHistoryCountsLikeAListOfInstants(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	var h history
	var all []Instant
	now := labEpoch
	for range 5000 {
		now = now.Add(time.Duration(chance.ExpFloat64() * float64(50*time.Millisecond)))
		if chance.IntN(1000) == 0 {
			now = now.Add(2 * time.Minute)
		}
		h.add(now, 1)
		all = append(all, now)
		for _, d := range []time.Duration{time.Second, 5 * time.Second, time.Minute} {
			want, near := 0.0, 0.0
			for _, at := range all {
				if at > now.Add(-d) {
					want++
				}
				if off := now.Add(-d).Sub(at); off > -historySlot && off < historySlot {
					near++ // may be counted in part
				}
			}
			if got := h.count(now, d); math.Abs(got-want) > near {
				t.Fatalf("%v: counts %v in %v, want %v within %v", time.Duration(now), got, d, want, near)
			}
		}
	}
}

func TestHistoryTakesBackAndForgets(t *testing.T) {
	var h history
	at := labEpoch.Add(10 * time.Second)
	h.add(at, 3)
	h.add(at.Add(10*time.Second), 2)
	h.add(at, -3) // refused, as is heard later
	if n := h.count(at.Add(10*time.Second), time.Minute); n != 2 {
		t.Errorf("%v are counted, want 2", n)
	}
	h.add(at.Add(time.Hour), 1)
	h.add(at, -2) // too old to be of interest
	if n := h.count(at.Add(time.Hour), time.Minute); n != 1 {
		t.Errorf("%v are counted an hour later, want 1", n)
	}
	if n := h.count(at.Add(2*time.Hour), time.Minute); n != 0 {
		t.Errorf("%v are counted after an hour without any, want 0", n)
	}
}
