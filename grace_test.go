package paceline

import (
	"context"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

const ms = flow.Instant(time.Millisecond)

// TestAGraceIsAsLongAsTheStandstill has a dispatcher, which was to come at once, come
// some time later.
func TestAGraceIsAsLongAsTheStandstill(t *testing.T) {
	for _, tt := range []struct{ late, want time.Duration }{
		{0, 0},
		{stoodStill - 1, 0},
		{stoodStill, stoodStill},
		{300 * time.Millisecond, 300 * time.Millisecond},
		{time.Hour, graceMost},
	} {
		var w watch
		now := (1000 * ms).Add(tt.late)
		w.came(now, 900*ms, 1000*ms)
		end := now.Add(tt.want)
		if w.grace.on(now) != (tt.want > 0) || tt.want > 0 && !w.grace.on(end-1) || w.grace.on(end) {
			t.Errorf("%v late: not a grace of %v", tt.late, tt.want)
		}
	}
}

// TestAGraceIsNotProlonged has the process stand still again within a grace, and beyond
// its end: then one look is made, and the next standstill brings another.
func TestAGraceIsNotProlonged(t *testing.T) {
	var w watch
	w.came(2000*ms, 0, 1000*ms)
	w.came(2500*ms, 2000*ms, 2100*ms)
	if !w.grace.on(2999 * ms) {
		t.Error("the grace is over before its time")
	}
	w.came(4000*ms, 2500*ms, 2600*ms)
	if w.grace.on(4000 * ms) {
		t.Error("the grace is prolonged")
	}
	w.came(5000*ms, 4000*ms, 4100*ms)
	if !w.grace.on(5000 * ms) {
		t.Error("after the look a standstill brings no grace")
	}
}

// TestAStandstillIsNoSilence has a call that is sent, or has content, at one second, and
// a process that stands still from when it came at 1.4 s, when it was to come at 1.5 s,
// to 4 s, and once more.
func TestAStandstillIsNoSilence(t *testing.T) {
	const limit = 2 * time.Second
	for name, begin := range map[string]func(*attempt){
		"first token": func(a *attempt) { a.sent.Store(int64(1000 * ms)) },
		"stall": func(a *attempt) {
			a.sent.Store(1)
			a.first.Store(1)
			a.last.Store(int64(1000 * ms))
		},
	} {
		a := &attempt{limits: limits{first: limit, stall: limit}}
		begin(a)
		w := watch{attempts: []*attempt{a}}
		want := func(at flow.Instant) {
			t.Helper()
			if late, _ := a.deadline(at); late != at {
				t.Errorf("%s: it is late at %v, not %v", name, time.Duration(late), time.Duration(at))
			}
		}
		want(3000 * ms)
		w.came(4000*ms, 1400*ms, 1500*ms)
		want(5500 * ms)
		w.came(4700*ms, 4200*ms, 4210*ms) // it stood still for no longer than 0.4 s of that
		want(5900 * ms)
		a.last.Store(int64(4800 * ms)) // progress
		want(6800 * ms)
		w.came(6000*ms, 4750*ms, 4850*ms)
		want(7950 * ms)
	}
}

// TestNothingIsCutInAGrace has a call be late by a deadline that was given, and one that
// is learnt anew, in a grace and at its end.
func TestNothingIsCutInAGrace(t *testing.T) {
	for _, learns := range []bool{false, true} {
		d := &dispatcher{deadlines: newDeadlines(Deadlines{Total: time.Second})}
		a := &attempt{call: &call{ctx: context.Background()}, learners: d.deadlines.of(question{})}
		a.limits = d.deadlines.limits(a)
		a.life = newLifetime(a)
		d.watch.add(a)
		d.watch.came(1300*ms, 800*ms, 900*ms)
		if learns {
			d.deadlines.version++
		}
		if d.watch.look(1300*ms, d) || d.watch.look(1699*ms, d) || a.life.Err() != nil {
			t.Fatal("something is decided on in a grace")
		}
		if d.watch.next != 1700*ms {
			t.Errorf("the next look is at %v", time.Duration(d.watch.next))
		}
		if !d.watch.look(1700*ms, d) || context.Cause(a.life) != errTotal {
			t.Errorf("at the grace's end it is ended by %v", context.Cause(a.life))
		}
	}
}

// TestTheDispatcherComesWhileCallsAreInFlight: else it knew of no standstill before the
// next deadline.
func TestTheDispatcherComesWhileCallsAreInFlight(t *testing.T) {
	var w watch
	if next := w.beat(1000 * ms); next != flow.Never {
		t.Errorf("with nothing in flight it comes at %v", next)
	}
	w.attempts = []*attempt{{}}
	if next := w.beat(1000 * ms); next != (1000 * ms).Add(beat) {
		t.Errorf("with a call in flight it comes at %v", next)
	}
}
