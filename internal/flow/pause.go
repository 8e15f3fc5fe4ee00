package flow

import "time"

// Where the server does not say for how long, a pause is firstPause, or as long as
// pauseCalls would have taken, but leastPause at least; the next of an episode is twice
// as long, up to longPause.
const (
	firstPause = time.Second
	leastPause = 200 * time.Millisecond
	pauseCalls = 100
	longPause  = time.Minute
)

// pause holds back a lane of a known limit whose server said "later":
// everything behind the same limit waits with the refused call. When the time
// is over one call goes first; only when it is alive do the others follow. A
// lane of an unknown limit has its [seek] for that, which knows more.
type pause struct {
	until   Instant // nothing starts before
	since   Instant // when the last refusal came; calls that started before tell nothing new
	episode int     // refusals in a row that did not say for how long
	probing bool    // one call at a time until one is well
	probes  int     // calls started while probing and not yet ended
	next    Instant // a further probe may start then, though one is on its way
}

func (p *pause) when(now Instant) Instant {
	switch {
	case p.until > now:
		return p.until
	case p.probing && p.probes > 0:
		return max(now, p.next)
	}
	return now
}

// started notes a start. A probe that is slow to be answered must not hold up
// everybody: a second later the next may go.
func (p *pause) started(now Instant) {
	if p.probing {
		p.probes++
		p.next = now.Add(probeMin)
	}
}

// alive notes that a call that started at the instant started is being
// answered: if it is the probe, the pause is over.
func (p *pause) alive(started Instant) {
	if p.probing && started >= p.since {
		*p = pause{}
	}
}

// ended notes that a call ended without a refusal.
func (p *pause) ended(started Instant, kind OutcomeKind) {
	if !p.probing || started < p.since {
		return
	}
	p.probes = max(0, p.probes-1)
	if kind == Answered || kind == Refused {
		*p = pause{}
	}
}

// throttled notes a refusal. The server's word is followed in full. Without
// one the pauses double from first on, once for an episode and not for each call
// that was in flight when it began.
func (p *pause) throttled(now, started Instant, retryAfter, first time.Duration, chance float64) {
	news := !p.probing || started >= p.since
	if !news {
		p.until = max(p.until, now.Add(retryAfter))
		return
	}
	if retryAfter == 0 {
		retryAfter = p.unasked(first, chance)
	}
	p.holds(now, now.Add(retryAfter))
}

// holds keeps calls back until an instant, and others than a probe after it.
func (p *pause) holds(now, until Instant) {
	p.until = max(p.until, until)
	p.since, p.probing, p.probes = now, true, 0
}

// unasked returns the next pause where the server named none: it doubles from the first
// to a minute, the second half of it random.
func (p *pause) unasked(first time.Duration, chance float64) time.Duration {
	d := min(first<<min(p.episode, 10), longPause)
	p.episode++
	return d/2 + time.Duration(chance*float64(d/2))
}
