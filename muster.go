package paceline

import "github.com/seed-1814a72b/paceline/internal/flow"

// The first calls of a strict limit go out together, once their connections are
// open: see internal/flow. An attempt that takes part has a gate, at which its
// provider waits, since [DeltaReady] comes on its own goroutine.

// wait holds the provider until the request may go out, or is not to any more.
func (a *attempt) wait() {
	a.call.engine.box.put(message{kind: msgReady, attempt: a})
	select {
	case <-a.gate:
	case <-a.life.Done():
	}
}

// pass lets the request go out, now or when it comes to its gate.
func (a *attempt) pass() {
	select {
	case a.gate <- struct{}{}:
	default:
	}
}

// release lets requests go out that wait for each other, and returns when to come
// again.
func (d *dispatcher) release(now flow.Instant) flow.Instant {
	return d.admission.Release(now, func(t *flow.Ticket) {
		d.held[t].pass()
		delete(d.held, t)
	})
}

// ready takes note of an attempt whose connection is open, and lets it go out if
// it waits for no other.
func (d *dispatcher) ready(a *attempt) {
	if d.admission.Ready(d.engine.now(), a.ticket) {
		a.pass()
		return
	}
	if d.held == nil {
		d.held = make(map[*flow.Ticket]*attempt)
	}
	d.held[a.ticket] = a
}
