package flow

import (
	"testing"
	"time"
)

// retries starts as many retries as may start at now, and returns them.
func retries(a *Admission, now Instant) (all []*Ticket) {
	for t, _ := a.Next(now); t != nil; t, _ = a.Next(now) {
		all = append(all, t)
	}
	return all
}

// about leaves room for how a third of a second is rounded.
func about(n, want int) bool { return n >= want-1 && n <= want+1 }

// Of retries that fail a full budget and three a second start; those that are
// answered make room for as many more.
func TestAnAnsweredRetryCostsNothing(t *testing.T) {
	for _, c := range []struct {
		kind   OutcomeKind
		second int // that start a second after the budget was used up
	}{
		{Overloaded, retryFloor},
		{Refused, retryFloor},
		{Answered, retryBurst},
	} {
		a := New(half, Limits{InFlight: 1000})
		for range 1000 {
			a.Add(0, &Ticket{Again: true, Retry: true})
		}
		now := Instant(time.Hour)
		first := retries(a, now)
		if !about(len(first), retryBurst) {
			t.Fatalf("%d retries at once, want %d", len(first), retryBurst)
		}
		now = now.Add(time.Second)
		for i, ticket := range first {
			if c.kind == Overloaded && i%5 == 0 { // the breaker stays shut
				a.lanes[0].breaker.alive(now, &Ticket{Started: now})
			}
			a.Done(now, ticket, Outcome{Kind: c.kind})
		}
		if n := len(retries(a, now)); !about(n, c.second) {
			t.Errorf("outcome %d: %d retries a second later, want %d", c.kind, n, c.second)
		}
	}
}

// A budget that is full already does not grow by answers.
func TestARetryBudgetHoldsNoMoreThanItsSize(t *testing.T) {
	r := newRetryBudget()
	ticket := &Ticket{Retry: true, retried: true}
	for range 1000 {
		r.ended(ticket, Answered)
	}
	now, n := Instant(time.Hour), 0
	for ; r.when(now, ticket) <= now; n++ {
		r.take(now, ticket)
	}
	if !about(n, retryBurst) {
		t.Errorf("%d retries at once, want %d", n, retryBurst)
	}
}
