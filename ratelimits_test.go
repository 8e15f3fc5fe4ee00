package paceline

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// A provider's headers at many moments of its windows lead to its true limit,
// and never on the way to a higher one that its own headers speak against.
func TestTheWindowOfAToldLimitIsFoundOut(t *testing.T) {
	for _, window := range []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		for _, fixed := range []bool{false, true} {
			t.Run(fmt.Sprint(window, " fixed ", fixed), func(t *testing.T) {
				var tell telling
				var got flow.Allowance
				span := max(window/4, 20*time.Second)
				for i := range 1000 {
					now := time.Duration(i) * span / 1000
					left := 1000 * (1 - 0.3*float64(i%100)/100)
					reset := time.Duration((1000 - left) / 1000 * float64(window))
					if fixed {
						reset = window - now%window
					}
					got = tell.read(flow.Instant(now), Allowance{Limit: 1000, Left: left, Reset: reset})
					if got.Per < window && got.Per != time.Minute {
						t.Fatalf("after %v it reads %v", now, got.Per)
					}
				}
				if got.Per != window || !got.Sure {
					t.Errorf("reads %v, sure %v", got.Per, got.Sure)
				}
			})
		}
	}
}

func TestRefusalsOutweighAGuessedWindow(t *testing.T) {
	var all tellings
	read := func(at time.Duration, left float64) flow.Allowance {
		a := all.limits[0].read(flow.Instant(at), Allowance{Limit: 300, Left: left, Reset: 900 * time.Millisecond})
		all.last.Requests = a
		return a
	}
	read(0, 3)
	read(5500*time.Millisecond, 300)
	if got := read(6*time.Second, 3); got.Per != time.Second {
		t.Fatalf("reads %v, want a second by all that the headers say", got.Per)
	}
	for range secondRefused {
		all.doubt()
	}
	if got := read(7*time.Second, 3); got.Per != time.Minute {
		t.Errorf("reads %v after refusals", got.Per)
	}
}

// A limit by the minute behind a bucket that holds a second's worth is never
// there as a whole, and its resets are short: it is not by the second.
func TestASmallBucketIsNoWindowOfASecond(t *testing.T) {
	var tell telling
	for i := range 600 {
		left := float64(5 - i%3)
		got := tell.read(flow.Instant(time.Duration(i)*100*time.Millisecond), Allowance{Limit: 300, Left: left, Reset: time.Second})
		if got.Per != time.Minute {
			t.Fatalf("after %d calls it reads %v", i+1, got.Per)
		}
	}
}

func TestAWindowThatIsToldIsBelieved(t *testing.T) {
	var tell telling
	if got := tell.read(0, Allowance{Limit: 10, Window: time.Second, Left: 3}); got.Per != time.Second || !got.Sure || got.Left != 3 {
		t.Errorf("%+v", got)
	}
	if got := tell.read(0, Allowance{}); got != (flow.Allowance{}) {
		t.Errorf("nothing told reads %+v", got)
	}
}
