package paceline

import (
	"errors"
	"sync/atomic"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// A race is between an attempt and a hedge, the second attempt beside it. A
// hedge that is slow itself may have one of its own, so that races form a chain.
// The first attempt of it with content wins; where none has content before it
// ends, the first that ends well.
type race struct {
	first, hedge *attempt
	winner       *atomic.Pointer[attempt] // of the whole chain

	over  chan struct{} // closed when the hedge has ended, and those beyond
	ended finish        // what came of them, before over
}

// closed stands in attempt.race once no hedge may start any more.
var closed = new(race)

// seal keeps hedges from starting beside a, and returns the race that is on
// already, or nil.
func (a *attempt) seal() *race {
	if a.race.CompareAndSwap(nil, closed) {
		return nil
	}
	if r := a.race.Load(); r != closed {
		return r
	}
	return nil
}

// next returns the attempt beyond a in the chain, or nil.
func (a *attempt) next() *attempt {
	if r := a.race.Load(); r != nil && r != closed {
		return r.hedge
	}
	return nil
}

// wins reports whether the attempt, at its first content, is not in a race or
// wins it. The losers are cancelled.
func (a *attempt) wins() bool {
	r := a.beside
	if r == nil {
		if r = a.race.Load(); r == nil || r == closed {
			return true
		}
	}
	a.beforeUs(r.winner)
	if r.winner.CompareAndSwap(nil, a) || r.winner.Load() == a {
		a.outrun()
		return true
	}
	a.cancel(errOutrun)
	return false
}

// beforeUs lets the earliest attempt win that had content before it knew of a
// race.
func (a *attempt) beforeUs(winner *atomic.Pointer[attempt]) {
	if a.beside == nil {
		return
	}
	before := a.beside.first
	before.beforeUs(winner)
	if before.first.Load() != 0 {
		winner.CompareAndSwap(nil, before)
	}
}

// outrun cancels the others of the chain.
func (a *attempt) outrun() {
	for r := a.beside; r != nil; r = r.first.beside {
		r.first.cancel(errOutrun)
	}
	for b := a.next(); b != nil; b = b.next() {
		b.cancel(errOutrun)
	}
}

// A finish is what came of an attempt and the hedges beside it.
type finish struct {
	of   *attempt // whose answer or failure it is
	resp *Response
	err  *Error

	requests int
	others   []ending // of attempts whose end has been told
}

// run makes the attempt, and has f be the better of it and its hedge if there is
// one. Failures beside a hedge have been told when it returns, answers that are
// not taken too.
//
// Thousands wait here for their providers: it has nothing on its stack but what it
// needs afterwards.
func (a *attempt) run(f *finish) {
	a.begin()
	resp, err := a.endpoint.sends.Attempt(a.life, a.req, a.life.emit)
	f.settle(a, resp, err)
}

// settle takes what the provider returned, and what comes of a hedge.
//
//go:noinline
func (f *finish) settle(a *attempt, resp *Response, err error) {
	f.of, f.requests = a, 1+a.repeats
	f.resp, f.err = a.concluded(resp, err)
	if r := a.seal(); r != nil {
		f.await(r, a)
	}
}

// await waits for what comes of an attempt's race, and takes the better of the two.
func (f *finish) await(r *race, a *attempt) {
	err := f.err
	if err != nil { // its slot is free while the hedge goes on
		f.others = append(f.others, a.tell(nil, err))
	}
	if w := r.winner.Load(); err == nil || w != nil && !w.beyond(a) {
		a.cancelBeyond(errOutrun)
	}
	<-r.over
	*f = f.or(r.ended)
}

// beyond reports whether the attempt comes after b in the chain.
func (a *attempt) beyond(b *attempt) bool {
	for b = b.next(); b != nil && b != a; b = b.next() {
	}
	return b != nil
}

// cancelBeyond cancels the attempts after a in the chain.
func (a *attempt) cancelBeyond(cause error) {
	for b := a.next(); b != nil; b = b.next() {
		b.cancel(cause)
	}
}

// or returns the better of what came of an attempt, f, and of its hedge.
func (f finish) or(hedge finish) finish {
	f.requests += hedge.requests
	f.others = append(f.others, hedge.others...)
	switch {
	case hedge.err == nil && f.err == nil: // neither streams: both are paid for
		f.others = append(f.others, hedge.of.tell(hedge.resp, nil))
	case f.err != nil && (hedge.err == nil || errors.Is(f.err, errOutrun)):
		f.of, f.resp, f.err = hedge.of, hedge.resp, hedge.err
	}
	return f
}

// runHedge makes the hedge's attempt to its end, with a hedge of its own if it
// gets one. A panic of the provider is its failure, and so is a runtime.Goexit.
func (r *race) runHedge() {
	defer close(r.over)
	a, whole := r.hedge, false
	defer func() {
		if p := recover(); p != nil {
			r.brokenOff(panicked("the provider", p))
		} else if !whole {
			r.brokenOff(exited("the provider"))
		}
	}()
	r.ended = finish{of: a, requests: 1}
	if err := a.call.diary.before(a.most); err != nil {
		a.cancel(nil)
		r.ended.err = &Error{Code: CodeCanceled, Err: err}
	} else {
		a.run(&r.ended)
	}
	if f := &r.ended; f.err == nil {
		f.of.outrun()
	} else if !a.over {
		f.others = append(f.others, a.tell(nil, f.err))
	}
	whole = true
}

// brokenOff ends a hedge whose provider did not return.
func (r *race) brokenOff(why *Error) {
	a := r.hedge
	why.MaybeBilled = true
	r.ended = finish{of: a, err: why}
	r.ended.requests = a.unwind(why)
	end := ending{at: a.call.engine.now(), err: why}
	a.call.diary.after(&end, a.most, a.trip(&end))
}

// unwind ends an attempt, and those beyond, that a panic broke off. It returns how
// many requests they were.
func (a *attempt) unwind(err *Error) (requests int) {
	a.life.part()
	a.cancel(nil)
	if r := a.seal(); r != nil {
		a.cancelBeyond(errOutrun)
		<-r.over
	}
	for b := a; b != nil; b = b.next() {
		requests += 1 + b.repeats
		if b != a && !b.over {
			end := ending{at: b.call.engine.now(), err: &Error{Code: CodeOutrun, MaybeBilled: true}}
			b.call.diary.after(&end, b.most, b.trip(&end))
		}
		b.done(&ending{at: b.call.engine.now(), err: err, outcome: flow.Outcome{Kind: flow.Neutral}})
	}
	return requests
}

// tell notes how the attempt has ended, in the journal and for the dispatcher,
// when it brings no row.
func (a *attempt) tell(resp *Response, err *Error) ending {
	end := a.ending(resp, err)
	if err == nil || err.Code != CodeCanceled { // broken off with the run: it is lost
		a.call.diary.after(&end, a.most, a.trip(&end))
	}
	a.done(&end)
	return end
}

// ending returns how the attempt ended.
func (a *attempt) ending(resp *Response, err *Error) ending {
	end := ending{at: a.ended, err: err}
	if end.at == 0 { // it was not sent
		end.at = a.call.engine.now()
	}
	if err != nil {
		end.usage, end.requestID = err.Usage, err.RequestID
		if end.usage.Known {
			end.cost = a.call.engine.price(a.question, end.usage)
		}
	} else {
		end.usage, end.requestID = resp.Usage, resp.RequestID
		end.cost = a.call.engine.price(a.question, end.usage)
		resp.Cost = end.cost
	}
	end.outcome = a.outcome(resp, err)
	return end
}

// done tells the dispatcher how the attempt ended, once.
func (a *attempt) done(end *ending) {
	if a.over {
		return
	}
	a.over = true
	end.repeats = a.repeats
	a.end = *end
	a.call.engine.box.put(message{kind: msgDone, attempt: a, end: &a.end})
}

// begun reports whether a hedge would come too late, or nothing more may start.
func (a *attempt) begun() bool {
	return a.first.Load() != 0 || a.life.Err() != nil || a.race.Load() != nil || a.call.run.stopping()
}

// second starts a hedge beside a, if start finds room for its ticket, and reports
// whether it does.
func (d *dispatcher) second(a *attempt, now flow.Instant, start func(now flow.Instant, t, avoid *flow.Ticket) bool) bool {
	p := a.call.purse()
	if !p.take(a.most) {
		return true // the money is for those that have none yet
	}
	t := &flow.Ticket{Owner: a.call, Money: a.ticket.Money, Model: a.ticket.Model, In: a.ticket.In, Out: a.ticket.Out, Priority: a.ticket.Priority}
	if !start(now, t, a.ticket) {
		p.settle(a.most, spend{})
		return false
	}
	r := &race{first: a, hedge: d.newAttempt(a.call, a.question, t, now), over: make(chan struct{})}
	if r.winner = new(atomic.Pointer[attempt]); a.beside != nil {
		r.winner = a.beside.winner
	}
	r.hedge.beside = r
	if !a.race.CompareAndSwap(nil, r) { // a has ended in this moment
		r.hedge.cancel(nil)
		d.admission.Done(now, t, flow.Outcome{Kind: flow.Unsent})
		p.settle(a.most, spend{})
		return true
	}
	a.hedged = true
	d.watch.add(r.hedge)
	d.each(a.call, func(t *tally) { t.requests++; t.running++; t.hedges++ })
	d.traffic.start(r.hedge)
	d.engine.observe(r.hedge, Event{Kind: EventStart})
	go r.runHedge()
	return true
}
