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
		began, everAlive, down := d.admission.Outage(lane)
		if !down {
			return flow.Never
		}
		end = max(end, d.patience(began, everAlive))
		since = min(since, began)
	}
	if now < end {
		return end
	}
	failure := &Error{Code: CodeOutage, Err: d.last, Message: fmt.Sprintf("nothing has answered for %v", now.Sub(since).Round(time.Second))}
	if d.last != nil {
		failure.Message += ": " + d.last.Error()
	}
	d.refuse(func(c *call) bool {
		c.err, c.over = failure, true
		return true
	})
	return flow.Never
}

// patience returns when an outage that began at the instant began is too long.
func (d *dispatcher) patience(began flow.Instant, everAlive bool) flow.Instant {
	limit := d.engine.cfg.OutageLimit
	switch {
	case everAlive && limit == 0:
		return flow.Never
	case !everAlive && (limit == 0 || limit > neverAnswered):
		limit = neverAnswered
	}
	return began.Add(limit)
}
