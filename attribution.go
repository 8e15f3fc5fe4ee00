package paceline

import "github.com/seed-1814a72b/paceline/internal/flow"

// A situation is where the calls of a run, or of an engine, are at one moment.
// Hedges count for nothing in it.
type situation struct {
	ready    int  // wait in admission for their turn
	delayed  int  // wait between two attempts
	shelved  int  // are put aside while the disk of their run is full
	needy    int  // wait for what calls under way may leave of the budget
	inFlight int  // have been sent
	judging  int  // have an answer that is being judged
	ended    int  // have their result, which is being written
	more     bool // the source has not ended
	room     bool // a further item of it would be taken now
	passing  bool // it gives items that have their row already
}

// add adds the calls of a run to those of its engine.
func (s *situation) add(r situation) {
	s.needy += r.needy
	s.shelved += r.shelved
	s.ended += r.ended
	s.more = s.more || r.more
	if r.room {
		s.passing = r.passing && (s.passing || !s.room) // else one of them waits for its source
		s.room = true
	}
}

// A hindrance is what keeps calls from starting, whatever run they are of.
type hindrance struct {
	cause   flow.Cause // what the next of those that are ready waits for
	held    bool       // paused by hand
	down    bool       // nothing answers
	crowded bool       // no further answer is asked for before some have been judged
}

// bottleneckOf says what a call waits for in admission.
var bottleneckOf = [...]Bottleneck{
	flow.CauseNone: BottleneckNone, flow.CauseEmpty: BottleneckNone,
	flow.CauseRequests: BottleneckRequests, flow.CauseTokens: BottleneckTokens, flow.CauseMoney: BottleneckMoney,
	flow.CauseInFlight: BottleneckConcurrency, flow.CausePause: BottleneckThrottled,
	flow.CauseBackoff: BottleneckRetries, flow.CauseBudget: BottleneckRetries,
	flow.CauseOutage: BottleneckOutage, flow.CauseHold: BottleneckHold,
}

// bottleneck returns what keeps the calls from going faster. While one could start
// but for admission, that decides; else it is whoever should bring the next one:
// the budget, the source, the calls under way.
func (s *situation) bottleneck(h hindrance) Bottleneck {
	waiting := s.ready + s.delayed + s.needy + s.shelved
	switch {
	case h.held && waiting > 0:
		return BottleneckHold
	case h.down && waiting+s.inFlight > 0:
		return BottleneckOutage
	case s.ready > 0 && h.crowded:
		return BottleneckCPU
	case s.ready > 0:
		return bottleneckOf[h.cause]
	case s.shelved > 0:
		return BottleneckDisk
	case s.needy > 0:
		return BottleneckBudget
	case s.room && s.passing:
		return BottleneckResume
	case s.room:
		return BottleneckInput
	case s.more:
		return s.most()
	}
	return s.rest()
}

// most returns what holds most of the items, where no further one is taken before
// some have been written.
func (s *situation) most() Bottleneck {
	most, b := s.ended, BottleneckDisk
	for _, held := range []struct {
		n int
		b Bottleneck
	}{{s.judging, BottleneckCPU}, {s.delayed, BottleneckRetries}, {s.inFlight, BottleneckConcurrency}} {
		if held.n > most {
			most, b = held.n, held.b
		}
	}
	return b
}

// rest returns what the last calls of a run are about.
func (s *situation) rest() Bottleneck {
	switch {
	case s.inFlight > 0:
		return BottleneckAnswers
	case s.delayed > 0:
		return BottleneckRetries
	case s.judging > 0:
		return BottleneckCPU
	}
	return BottleneckDisk
}

// ours reports whether b may be but a sign of too little processor time: a limit
// of the provider's that is used up is not, nor is any time that was set.
func (b Bottleneck) ours() bool {
	switch b {
	case BottleneckNone, BottleneckConcurrency, BottleneckAnswers, BottleneckDisk, BottleneckInput:
		return true
	}
	return false
}

// A ledger attributes each moment to one bottleneck. The time that is not past yet
// counts for the one that stands now. What it attributes adds up, to the
// nanosecond, to the time from its beginning.
type ledger struct {
	past  Limited
	since flow.Instant // the end of past
	now   Bottleneck
	busy  flow.Instant // until then it is the processor in place of now; 0: not at all
}

// newLedger returns one that begins with a run's waiting for its first item.
func newLedger(began flow.Instant) ledger { return ledger{since: began, now: BottleneckInput} }

// turn notes that from now on b is the bottleneck; or, until busy, the processor,
// if b may be but a sign of that.
func (l *ledger) turn(now flow.Instant, b Bottleneck, busy flow.Instant) {
	l.pass(now)
	l.now, l.busy = b, 0
	if b.ours() {
		l.busy = busy
	}
}

// pass attributes the time up to now.
func (l *ledger) pass(now flow.Instant) {
	if now <= l.since {
		return
	}
	turned := min(max(l.busy, l.since), now)
	l.past[BottleneckCPU] += turned.Sub(l.since)
	l.past[l.now] += now.Sub(turned)
	l.since = now
}

// limited returns what all of the time up to now was attributed to.
func (l *ledger) limited(now flow.Instant) Limited {
	up := *l
	up.pass(now)
	return up.past
}

// at returns the bottleneck of the moment.
func (l *ledger) at(now flow.Instant) Bottleneck {
	if now < l.busy {
		return BottleneckCPU
	}
	return l.now
}

// attribute notes what holds the engine and each of its runs back from now on.
func (d *dispatcher) attribute(now flow.Instant) {
	d.meter.flight(now, d.tally.running)
	busy := d.meter.look(now)
	if d.meter.due(now) {
		d.measure(now, d.pace(now))
	}
	st := d.admission.Standing()
	h := hindrance{cause: st.Cause, held: st.Held, down: st.Down, crowded: d.crowded()}
	all := situation{ready: st.Ready, delayed: st.Delayed, inFlight: d.tally.running, judging: d.tally.judging}
	for _, r := range d.runs {
		s := r.situation()
		r.tally.ledger.turn(now, s.bottleneck(h), busy)
		all.add(s)
	}
	if len(d.runs) == 0 && all.inFlight == 0 {
		all.room = true // nobody asks for anything
	}
	d.tally.ledger.turn(now, all.bottleneck(h), busy)
}

// situation says where the items of a run are. The dispatcher alone calls it.
func (r *run) situation() situation {
	s := situation{
		ready: r.waiting.Ready, delayed: r.waiting.Delayed,
		inFlight: r.tally.running, judging: r.tally.judging, more: !r.last, shelved: len(r.shelf),
	}
	if r.purse != nil {
		s.needy = len(r.purse.waiting)
	}
	taken, room := r.window.state()
	s.room, s.passing = s.more && room, r.past.passing()
	s.ended = max(0, taken-s.ready-s.delayed-s.needy-s.shelved-s.inFlight-s.judging)
	return s
}
