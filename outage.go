package paceline

import (
	"fmt"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// neverAnswered is how long an endpoint that has never answered is tried: it
// is more likely a wrong address than an outage.
const neverAnswered = 30 * time.Second

// outage ends what waits and was tried when no endpoint has answered for longer than
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
	d.giveUp(now, since)
	return flow.Never
}

// giveUp ends those that wait and have failed in an outage since then. One that was
// not tried in it waits for its turn as a probe.
func (d *dispatcher) giveUp(now, since flow.Instant) {
	if !d.tried {
		return
	}
	d.tried = false
	failure := &Error{Code: CodeOutage, Message: fmt.Sprintf("no call was answered for %v", now.Sub(since).Round(time.Second))}
	if d.last != nil {
		failure.Err = d.last
		failure.Message += "; the last failed by " + d.last.Error()
	}
	d.refuse(func(c *call) bool {
		if !c.ticket.FailedSince(since) {
			return false
		}
		c.err, c.over = failure, true
		return true
	})
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
