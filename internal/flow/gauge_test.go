package flow

import (
	"testing"
	"time"
)

func TestToldLimitsAreFollowedAsTheyChange(t *testing.T) {
	a := New(half, Limits{InFlight: 1 << 20})
	count := func(from, to Instant) (n int) {
		for now := from; now < to; {
			a.Add(now, &Ticket{})
			x, wake := a.Next(now)
			if x == nil {
				now = max(now+ms, wake)
				continue
			}
			n++
			a.Done(now, x, Outcome{Kind: Answered})
		}
		return n
	}
	minute := func(n float64) Allowance { return Allowance{Rate: Rate{n, time.Minute}, Left: n} }
	a.Told(0, 0, 0, Told{Requests: minute(600)})
	if n := count(0, 60_000*ms); n < 590 || n > 600 {
		t.Errorf("%d calls in a minute, 600 are allowed", n)
	}
	a.Told(60_000*ms, 0, 0, Told{Requests: minute(60)})
	if n := count(60_000*ms, 120_000*ms); n < 58 || n > 60 {
		t.Errorf("%d calls in a minute after the limit fell to 60", n)
	}
	a.Told(120_000*ms, 0, 0, Told{Requests: minute(6000)})
	if n := count(120_000*ms, 180_000*ms); n < 5900 || n > 6000 {
		t.Errorf("%d calls in a minute after the limit rose to 6,000", n)
	}
}

func TestTheLowerOfGivenAndToldHolds(t *testing.T) {
	a := New(half, Limits{Requests: Rate{100, time.Minute}})
	a.Told(0, 0, 0, Told{Requests: Allowance{Rate: Rate{10_000, time.Minute}}})
	if r := a.State().Lanes[0].Requests; r.N != 100 {
		t.Errorf("%v in force, 100 were given", r)
	}
	a.Told(0, 0, 0, Told{Requests: Allowance{Rate: Rate{50, time.Minute}}})
	if r := a.State().Lanes[0].Requests; r.N != 100 {
		t.Errorf("%v in force by a guess, 100 were given", r)
	}
	a.Told(0, 0, 0, Told{Requests: Allowance{Rate: Rate{50, time.Minute}, Sure: true}})
	if r := a.State().Lanes[0].Requests; r.N != 50 {
		t.Errorf("%v in force, 50 were told", r)
	}
}

func TestADaysRequestsAreNotSpreadOverTheDay(t *testing.T) {
	a := New(half, Limits{InFlight: 1 << 20})
	a.Told(0, 0, 0, Told{Requests: Allowance{Rate: Rate{14_400, 24 * time.Hour}, Left: 1000}})
	fill(a, 2000, 0)
	n := 0
	for x, _ := a.Next(0); x != nil; x, _ = a.Next(0) {
		n++
	}
	if n != 1000 {
		t.Errorf("%d calls start at once, 1,000 are left of the day", n)
	}
}
