package flow

import "time"

// Limits is what one endpoint and key allow. Zero rates do not limit.
type Limits struct {
	Requests, Tokens, In, Out Rate
	InFlight                  int     // 0: adaptive
	Burst                     float64 // requests; 0: a tenth of a second's worth
	Strict                    bool    // count requests by [Sliding]
	Weight                    float64 // share of the calls beside other lanes; 0: 1
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

// A Lane is one endpoint with one key: its limits and its health.
type Lane struct {
	number int
	weight float64

	requests gauge
	strict   *Sliding // in place of requests, or nil
	tokens   gauge
	in, out  gauge

	inFlight int
	rated    bool // a limit on requests or tokens is known: refusals are not for concurrency
	limit    int  // the fixed cap on calls at once; 0: adaptive
	adaptive Adaptive

	pause   pause
	breaker breaker
	retries retryBudget
}

func newLane(number int, l Limits) *Lane {
	lane := &Lane{
		number: number, weight: l.Weight, retries: newRetryBudget(),
		requests: newGauge(l.Requests, time.Second/10),
		tokens:   newGauge(l.Tokens, time.Second),
		in:       newGauge(l.In, time.Second),
		out:      newGauge(l.Out, time.Second),
		limit:    l.InFlight,
		rated:    l.Requests.N > 0 || l.Tokens.N > 0 || l.In.N > 0 || l.Out.N > 0,
	}
	switch {
	case l.Requests.N == 0:
	case l.Strict:
		lane.strict = NewSliding(l.Requests.N, l.Requests.Per)
		lane.requests.Bucket = Bucket{}
	case l.Burst > 0:
		lane.requests.Bucket = NewBucket(l.Requests.N, l.Requests.Per, l.Burst)
	}
	if lane.weight == 0 {
		lane.weight = 1
	}
	lane.adaptive = newAdaptive(l.Requests.worth(startWorth))
	return lane
}

// set replaces the limits.
func (l *Lane) set(now Instant, to Limits) {
	l.requests.give(now, to.Requests)
	l.tokens.give(now, to.Tokens)
	l.in.give(now, to.In)
	l.out.give(now, to.Out)
	l.setStrict(now, to)
	l.limit = to.InFlight
	l.rated = to.Requests.N > 0 || to.Tokens.N > 0 || to.In.N > 0 || to.Out.N > 0
	l.adaptive.expect(to.Requests.worth(startWorth))
}

// setStrict begins to count strictly, goes on with another limit, or ends it.
func (l *Lane) setStrict(now Instant, to Limits) {
	switch {
	case !to.Strict || to.Requests.N == 0:
		l.strict = nil
		return
	case l.strict != nil:
		l.strict.adjust(to.Requests.N, to.Requests.Per)
	default:
		l.strict = NewSliding(to.Requests.N, to.Requests.Per)
		l.strict.fill(now)
	}
	l.requests.Bucket = Bucket{}
}

// Cap returns how many calls may be in flight at once.
func (l *Lane) Cap() int {
	if l.limit > 0 {
		return l.limit
	}
	return l.adaptive.Cap()
}

// load is by how much the lane is used, for comparison with others.
func (l *Lane) load() float64 { return float64(l.inFlight) / l.weight }

// troubled reports whether the lane is paused or does not answer.
func (l *Lane) troubled() bool { return l.breaker.open || l.pause.probing }

// when returns the earliest instant at which t may start here, and what it
// waits for until then.
func (l *Lane) when(now Instant, t *Ticket) (Instant, Cause) {
	if l.inFlight >= l.Cap() {
		return Never, CauseInFlight
	}
	at, cause := l.breaker.when(now)
	if at == Never {
		return at, cause
	}
	for _, limit := range [...]struct {
		at    Instant
		cause Cause
	}{
		{l.pause.when(now), CausePause},
		{l.retries.when(now, t), CauseBudget},
		{l.whenRequest(now), CauseRequests},
		{l.tokens.When(now, t.In+t.Out), CauseTokens},
		{l.in.When(now, t.In), CauseTokens},
		{l.out.When(now, t.Out), CauseTokens},
	} {
		if limit.at > at {
			at, cause = limit.at, limit.cause
		}
	}
	return at, cause
}

func (l *Lane) whenRequest(now Instant) Instant {
	if l.strict != nil {
		return l.strict.When(now)
	}
	return l.requests.When(now, 1)
}

// take starts t here.
func (l *Lane) take(now Instant, t *Ticket) {
	if l.strict != nil {
		t.passage = l.strict.Take(now)
	}
	l.requests.Take(now, 1)
	l.tokens.Take(now, t.In+t.Out)
	l.in.Take(now, t.In)
	l.out.Take(now, t.Out)
	l.inFlight++
	l.adaptive.started(l.inFlight)
	l.pause.started(now)
	l.breaker.started(now)
	l.retries.take(now, t)
	t.lane, t.Started, t.state = l, now, running
}

// Outcome is how a started call ended, as far as limits are concerned.
type Outcome struct {
	Kind       OutcomeKind
	RetryAfter time.Duration // for Throttled: what the server asked for; 0: nothing
	In, Out    float64       // tokens really used, if Known
	Known      bool
	FirstToken time.Duration // 0: none was seen
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

// done ends t here.
func (l *Lane) done(now Instant, t *Ticket, o Outcome, chance float64) {
	l.inFlight--
	t.passage.ended(now, o.Kind)
	l.settle(t, o)
	l.breaker.ended(now, t, o.Kind, chance)
	if o.Kind != Throttled {
		l.pause.ended(t.Started, o.Kind)
	}
	switch o.Kind {
	case Throttled:
		l.throttled(now, t, o, chance)
	case Overloaded:
		l.adaptive.overloaded(now, t.Started)
	case Exhausted:
		l.exhausted()
	case Unsent:
		l.requests.Give(1)
	case Answered:
		if o.FirstToken == 0 {
			l.adaptive.firstToken(now, now.Sub(t.Started))
		}
	}
}

// exhausted lowers the cap to somewhat less than what was too much here.
func (l *Lane) exhausted() {
	bearable := max(1, (l.inFlight+1)*9/10)
	if l.limit > 0 {
		l.limit = min(l.limit, bearable)
	} else {
		l.adaptive.limit(bearable)
	}
}

// alive notes t's first token.
func (l *Lane) alive(now Instant, t *Ticket) {
	l.pause.alive(t.Started)
	l.breaker.alive(t.Started)
	l.adaptive.firstToken(now, now.Sub(t.Started))
}

func (l *Lane) throttled(now Instant, t *Ticket, o Outcome, chance float64) {
	if l.strict != nil && l.strict.Refused(now) && o.RetryAfter == 0 {
		return
	}
	l.pause.throttled(now, t.Started, o.RetryAfter, chance)
	if !l.rated {
		l.adaptive.refused(now, t.Started)
	}
}

// settle corrects the reservation by what was used. A refused call used none.
func (l *Lane) settle(t *Ticket, o Outcome) {
	switch {
	case o.Kind == Throttled, o.Kind == Refused, o.Kind == Unsent:
		o.In, o.Out = 0, 0
	case !o.Known:
		return
	}
	l.tokens.Give(t.In + t.Out - o.In - o.Out)
	l.in.Give(t.In - o.In)
	l.out.Give(t.Out - o.Out)
}
