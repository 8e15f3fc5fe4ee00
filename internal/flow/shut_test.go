package flow

import (
	"testing"
	"time"
)

// TestShutIsWhenNothingStartsBeforeTheWake has calls wait for each limit: only one on
// requests that all share is a promise for what else may come.
func TestShutIsWhenNothingStartsBeforeTheWake(t *testing.T) {
	second := Rate{1, time.Second} // of which a single call is a second's worth
	for _, c := range []struct {
		what  string
		lanes []Limits
		held  bool
		calls int
		late  time.Duration
		want  bool
	}{
		{"the limit on requests", []Limits{{Requests: second}}, false, 2, time.Millisecond, true},
		{"the limit on requests, of which so much is not saved up", []Limits{{Requests: Rate{1000, time.Second}, Burst: 3}}, false, 4, 4 * time.Millisecond, false},
		{"the limit on requests, of which so much is", []Limits{{Requests: Rate{1000, time.Second}, Burst: 4}}, false, 5, 4 * time.Millisecond, true},
		{"a strict limit, of which nothing is", []Limits{{Requests: Rate{1000, time.Second}, Strict: true}}, false, 1001, time.Millisecond, false},
		{"nothing: nobody waits", []Limits{{Requests: second}}, false, 1, time.Millisecond, false},
		{"a slot, which an end makes free", []Limits{{InFlight: 1, Requests: Rate{100, time.Second}}}, false, 2, time.Millisecond, false},
		{"tokens, of which an end may give some back", []Limits{{Tokens: Rate{100, time.Minute}}}, false, 2, time.Millisecond, false},
		{"its model's limit, which others do not have", []Limits{{InFlight: 9, Models: map[string]Limits{"m": {Requests: second}}}}, false, 2, time.Millisecond, false},
		{"one of two endpoints", []Limits{{Requests: second}, {InFlight: 1}}, false, 3, time.Millisecond, false},
		{"the owner", []Limits{{Requests: second}}, true, 2, time.Millisecond, false},
	} {
		a := New(half, c.lanes...)
		a.lineUp(0, "m", c.calls, Ticket{In: 60})
		a.started(0)
		if c.held {
			a.Hold(true)
			a.Next(0)
		}
		if got := a.Shut(c.late); got != c.want {
			t.Errorf("calls wait for %s: shut is %t", c.what, got)
		}
	}
}

func TestShutEndsWithTheWake(t *testing.T) {
	a := New(half, Limits{Requests: Rate{1, time.Second}})
	model := a.lineUp(0, "m", 3, Ticket{})
	_, tickets := a.started(0)
	_, wake := a.Next(0)
	a.Add(500*ms, &Ticket{Model: model, Priority: 1, Owner: "urgent"})
	a.Done(500*ms, tickets[0], Outcome{Kind: Answered})
	if got, at := a.Next(500 * ms); got != nil || at != wake || !a.Shut(time.Millisecond) {
		t.Errorf("before the wake %v starts; wakes at %v, then at %v, shut is %t", got, wake, at, a.Shut(time.Millisecond))
	}
	if got, _ := a.started(wake); len(got) != 1 || got[0] != "urgent" || !a.Shut(time.Millisecond) {
		t.Errorf("at the wake %v start, shut is %t", got, a.Shut(time.Millisecond))
	}
	a.started(wake.Add(time.Second))
	a.started(wake.Add(2 * time.Second))
	if a.Shut(time.Millisecond) {
		t.Error("it is shut, and nobody waits")
	}
}
