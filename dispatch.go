package paceline

import (
	"context"
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/internal/hist"
)

// dispatcher is the one goroutine that owns admission, the deadlines and the
// statistics. Everybody else sends it messages.
type dispatcher struct {
	engine    *Engine
	admission *flow.Admission
	tokens    map[string]*flow.Estimator // by model
	now       flow.Instant               // when the messages in hand were taken
	model     string                     // whose estimator was asked for last: so is the next, mostly
	guesses   *flow.Estimator            // its; nil: none was
	deadlines *deadlines
	watch     watch
	pings     *pings
	ration    ration
	saving    rescue
	tally     *tally
	begun     *hist.Histogram // times to the first content, as it came
	traffic   traffic
	last      *Error     // the last failure of an endpoint that does not answer
	failed    []*Error   // by lane: the last failure that the endpoint is to blame for
	single    flow.Party // calls of no run that wait in admission: a judge may have made them
	runs      []*run     // that have begun and not ended
	meter     meter
	draining  bool
	due       flow.Instant // when the loop was to go on at the latest; at first Never: before, nothing was late
	beat      flow.Instant // likewise, to know of standstills
	money     moneyLimits
	needy     map[*purse]bool           // those for which calls wait
	held      map[*flow.Ticket]*attempt // those that wait for each other's connections
	out       map[int]*Error            // endpoints taken out of the pool, and why
	later     episodes
	doubtful  []*call // that have failed for the last time, unless that is an outage
	tried     bool    // one that failed in an outage waits again
	shut      shutOut
	heed      heed
	granted   []*attempt // in this pass; launch tells them
	spare     []*attempt // of calls that have ended
}

func (d *dispatcher) loop() {
	defer close(d.engine.stopped)
	defer d.engine.observer.end()
	defer d.heed.stop()
	alarm := newAlarm(d.engine.box.rouse)
	defer alarm.stop()
	var messages []message
	for {
		messages = d.read(messages)
		now := d.engine.now()
		d.settle()
		d.watch.came(now, d.now, d.now.Add(beat))
		wake := min(d.admit(now), d.release(now), d.ping(now))
		if d.watch.look(now, d) {
			wake = min(wake, d.outage(now), d.rescue(now), d.hedge(now))
		}
		d.attribute(now)
		if d.ended() {
			return
		}
		d.due = min(wake, d.watch.next, d.admission.Check(now)) // the watch knows by now all that was started
		d.beat = d.watch.beat(now)
		d.expectNext(alarm, now, min(d.due, d.beat))
		d.launch()
		d.rest(alarm)
	}
}

// read takes the messages that wait, for which it has buf, and handles them. If it was
// to come earlier, since its alarm was to ring or a message tells of an earlier moment,
// this process may have stood still, and what went out before arrives now alone. Which
// calls those are is known when all messages have been handled.
func (d *dispatcher) read(buf []message) []message {
	all := d.engine.box.take(buf)
	before := d.now
	d.now = d.engine.now()
	d.watch.came(d.now, before, min(d.due, d.beat))
	for i := range all {
		d.handle(&all[i])
	}
	clear(all)
	if d.now > d.due {
		d.admission.Late(d.now, d.due)
	}
	return all
}

// ended reports whether a shutdown is complete, and closes the mailbox if so.
func (d *dispatcher) ended() bool {
	busy := len(d.watch.attempts) > 0 || d.pings.running > 0 || d.tally.judging > 0
	if !d.draining || busy || !d.engine.box.close() {
		return false
	}
	d.engine.final = d.measures()
	d.engine.consumed = d.meter.sum
	return true
}

func (d *dispatcher) handle(m *message) {
	switch m.kind {
	case msgSubmit:
		d.submit(m.call)
	case msgWithdraw:
		if d.admission.Remove(&m.call.ticket) || d.undoubt(m.call) {
			d.admission.Forget(&m.call.ticket, false)
			m.call.waits.admitted(nil)
		}
	case msgGivenUp:
		d.heed.over(d.engine)
		d.refuse((*call).givenUp)
	case msgAlive:
		d.alive(m.attempt)
	case msgTold, msgHold, msgLimits:
		d.adjust(m)
	case msgBegun, msgSent, msgHeard:
		d.goes(m)
	case msgReady:
		d.ready(m.attempt)
	case msgPing:
		d.pong(m)
	case msgDone:
		d.done(m.attempt, m.end)
	case msgJudged:
		d.judged(m.attempt, m.end)
	case msgAgain:
		d.again(m.attempt.call, m.attempt.lane)
	case msgItem:
		m.event.Time = time.Now() // behind the events of its attempts
		d.engine.observer.add(m.event)
	case msgRun, msgExhausted, msgOver:
		d.follow(m)
	case msgStopRun:
		m.run.last = true
		d.refuse(func(c *call) bool { return c.run == m.run })
	case msgRoom:
		d.unshelve(m.run)
	case msgBroken:
		d.breakOff(m.run)
	case msgStats:
		d.report(m)
	case msgMeasures:
		m.measures <- d.measures()
	case msgDrain:
		d.draining = true
		d.pings.stop()
		d.refuse(func(*call) bool { return true })
	case msgAbort:
		for _, a := range d.watch.attempts {
			a.cancel(ErrShutdown)
			d.engine.aborted = true
		}
	}
}

// goes follows a strictly limited attempt on its way. It was to be told of then.
func (d *dispatcher) goes(m *message) {
	d.due = min(d.due, m.at)
	switch t := m.attempt.ticket; m.kind {
	case msgBegun:
		d.admission.Begun(m.at, t)
	case msgSent:
		d.admission.Sent(m.at, t, m.took)
	case msgHeard:
		d.admission.Heard(m.at, t)
	}
}

func (d *dispatcher) submit(c *call) {
	if d.draining || c.run.stopping() || c.givenUp() {
		c.waits.admitted(nil)
		return
	}
	d.heed.note(c)
	if err := d.weigh(c); err != nil {
		c.err = err
		d.end(c)
		return
	}
	c.ticket.Party = &d.single
	if c.run != nil {
		c.ticket.Party = &c.run.waiting
	}
	if d.afford(c) {
		d.admission.Add(d.now, &c.ticket)
	}
}

// breakOff ends what is in flight of a run whose own context has ended.
func (d *dispatcher) breakOff(r *run) {
	cause := context.Cause(r.mayFinish)
	for _, a := range d.watch.attempts {
		if a.call.run == r {
			a.cancel(cause)
		}
	}
}

// follow notes where the input of a run is.
func (d *dispatcher) follow(m *message) {
	switch m.kind {
	case msgRun:
		now := d.engine.now()
		d.measure(now, d.pace(now))
		m.run.before = d.meter.sum
		d.runs = append(d.runs, m.run)
	case msgExhausted:
		m.run.last = true
	case msgOver:
		d.runs = slices.DeleteFunc(d.runs, func(r *run) bool { return r == m.run })
	}
}

func (d *dispatcher) estimator(model string) *flow.Estimator {
	if d.guesses == nil || d.model != model {
		d.model, d.guesses = model, d.findEstimator(model)
	}
	return d.guesses
}

func (d *dispatcher) findEstimator(model string) *flow.Estimator {
	e := d.tokens[model]
	if e == nil && len(d.tokens) >= learnKeys {
		model = ""
		e = d.tokens[model]
	}
	if e == nil {
		e = new(flow.Estimator)
		d.tokens[model] = e
	}
	return e
}

// admit starts all that may start now, and returns when to come again. Those of
// runs that come before a single call start with it, however many are judged: the
// judges may wait for that call.
func (d *dispatcher) admit(now flow.Instant) flow.Instant {
	for !d.crowded() {
		t, wake := d.admission.Next(now)
		if t == nil {
			return wake
		}
		switch c := t.Owner.(*call); {
		case c.run.isShort():
			d.shelve(c, now)
		case c.purse().overdrawn():
			d.sendBack(c, now)
		default:
			d.start(c, now)
		}
	}
	d.admission.Rest()
	return flow.Never // the next word on an answer wakes us
}

// launch has the attempts begin that were granted in this pass.
func (d *dispatcher) launch() {
	for i, a := range d.granted {
		d.granted[i] = nil
		a.call.waits.admitted(a)
	}
	d.granted = d.granted[:0]
	for _, r := range d.runs {
		r.crew.launch()
	}
}

// crowded reports whether so many answers are being judged that nothing may start.
func (d *dispatcher) crowded() bool {
	return d.tally.judging >= maxJudging && d.single == flow.Party{}
}

func (d *dispatcher) start(c *call, now flow.Instant) {
	c.lastTry = c.charged+1 >= d.engine.cfg.Retry.Attempts
	a := d.newAttempt(c, c.question, &c.ticket, now)
	a.hedged = c.reader != nil || d.engine.cfg.Hedge.Budget < 0
	d.watch.add(a)
	d.each(c, func(t *tally) { t.start(c) })
	d.traffic.start(a)
	if d.engine.observer.wants(EventStart, true) {
		d.engine.observe(a, Event{Kind: EventStart})
	}
	d.granted = append(d.granted, a)
}

// each applies f to the tallies that c counts in.
func (d *dispatcher) each(c *call, f func(*tally)) {
	f(d.tally)
	if c.run != nil {
		f(c.run.tally)
	}
}

func (d *dispatcher) alive(a *attempt) {
	d.last, d.shut = nil, shutOut{}
	d.admission.Alive(d.now, a.ticket)
	d.watch.begun(a, d.now)
	d.deadlines.begun(a, &d.watch, d.now)
	first := a.firstToken()
	d.begun.Record(first)
	if d.engine.observer.wants(EventFirstToken, true) {
		d.engine.observe(a, Event{Kind: EventFirstToken, FirstToken: first})
	}
}

// refuse takes the waiting calls that match out of the queue and tells them.
func (d *dispatcher) refuse(match func(*call) bool) {
	now := d.engine.now()
	for _, t := range d.admission.Drain() {
		if c := t.Owner.(*call); match(c) {
			c.purse().settle(c.most, spend{})
			d.admission.Forget(t, false)
			c.waits.admitted(nil)
		} else {
			d.admission.Add(now, t)
		}
	}
	for _, r := range d.runs {
		d.clearShelf(r, match)
	}
	d.doubtful = slices.DeleteFunc(d.doubtful, func(c *call) bool {
		gone := match(c)
		if gone {
			d.admission.Forget(&c.ticket, false)
			c.waits.admitted(nil)
		}
		return gone
	})
	for p := range d.needy {
		d.dismiss(p, match)
		d.grant(p)
	}
}

func (d *dispatcher) report(m *message) {
	if m.run != nil {
		s := d.stats(m.run.tally, &m.run.progress)
		s.Budget = m.run.purse.state()
		s.Use = d.meter.sum.since(&m.run.before)
		m.stats <- s
		return
	}
	m.stats <- d.stats(d.tally, &d.engine.progress)
}

// stats puts a snapshot together.
func (d *dispatcher) stats(t *tally, p *progress) Stats {
	now := d.engine.now()
	state := d.admission.State()
	s := t.stats(now)
	p.fill(&s)
	for _, l := range state.Lanes {
		s.InFlight += l.InFlight
	}
	s.Waiting = state.Waiting
	s.Out = d.outs()
	s.EventsLost = d.engine.observer.lost.Load()
	s.Pace = d.engine.pace(state, now)
	d.shut.fill(&s.Pace, now)
	d.measure(now, &s.Pace)
	s.Use = d.meter.sum.since(new(consumption))
	s.Pace.LimitedBy = t.ledger.at(now)
	s.Pace.Endpoints = d.endpointPaces(&state, now)
	s.Waiting += d.needing() + d.shelved()
	s.Pace.NoRoom = d.noRoom()
	return s
}
