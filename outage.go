package paceline

import (
	"fmt"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// neverAnswered is how long an endpoint that has never answered is tried: it
// is more likely a wrong address than an outage.
const neverAnswered = 30 * time.Second

// outage ends what waits when no endpoint has answered for longer than
// allowed. It returns when to look again.
func (d *dispatcher) outage(now flow.Instant) flow.Instant {
	end, since := flow.Instant(0), flow.Never
	for lane := range d.engine.endpoints {
		if d.out[lane] != nil {
			continue
		}
		h := d.admission.Health(lane)
		if !h.Down {
			return flow.Never
		}
		end = max(end, d.patience(h))
		since = min(since, h.Since)
	}
	if now < end {
		return end
	}
	failure := &Error{Code: CodeOutage, Message: fmt.Sprintf("nothing has answered for %v", now.Sub(since).Round(time.Second))}
	if d.last != nil {
		failure.Err = d.last
		failure.Message += ": " + d.last.Error()
	}
	d.refuse(func(c *call) bool {
		c.err, c.over = failure, true
		return true
	})
	return flow.Never
}

// patience returns when a lane's outage has lasted too long.
func (d *dispatcher) patience(h flow.Health) flow.Instant {
	limit := d.engine.cfg.OutageLimit
	switch {
	case h.EverAlive && limit == 0:
		return flow.Never
	case !h.EverAlive && (limit == 0 || limit > neverAnswered):
		limit = neverAnswered
	}
	return h.Since.Add(limit)
}

const (
	// spareMost failures at most are not held against a call because the
	// endpoint has answered nothing since,
	spareMost = 6
	// while so many calls have failed.
	spareAmong = 3
	// poisoned: where the endpoint answers with errors for so long, and all
	// that wait have failed before, it may be they that it cannot answer.
	poisoned = 10 * time.Minute
)

// excused reports whether c's last failure is the endpoint's rather than its
// own: in an outage, and at the beginning of one, before anybody knows of it,
// where the last attempt failed and the endpoint has answered nothing that was
// sent since the first failure.
func (d *dispatcher) excused(c *call, lane int) bool {
	d.last = c.err
	h := d.admission.Health(lane)
	if h.Down {
		hopeless := c.err.Remote && !d.admission.Fresh() && d.needing() == 0 && d.engine.now().Sub(h.Since) > poisoned
		return !hopeless
	}
	lastAttempt := c.charged >= d.engine.cfg.Retry.Attempts && c.spared < spareMost
	silent := h.EverAlive && h.Answered < c.failing && h.Dark >= spareAmong
	if !lastAttempt || !silent {
		return false
	}
	c.spared++
	return true
}

// takeOut takes the attempt's endpoint out of the pool for a fault of its key,
// if it is not the last. What is in flight there goes on.
func (d *dispatcher) takeOut(a *attempt, why *Error) {
	if d.out[a.lane] != nil || len(d.out)+1 >= len(d.engine.endpoints) {
		return
	}
	d.out[a.lane] = why
	d.admission.Close(a.lane)
	d.engine.observe(a, Event{Kind: EventOut, Err: why})
}

// outs returns why endpoints were taken out, in their order.
func (d *dispatcher) outs() []*Error {
	var all []*Error
	for lane := range d.engine.endpoints {
		if why := d.out[lane]; why != nil {
			all = append(all, why)
		}
	}
	return all
}
