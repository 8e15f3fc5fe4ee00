package flow

import "time"

// Limits is what one endpoint and key allow. Zero rates do not limit.
type Limits struct {
	Requests, Tokens, In, Out Rate
	Money                     Rate              // millionths of a US dollar, or whatever tickets have it in
	InFlight                  int               // 0: adaptive
	Burst                     float64           // requests; 0: a tenth of a second's worth
	Strict                    bool              // count requests by [Sliding]
	Weight                    float64           // share of the calls beside other lanes; 0: 1
	Models                    map[string]Limits // of calls of one model, beside those of all; without Weight and Models
}

// Rate is n units per d.
type Rate struct {
	N   float64
	Per time.Duration
}

// worth returns how many units the rate brings in d.
func (r Rate) worth(d time.Duration) float64 {
	if r.Per == 0 {
		return 0
	}
	return r.N * float64(d) / float64(r.Per)
}

// A Lane is one endpoint with one key: its limits and its health, which all of
// its calls share, and beside them what concerns the calls of one model alone.
type Lane struct {
	number int
	weight float64

	whole  quota
	given  Limits   // of whole
	shares []*share // by model

	inFlight int
	adaptive Adaptive // where whole has no limit on calls at once

	breaker breaker
	retries retryBudget
	trips   *jitter // of the network to it
	muster  muster

	shut   uint64 // the round in which a call waits here for what all share
	shutBy Cause  // for what
	closed bool   // nothing starts here any more
}

func newLane(number int, l Limits) *Lane {
	trips := new(jitter)
	lane := &Lane{
		number: number, weight: l.Weight, given: l, trips: trips,
		whole: newQuota(l, trips), retries: newRetryBudget(),
		adaptive: newAdaptive(l.Requests.worth(startWorth)),
	}
	if lane.weight == 0 {
		lane.weight = 1
	}
	return lane
}

// share adds a model.
func (l *Lane) share(model Limits) {
	s := &share{quota: newQuota(model, l.trips)}
	s.recent.max = recentShare
	s.under(0, l.given)
	l.shares = append(l.shares, s)
}

// set replaces the limits that all models share.
func (l *Lane) set(now Instant, to Limits) {
	to.Models = l.given.Models
	l.given = to
	l.whole.set(now, to)
	for _, s := range l.shares {
		s.under(now, to)
		s.endSeek(now)
	}
	l.adaptive.expect(to.Requests.worth(startWorth))
}

// Cap returns how many calls may be in flight at once.
func (l *Lane) Cap() int {
	if l.whole.limit > 0 {
		return l.whole.limit
	}
	return l.adaptive.Cap()
}

// load is by how much the lane is used, for comparison with others.
func (l *Lane) load() float64 { return float64(l.inFlight) / l.weight }

// away is 0 while the lane takes calls, 1 while it does not
// answer, 2 once it is closed.
func (l *Lane) away() int {
	switch {
	case l.closed:
		return 2
	case l.breaker.open:
		return 1
	}
	return 0
}

// troubled reports whether the lane does not answer, or t's model is paused.
func (l *Lane) troubled(t *Ticket) bool { return l.breaker.open || l.shares[t.Model].probing() }

// A wait is when a ticket may start on a lane.
type wait struct {
	at    Instant // as far as everything goes
	model Instant // as far as its model's own limits go
	broke bool    // it is a retry, and there is no budget for it
	cause Cause   // what decides
}

// when returns when t may start here.
func (l *Lane) when(now Instant, t *Ticket) wait {
	w := wait{}
	w.model, w.cause = l.shares[t.Model].when(now, t)
	w.at = w.model
	if at, cause := l.common(now, t); at > w.at {
		w.at, w.cause = at, cause
	}
	if t.Retry {
		at := l.retries.when(now, t)
		if w.broke = at > now; at > w.at {
			w.at = at
			if w.cause != CauseOutage {
				w.cause = CauseBudget
			}
		}
	}
	return w
}

// common returns when t may start as far as what all models share goes.
func (l *Lane) common(now Instant, t *Ticket) (Instant, Cause) {
	switch {
	case l.closed:
		return Never, CauseOutage
	case l.inFlight >= l.Cap():
		return Never, CauseInFlight
	}
	at, cause := l.whole.when(now, t)
	if b, why := l.breaker.when(now); b > at {
		return b, why
	}
	return at, cause
}

// take starts t here.
func (l *Lane) take(now Instant, t *Ticket) {
	s := l.shares[t.Model]
	t.passages = passages{whole: l.whole.take(now, t), share: s.take(now, t)}
	t.marks = s.count(now, t)
	if strict := t.passages.limit(); strict != nil {
		l.muster.join(now, t, strict)
	}
	s.started(now, t)
	l.inFlight++
	l.adaptive.started(l.inFlight)
	l.breaker.started(now)
	l.retries.take(now, t)
	t.lane, t.Started, t.state = l, now, running
}

// Outcome is how a started call ended, as far as limits are concerned.
type Outcome struct {
	Kind       OutcomeKind
	RetryAfter time.Duration // for Throttled: what the server asked for; 0: nothing
	Blame      Blame         // for Overloaded: who may be at fault
	In, Out    float64       // tokens really used, if Known
	Known      bool
	Money      float64 // really spent, if Priced
	Priced     bool
	FirstToken time.Duration // 0: none was seen
	Overdue    time.Duration // of a call that was cut: calls that take longer are slower than nearly all; 0: not known
}

// OutcomeKind tells outcomes apart.
type OutcomeKind uint8

// The kinds of outcomes.
const (
	Answered   OutcomeKind = iota // an answer, valid or not: the endpoint is well
	Throttled                     // it said "later"
	Overloaded                    // refused, reset, 5xx or silent: it may be too much for it
	Refused                       // it answered that it will not: it is there
	Unsent                        // the call did not go out: all of its reservation is given back
	Exhausted                     // this machine has no more file descriptors or the like
	Neutral                       // says nothing of the endpoint (cancelled, the item's fault)
)

// ended is what a lane does not know of an end.
type ended struct {
	chance  float64       // from [0, 1)
	starts  int64         // the latest number of a start, anywhere
	fresh   bool          // calls of the model wait that have not been started before
	letIn   Instant       // the latest start of a call of the model that was let in, anywhere
	renewed time.Duration // in which a limit renews itself; 0: it never does
}

// done ends t here.
func (l *Lane) done(now Instant, t *Ticket, o Outcome, e ended) {
	s := l.shares[t.Model]
	l.muster.leave(t)
	l.inFlight--
	s.inFlight--
	l.whole.done(now, t, &t.passages.whole, &o)
	s.done(now, t, &t.passages.share, &o)
	l.breaker.ended(now, t, &o, e)
	l.retries.ended(t, o.Kind)
	if o.Kind != Throttled {
		s.pause.ended(t.Started, o.Kind)
	}
	switch o.Kind {
	case Throttled:
		l.throttled(now, t, o, e)
	case Overloaded:
		l.adaptive.overloaded(now, t.Started)
	case Exhausted:
		l.exhausted()
	case Unsent:
		s.seek.lost(t.Started)
	case Answered:
		s.peers.answered(t)
		if o.FirstToken == 0 {
			l.adaptive.firstToken(now, now.Sub(t.Started), &s.pulse)
		}
	}
}

// exhausted lowers the cap to somewhat less than what was too much here.
func (l *Lane) exhausted() {
	bearable := max(1, (l.inFlight+1)*9/10)
	if l.whole.limit > 0 {
		l.whole.limit = min(l.whole.limit, bearable)
	} else {
		l.adaptive.limit(bearable)
	}
}

// alive notes t's first token.
func (l *Lane) alive(now Instant, t *Ticket) {
	s := l.shares[t.Model]
	s.pause.alive(t.Started)
	s.peers.letIn(t)
	l.breaker.alive(now, t)
	l.adaptive.firstToken(now, now.Sub(t.Started), &s.pulse)
}

// throttled holds back the calls of t's model: most providers count by model,
// and where one counts them all together, each model is soon told so. A call that is
// alone in being refused waits by itself.
func (l *Lane) throttled(now Instant, t *Ticket, o Outcome, e ended) {
	s := l.shares[t.Model]
	if s.peers.refuses(t, e) {
		t.solitude.wait(now, o.RetryAfter, e.chance)
		s.seek.lost(t.Started)
		s.pause.ended(t.Started, Neutral)
		return
	}
	if !l.whole.rated() && !s.rated() {
		s.seek.throttled(now, t.Started, t.order, o.RetryAfter)
		return
	}
	s.refuses(now, t)
	s.seek.lost(t.Started)
	if !s.pardons(now, t, &l.whole) {
		l.whole.requests.surged(now, t.Started)
		s.requests.surged(now, t.Started)
	} else if o.RetryAfter == 0 {
		return
	}
	s.pause.throttled(now, t.Started, o.RetryAfter, l.whole.firstPause(s.firstPause(firstPause)), e.chance)
}
