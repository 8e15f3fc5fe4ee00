package paceline

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// TestWordThatIsReadLateTellsOfAStop has a strict limit of one a second send a call,
// of which the dispatcher reads so much later: the server may have read it as late.
func TestWordThatIsReadLateTellsOfAStop(t *testing.T) {
	const guard = 10 * time.Millisecond // at most
	for _, tt := range []struct {
		name             string
		read, rung, want time.Duration // after the call went out
	}{
		{"it is read at once", 0, time.Hour, 0},
		{"a moment later", time.Millisecond, time.Hour, 0},
		{"after a stop before which the alarm was to ring", 70 * time.Millisecond, 2 * time.Millisecond, 70 * time.Millisecond},
		{"after a stop in which it was not", 70 * time.Millisecond, time.Hour, 70 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := oneStrictly()
				call, next := new(flow.Ticket), new(flow.Ticket)
				out := d.engine.now()
				d.due = out.Add(tt.rung)
				d.admission.Add(out, call)
				if started, _ := d.admission.Next(out); started != call {
					t.Fatal("the first call does not start")
				}
				d.engine.box.put(message{kind: msgSent, attempt: &attempt{ticket: call}, at: out})
				time.Sleep(tt.read)
				d.read(nil)
				d.admission.Add(d.now, next)
				_, wake := d.admission.Next(d.now)
				if over := wake.Sub(out) - time.Second - tt.want; over < 0 || over > guard {
					t.Errorf("the next call may start %v after the first", wake.Sub(out))
				}
			})
		})
	}
}

// oneStrictly returns a dispatcher, which does not run, with a strict limit of one call
// a second.
func oneStrictly() *dispatcher {
	limits := flow.Limits{Requests: flow.Rate{N: 1, Per: time.Second}, Strict: true, InFlight: 10}
	return &dispatcher{
		engine:    &Engine{epoch: time.Now().Add(-time.Second), box: newMailbox()},
		admission: flow.New(func() float64 { return 0.5 }, limits),
	}
}
