package flow

import "time"

// A quota is what an endpoint allows: as a whole, or the calls of one model.
type quota struct {
	requests gauge
	strict   *Sliding // in place of requests, or nil
	tokens   gauge
	in, out  gauge
	money    gauge
	limit    int  // calls at once, as given; 0: no such limit
	limited  bool // any of the rates is limited
	trips    *jitter
	recent   recent // while there is no strict window
}

// newQuota returns what l allows over a network with those round trips.
func newQuota(l Limits, trips *jitter) quota {
	q := quota{
		trips:    trips,
		requests: gauge{worth: time.Second / 10},
		tokens:   gauge{worth: time.Second}, in: gauge{worth: time.Second}, out: gauge{worth: time.Second},
		money: gauge{worth: time.Minute}, recent: recent{max: recentMax},
	}
	q.give(0, l)
	return q
}

// set replaces the limits as they are configured.
func (q *quota) set(now Instant, l Limits) {
	strict := q.strict
	q.give(now, l)
	switch {
	case q.strict == nil:
	case strict == nil:
		q.recent.tell(q.strict, now)
	default: // what went out before still counts
		strict.adjust(l.Requests.N, l.Requests.Per)
		q.strict = strict
	}
}

func (q *quota) give(now Instant, l Limits) {
	if q.strict != nil {
		q.requests.clear() // of what the window knew nothing is carried over
	}
	strict := l.Strict && l.Requests.N > 0
	if strict != q.requests.apart {
		q.requests.rate = Rate{} // whatever the rate, the bucket changes
	}
	q.requests.apart = strict
	q.requests.give(now, l.Requests, l.Burst)
	q.tokens.give(now, l.Tokens, 0)
	q.in.give(now, l.In, 0)
	q.out.give(now, l.Out, 0)
	q.money.give(now, l.Money, 0)
	q.strict = nil
	if strict {
		q.strict = newSliding(l.Requests.N, l.Requests.Per, q.trips)
	}
	q.limit = l.InFlight
	q.limited = q.rated() || l.Money.N > 0
}

// under notes what is given for the endpoint as a whole that q is a part of.
func (q *quota) under(now Instant, whole Limits) {
	q.requests.under(now, whole.Requests)
	q.tokens.under(now, whole.Tokens)
	q.in.under(now, whole.In)
	q.out.under(now, whole.Out)
	q.limited = q.rated() || q.money.rate.N > 0
}

// told notes what the endpoint told.
func (q *quota) told(now Instant, t Told, strict bool) {
	if !strict {
		q.requests.told(now, t.Requests)
	}
	q.tokens.told(now, t.Tokens)
	q.in.told(now, t.In)
	q.out.told(now, t.Out)
	q.limited = q.rated() || q.money.rate.N > 0
}

// rated reports whether a limit on requests or tokens is known: refusals are
// then not for concurrency.
func (q *quota) rated() bool {
	return q.requests.rate.N > 0 || q.tokens.rate.N > 0 || q.in.rate.N > 0 || q.out.rate.N > 0
}

// when returns the earliest instant at which the rates let t start, and which
// of them decides.
func (q *quota) when(now Instant, t *Ticket) (at Instant, cause Cause) {
	if !q.limited {
		return now, CauseNone
	}
	at = q.whenRequest(now)
	if at > now {
		cause = CauseRequests
	}
	tokens := max(q.tokens.When(now, t.In+t.Out), q.in.When(now, t.In), q.out.When(now, t.Out))
	if tokens > at {
		at, cause = tokens, CauseTokens
	}
	if money := q.money.When(now, t.Money); money > at {
		at, cause = money, CauseMoney
	}
	return at, cause
}

// firstPause returns how long the first pause of an episode is, at most so long.
func (q *quota) firstPause(most time.Duration) time.Duration {
	if q.requests.rate.N == 0 {
		return most
	}
	calls := pauseCalls / q.requests.rate.N * float64(q.requests.rate.Per)
	return max(leastPause, time.Duration(min(float64(most), calls)))
}

// saves reports whether what requests may start in so long a time is saved up.
func (q *quota) saves(d time.Duration) bool {
	return q.strict == nil && q.requests.burst*q.requests.interval >= float64(d)
}

func (q *quota) whenRequest(now Instant) Instant {
	if q.strict != nil {
		return max(q.strict.When(now), q.requests.Bucket.When(now, 1))
	}
	return q.requests.When(now, 1)
}

// take reserves what t needs, and returns its passage through the strict window.
func (q *quota) take(now Instant, t *Ticket) (p passage) {
	if q.strict != nil {
		p = q.strict.Take(now)
	} else {
		q.recent.add(now)
	}
	if !q.limited {
		return p
	}
	q.requests.take(now, 1, t.late)
	q.tokens.take(now, t.In+t.Out, t.late)
	q.in.take(now, t.In, t.late)
	q.out.take(now, t.Out, t.late)
	q.money.take(now, t.Money, t.late)
	return p
}

// done ends t, and corrects its reservation by what was used. A refused call
// used none.
func (q *quota) done(now Instant, t *Ticket, p *passage, o *Outcome) {
	p.ended(now, o.Kind)
	if o.Kind == Unsent {
		q.requests.Give(1)
	}
	unused := o.Kind == Throttled || o.Kind == Refused || o.Kind == Unsent
	if unused || o.Priced {
		q.money.Give(t.Money - o.spent(unused))
	}
	in, out := o.In, o.Out
	switch {
	case unused:
		in, out = 0, 0
	case !o.Known:
		return
	}
	q.tokens.Give(t.In + t.Out - in - out)
	q.in.Give(t.In - in)
	q.out.Give(t.Out - out)
}

func (o *Outcome) spent(unused bool) float64 {
	if unused {
		return 0
	}
	return o.Money
}

// A share is one model's part of a lane: what the endpoint allows and tells of
// this model's calls alone.
type share struct {
	quota
	pause    pause // where a limit is known
	seek     seek  // where none is
	peers    peers
	pulse    pulse
	inFlight int
	used     bool // calls of the model have started here, or the endpoint told of it
}

// when returns the earliest instant at which what is the model's own lets t
// start.
func (s *share) when(now Instant, t *Ticket) (Instant, Cause) {
	if s.limit > 0 && s.inFlight >= s.limit {
		return Never, CauseInFlight
	}
	at, cause := s.quota.when(now, t)
	if p := s.pause.when(now); p > at {
		at, cause = p, CausePause
	}
	if p := s.seek.when(now); p > at {
		at, cause = p, s.seek.cause()
	}
	return at, cause
}

// started notes a start of the model's calls.
func (s *share) started(now Instant, t *Ticket) {
	s.used = true
	s.inFlight++
	s.pause.started(now)
	t.order = s.seek.started(now)
}

// endSeek ends the search for a limit, since another one is known or none any
// more. While a refusal holds back calls they go on waiting, and a probe first.
func (s *share) endSeek(now Instant) {
	if until := s.seek.pausedUntil(); until > now {
		s.pause.holds(now, until)
	}
	s.seek.forget()
}

// probing reports whether a refusal holds back the model's calls.
func (s *share) probing() bool { return s.pause.probing || s.seek.probe }

// pausedUntil returns until when one does; 0 or past: none does.
func (s *share) pausedUntil() Instant { return max(s.pause.until, s.seek.pausedUntil()) }

// rate returns the limit on requests in force, and whether it was found out.
func (s *share) rate() (r Rate, foundOut bool) {
	if s.seek.known() {
		return s.seek.found(), true
	}
	return s.requests.rate, false
}

// pardons notes a refusal of t, in whole too, of which s is a part. It reports
// whether that is a stray one of a strict window, which holds nobody back.
func (s *share) pardons(now Instant, t *Ticket, whole *quota) bool {
	own, stray := s.refused(now, &t.passages.share)
	all, strayAll := whole.refused(now, &t.passages.whole)
	return (own || all) && stray && strayAll
}

// refused notes the refusal of a call with passage p. It reports whether a strict
// window counts here, and whether the refusal is a stray one as far as it knows.
func (q *quota) refused(now Instant, p *passage) (strict, stray bool) {
	if q.strict == nil {
		return false, true
	}
	return true, q.strict.Refused(now, p)
}

// busy reports whether calls of the model are under way here or have been
// turned back.
func (s *share) busy() bool { return s.inFlight > 0 || s.probing() }
