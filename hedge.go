package paceline

import (
	"errors"
	"slices"
	"sync/atomic"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// A race is between a call's attempt and a hedge, the second attempt beside
// it. The first with content wins; where none has content before it ends, the
// first that ends well.
type race struct {
	first, hedge *attempt
	winner       atomic.Pointer[attempt]

	over chan struct{} // closed when the hedge has ended
	resp *Response     // the hedge's, before over
	err  *Error        // likewise
}

// closed stands in attempt.race once no hedge may start any more.
var closed = new(race)

// wins reports whether the attempt, at its first content, is not in a race or
// wins it. The loser is cancelled.
func (a *attempt) wins() bool {
	r := a.race.Load()
	if r == nil || r == closed {
		return true
	}
	rival := r.first
	if a == r.first {
		rival = r.hedge
	} else if r.first.first.Load() != 0 {
		r.winner.CompareAndSwap(nil, r.first) // it had content before it knew of a race
	}
	if r.winner.CompareAndSwap(nil, a) || r.winner.Load() == a {
		rival.cancel(errOutrun)
		return true
	}
	a.cancel(errOutrun)
	return false
}

// run makes the call's attempt, and takes the better of it and its hedge if
// there is one. It returns the attempt that the result is of, and how the call's
// own attempt failed.
func (a *attempt) run() (of *attempt, resp *Response, err, own *Error) {
	resp, own = a.send()
	r := a.race.Swap(closed)
	if r == nil {
		return a, resp, own, own
	}
	a.call.requests++
	if own == nil {
		r.hedge.cancel(errOutrun)
	}
	<-r.over
	switch {
	case own == nil && r.err == nil: // neither streams: both are paid for
		a.call.spend(r.resp.Usage, a.call.price(r.resp.Usage))
	case own != nil && (r.err == nil || errors.Is(own, errOutrun)):
		return r.hedge, r.resp, r.err, own
	}
	return a, resp, own, own
}

// runHedge makes the hedge's attempt to its end.
func (r *race) runHedge() {
	c := r.hedge.call
	if err := c.diary.before(r.hedge.most); err != nil {
		r.hedge.cancel(nil)
		r.err = &Error{Code: CodeCanceled, Err: err}
	} else {
		r.send()
	}
	if r.err == nil {
		r.first.cancel(errOutrun)
	}
	end := ending{at: c.engine.now(), err: r.err, outcome: r.hedge.outcome(r.resp, r.err)}
	if r.err == nil {
		end.usage, end.cost = r.resp.Usage, c.price(r.resp.Usage)
	} else {
		c.diary.after(&end, r.hedge.most)
	}
	c.engine.box.put(message{kind: msgDone, call: c, attempt: r.hedge, end: end})
	close(r.over)
}

// send makes the hedge's request. A panic of the provider is its failure.
func (r *race) send() {
	defer func() {
		if p := recover(); p != nil {
			r.hedge.cancel(nil)
			r.err = panicked("the provider", p)
		}
	}()
	r.resp, r.err = r.hedge.send()
}

// hedge starts second attempts for those in due whose first content is still
// missing, as far as the budget and free slots go, and keeps the rest in due.
func (d *dispatcher) hedge(now flow.Instant) {
	if len(d.due) > 2*len(d.watch.attempts)+64 {
		d.due = slices.DeleteFunc(d.due, (*attempt).begun)
	}
	if d.draining {
		d.due = nil
	}
	for len(d.due) > 0 {
		if a := d.due[0]; !a.begun() && !(d.affordable() && d.second(a, now)) {
			return
		}
		d.due[0] = nil
		d.due = d.due[1:]
	}
	d.due = nil
}

// begun reports whether a hedge would come too late, or nothing more may start.
func (a *attempt) begun() bool {
	return a.first.Load() != 0 || a.ctx.Err() != nil || a.race.Load() != nil || a.call.run.stopping()
}

// affordable reports whether the budget has room for one more hedge.
func (d *dispatcher) affordable() bool {
	return float64(d.tally.hedges) < d.engine.cfg.Hedge.Budget*float64(d.tally.requests)
}

// second starts a hedge beside a and reports whether it could be done.
func (d *dispatcher) second(a *attempt, now flow.Instant) bool {
	p := a.call.purse()
	if !p.take(a.most) {
		return true // the money is for those that have none yet
	}
	t := &flow.Ticket{Owner: a.call, Money: a.ticket.Money, Model: a.ticket.Model, In: a.ticket.In, Out: a.ticket.Out, Priority: a.ticket.Priority}
	if !d.admission.Spare(now, t, a.ticket) {
		p.settle(a.most, spend{})
		return false
	}
	r := &race{first: a, hedge: d.newAttempt(a.call, t, now), over: make(chan struct{})}
	r.hedge.race.Store(r)
	r.hedge.hedged = true
	if !a.race.CompareAndSwap(nil, r) { // a has ended in this moment
		r.hedge.cancel(nil)
		d.admission.Done(now, t, flow.Outcome{Kind: flow.Unsent})
		p.settle(a.most, spend{})
		return true
	}
	d.watch.add(r.hedge)
	d.each(a.call, func(t *tally) { t.requests++; t.hedges++ })
	d.engine.observe(r.hedge, EventStart, func(ev *Event) { ev.Hedge = true })
	go r.runHedge()
	return true
}
