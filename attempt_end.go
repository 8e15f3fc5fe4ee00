package paceline

import (
	"errors"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// An ending is how an attempt ended, for admission and the statistics.
type ending struct {
	at        flow.Instant
	outcome   flow.Outcome
	err       *Error // nil: answered
	usage     Usage
	requestID string // the provider's
	cost      Cost
	judging   bool // answered; msgJudged follows
	rejected  Code // of msgJudged: why the answer was not accepted
	again     bool // of msgJudged: another one is asked for
	more      bool // of msgDone: msgJudged or msgAgain follows
	repeats   int  // requests sent beyond the first
}

// price notes for admission what an attempt has cost, if that is known.
func (end *ending) price() {
	if end.cost.Known && (end.err == nil || end.usage.Known) {
		end.outcome.Money, end.outcome.Priced = end.cost.USD*microDollars, true
	}
}

// waited notes, of an attempt that was cut before it had content, for how long one must
// have waited to be overdue: if others that were sent after that have been answered, it
// hangs by itself.
func (end *ending) waited(a *attempt) {
	if end.err != nil && end.err.stuck() && a.first.Load() == 0 {
		end.outcome.Overdue = a.learners.first.overdue()
	}
}

func (d *dispatcher) done(a *attempt, end *ending) {
	c, now := a.call, d.now
	d.watch.remove(a)
	delete(d.held, a.ticket)
	d.deadlines.observe(a, end, &d.watch)
	end.price()
	d.lost(a, end)
	end.waited(a)
	d.admission.Done(now, a.ticket, end.outcome)
	c.purse().settle(a.most, a.charge(end))
	if end.usage.Known {
		d.estimator(a.model).Observe(a.size, end.usage.Prompt, end.usage.Completion)
	}
	d.each(c, func(t *tally) { t.end(a, end) })
	d.traffic.end(a, end)
	d.tell(a, end, now)
	if end.err != nil {
		d.failure(a, end)
	}
	d.grant(c.purse())
	if !end.more {
		d.admission.Forget(&c.ticket, end.err == nil)
		d.leave(a, end)
	}
}

// failure notes what an attempt's failure says of its endpoint and its call.
func (d *dispatcher) failure(a *attempt, end *ending) {
	if end.outcome.Kind == flow.Overloaded && !errors.Is(end.err, errOutrun) {
		d.failed[a.lane] = end.err
		a.call.blame = end.outcome.Blame
	}
	if end.err.ofKey() {
		d.takeOut(a, end.err)
	}
	if end.err.stuck() && a.beside == nil && !a.probe { // that is the endpoint's fault
		a.call.late++
	}
}

// again queues a call that is to have another attempt, if it has one left.
func (d *dispatcher) again(c *call, lane int) {
	if c.err != nil && c.err.ofKey() && d.out[lane] == nil { // it is the last
		d.end(c)
		return
	}
	if c.err != nil && c.err.Code == CodeThrottled && c.ticket.Alone() >= d.lonely() {
		c.err = refusedAlone(c.err, &c.ticket)
		d.end(c)
		return
	}
	if c.reason == VerdictRetry && d.exhausted(c, lane) {
		return
	}
	d.submit(c)
}

// end grants a call nothing further: its error stands.
func (d *dispatcher) end(c *call) {
	d.admission.Forget(&c.ticket, false)
	c.over = true
	c.waits.admitted(nil)
}

// tell passes an attempt's end to the observer.
func (d *dispatcher) tell(a *attempt, end *ending, now flow.Instant) {
	if d.engine.observer.wants(EventEnd, end.err == nil) {
		d.engine.observe(a, Event{
			Kind: EventEnd, Err: end.err, Usage: end.usage, RequestID: end.requestID,
			FirstToken: a.firstToken(), Total: a.took(end.at),
		})
	}
	if end.outcome.Kind == flow.Throttled {
		a.tellings.doubt()
		d.shut.told(now, end.err)
		pause := max(0, d.admission.PausedUntil(a.lane, a.ticket.Model).Sub(now))
		d.later.refused(a, now.Add(pause))
		d.engine.observe(a, Event{Kind: EventLater, Err: end.err, Delay: pause})
	}
	if end.err != nil {
		return
	}
	d.shut = shutOut{}
	if d.later.answered(a) {
		d.engine.observe(a, Event{Kind: EventLaterOver})
	}
}
