package paceline

import (
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

const (
	// spareMost failures at most are not held against a call because the
	// endpoint has answered nothing since,
	spareMost = 6
	// while so many calls have failed.
	spareAmong = 3
	// poisoned: where servers fail what they are sent for so long, and all that wait
	// have failed before, it may be they that it cannot answer. It is longer than an
	// outage of an hour.
	poisoned = 65 * time.Minute
)

// blame says who may be at fault for a failure of an attempt that was sent.
func (a *attempt) blame(err *Error) flow.Blame {
	cut := err.stuck() || err.Code == CodeTimeout
	switch {
	case err.Code == CodeConnection && !err.MaybeBilled,
		cut && a.endpoint.tells.Load() && !a.went.Load():
		return flow.BlameNobody
	case err.Status >= 502 && err.Status <= 504:
		return flow.BlameServer
	}
	return flow.BlameEither
}

// exhausted charges a failure to c, unless it is the endpoint's, and reports whether
// c may not be tried again for now: it has ended, or it is doubtful.
func (d *dispatcher) exhausted(c *call, lane int) bool {
	h := d.admission.Health(lane)
	d.refund(c, lane)
	switch {
	case c.charged == 0:
	case d.excused(c, lane):
		c.charged--
	case !h.Down:
		c.charge(h)
	}
	if c.charged < d.engine.cfg.Retry.Attempts {
		return false
	}
	if c.lane = lane; d.draining || c.run.stopping() {
		d.end(c)
	} else {
		d.doubtful = append(d.doubtful, c) // settle decides
	}
	return true
}

// charge notes that the call's last failure was charged to it.
func (c *call) charge(h flow.Health) {
	if c.streak != h.Streak {
		c.streak, c.recent = h.Streak, 0
	}
	c.recent++
}

// refund takes back what was charged for failures that have turned out to be those
// with which an outage began.
func (d *dispatcher) refund(c *call, lane int) {
	if c.streak > 0 && d.admission.WasOutage(lane, c.streak) {
		c.charged -= c.recent
		c.streak, c.recent = 0, 0
	}
}

// excused reports whether c's last failure is the endpoint's rather than its
// own: in an outage, and at the beginning of one, before anybody knows of it,
// where the last attempt failed and the endpoint has answered nothing that was
// sent since.
func (d *dispatcher) excused(c *call, lane int) bool {
	d.last = c.err
	h := d.admission.Health(lane)
	if h.Down {
		d.tried = true
		return !d.hopeless(c, h)
	}
	lastAttempt := c.charged >= d.engine.cfg.Retry.Attempts && c.spared < spareMost
	silent := h.EverAlive && !c.ticket.Proven() && h.Dark >= spareAmong
	if !lastAttempt || !silent || c.blame == flow.BlameEither || d.admission.MayFail(lane) {
		return false
	}
	c.spared++
	return true
}

// hopeless reports whether an outage has lasted for longer than one does, while
// nothing waits that has not failed, so that the calls may be at fault. Where nobody
// is there, they are not.
func (d *dispatcher) hopeless(c *call, h flow.Health) bool {
	return c.blame != flow.BlameNobody && d.engine.cfg.OutageLimit == 0 &&
		!d.admission.Fresh() && d.needing() == 0 && d.engine.now().Sub(h.Since) > poisoned
}

// settle decides on the doubtful: where the endpoint has answered what was sent later,
// they have failed by themselves; where all others fail too, that is an outage. Where
// too few are left for that, they have. And it ends an outage that is none.
func (d *dispatcher) settle() {
	all := d.doubtful
	d.doubtful = d.doubtful[:0]
	for _, c := range all {
		switch h := d.admission.Health(c.lane); {
		case h.Down && !d.hopeless(c, h):
			d.refund(c, c.lane)
			c.charged = min(c.charged, d.engine.cfg.Retry.Attempts-1)
			d.tried = true
			d.submit(c)
		case !h.Down && h.EverAlive && !c.ticket.Proven() && d.admission.MayFail(c.lane):
			d.doubtful = append(d.doubtful, c)
		default:
			d.end(c)
		}
	}
	clear(all[len(d.doubtful):])
	d.admission.Acquit()
}

// undoubt takes c away from the doubtful, and reports whether it was one of them.
func (d *dispatcher) undoubt(c *call) bool {
	n := len(d.doubtful)
	d.doubtful = slices.DeleteFunc(d.doubtful, func(x *call) bool { return x == c })
	return len(d.doubtful) < n
}
