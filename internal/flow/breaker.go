package flow

import (
	"slices"
	"time"
)

const (
	// tripAfter failures in a row, with nothing answered in between, open the
	// breaker. At a failure rate of a third that is chance once in 60,000
	// calls, and then costs a second. Where a server takes the calls and fails
	// them, they are to be of so many different ones: see [BlameEither].
	tripAfter = 10

	// A probe goes out at most every probeMin. The wait doubles to probeMax, so that a
	// provider that comes back is noticed in that time.
	probeMin = time.Second
	probeMax = 4 * time.Second
)

// breaker stops sending to an endpoint that answers nothing any more, probes
// it, and lets calls through again at its first sign of life.
type breaker struct {
	failures  int       // in a row, of one call after another, which nobody served
	witnesses []*Ticket // calls that failed in a row, each once, none a suspect: see [faults]
	nobody    bool      // if open: the last failure was that there is nobody
	last      *Ticket   // the last of these calls: one that fails again and again is its own fault
	open      bool      // the endpoint does not answer
	everAlive bool      // it has answered at least once
	heard     [2]sign   // of life: of the call that started latest of those that gave one, and the latest
	number    int64     // of the latest start of those
	// Calls that failed since darkSince, the start of the first of them, while
	// nothing that started later was answered. Older ones may still be.
	dark      int
	darkSince Instant
	since     Instant   // the first failure of those in a row
	outages   []Instant // the streaks of the latest that were outages, remembered at most

	next Instant       // the next probe
	wait time.Duration // between probes
}

func (b *breaker) when(now Instant) (Instant, Cause) {
	if !b.open {
		return now, CauseNone
	}
	return max(now, b.next), CauseOutage
}

// started notes that a call was let through. While the breaker is open that
// is a probe, and the next comes later whether it is answered or hangs.
func (b *breaker) started(now Instant) {
	if b.open {
		b.next = now.Add(b.wait)
		b.wait = min(2*b.wait, probeMax)
	}
}

// hurry has the next probe come soon, whatever came of those before.
func (b *breaker) hurry() {
	if b.open {
		b.wait = probeMin
	}
}

// alive notes a sign of life of a call. An old stream that goes on does not say
// that new calls are answered.
func (b *breaker) alive(now Instant, t *Ticket) {
	b.hear(now, t)
	b.everAlive = true
	b.number = max(b.number, t.number)
	if t.Started >= b.darkSince {
		b.dark = 0
	}
	if !b.open || t.Started >= b.since {
		b.close()
	}
}

// close lets calls through, and forgets the failures.
func (b *breaker) close() {
	clear(b.witnesses)
	*b = breaker{
		everAlive: b.everAlive, heard: b.heard, number: b.number,
		dark: b.dark, darkSince: b.darkSince, outages: b.outages, witnesses: b.witnesses[:0],
	}
}

// ended notes a call's end.
func (b *breaker) ended(now Instant, t *Ticket, o *Outcome, e ended) {
	switch o.Kind {
	case Answered, Refused, Throttled: // who says "later" or "no" is there
		b.alive(now, t)
	case Overloaded:
		b.failed(now, t, o, e)
	}
}

func (b *breaker) failed(now Instant, t *Ticket, o *Outcome, e ended) {
	blame := o.Blame
	if b.dark == 0 {
		b.darkSince = t.Started
	}
	news := t != b.last
	if news || b.open {
		b.dark++
	}
	b.nobody = blame == BlameNobody
	if blame != BlameNobody {
		b.suspects(t, o.Overdue)
	}
	if !b.open {
		b.counts(now, t, blame, news)
	}
	t.faults.note(now, t.lane, e.starts, b.open)
	if !b.open && (b.failures >= tripAfter || len(b.witnesses) >= tripAfter) {
		b.opens(now, e.chance)
	}
}

// streak tells the failures since darkSince from those of other times: an older call
// that is answered between them, as those are that were under way when a server went
// away, makes no others of them. It is above 0.
func (b *breaker) streak() Instant { return b.darkSince + 1 }

// remembered outages are enough: who has failed in one is sent again before so many more.
const remembered = 16

// counts notes what a failure is worth as a sign of an outage.
func (b *breaker) counts(now Instant, t *Ticket, blame Blame, news bool) {
	if blame != BlameNobody && t.faults.suspect {
		return
	}
	if b.failures == 0 && len(b.witnesses) == 0 {
		b.since = now
	}
	if news && (blame != BlameEither || !b.everAlive) {
		b.failures++
	}
	b.last = t
	b.witness(t)
}

// opens lets nothing through but probes. What has failed so far was the outage.
func (b *breaker) opens(now Instant, chance float64) {
	b.open = true
	if len(b.outages) == remembered {
		b.outages = slices.Delete(b.outages, 0, 1)
	}
	b.outages = append(b.outages, b.streak())
	b.wait = probeMin
	b.next = now.Add(probeMin + time.Duration(chance*float64(probeMin)/4))
	for _, t := range b.witnesses {
		if t != nil {
			t.faults.own = 0
		}
	}
}
