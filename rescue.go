package paceline

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

const (
	// silentLeast calls that are overdue at an endpoint, while nothing that was sent
	// there later is answered and something elsewhere is, show that it has fallen silent.
	silentLeast = 3
	// overdueFrom is the share of calls that must be quicker before one is overdue.
	overdueFrom = 0.99
	// rescuePace is how long it takes until a free slot is looked for again.
	rescuePace = 50 * time.Millisecond
)

// overdueShare is the number of overdueFrom in slowShares.
var overdueShare = slices.Index(slowShares[:], overdueFrom)

// A rescue gives the calls that wait at an endpoint of a pool that has fallen silent a
// second attempt at one that answers, as soon as nobody else waits for its place: an
// endpoint that hangs holds no item back that another could answer at once, the probes'
// items included. It is of no budget, as a hedge is, since it is not for chance: an
// endpoint gets only what it may have in flight, and soon only probes. The dispatcher
// owns it.
type rescue struct {
	next    flow.Instant   // nothing is due before
	started int64          // second attempts, ever
	overdue []int          // by lane: calls that are, and show that it is silent
	health  []flow.Health  // by lane
	latest  []flow.Instant // by lane: the latest start of a call that was answered at another
	refuge  []bool         // by lane: another takes calls
}

// rescue starts second attempts elsewhere, and returns when to come again.
func (d *dispatcher) rescue(now flow.Instant) flow.Instant {
	if len(d.engine.endpoints) == 1 || d.draining || d.engine.cfg.Hedge.Budget < 0 || d.admission.Crowded() {
		return flow.Never
	}
	r := &d.saving
	if now < r.next {
		return r.next
	}
	r.next = now.Add(hedgePace + time.Duration(len(d.watch.attempts))*hedgePaceEach)
	r.look(now, d)
	wake := flow.Never
	for _, a := range d.watch.attempts {
		if due := a.overdueAt(); due > now {
			wake = min(wake, due)
			continue
		}
		if a.hedged || !r.silent(a) || a.begun() {
			continue
		}
		if !d.second(a, now, d.admission.Elsewhere) {
			return min(wake, now.Add(rescuePace))
		}
		if a.hedged {
			a.rescued = true
			r.started++
		}
	}
	return wake
}

// look finds out how the endpoints answer.
func (r *rescue) look(now flow.Instant, d *dispatcher) {
	n := len(d.engine.endpoints)
	r.health, r.overdue = r.health[:0], append(r.overdue[:0], make([]int, n)...)
	r.latest, r.refuge = append(r.latest[:0], make([]flow.Instant, n)...), append(r.refuge[:0], make([]bool, n)...)
	for lane := range n {
		h := d.admission.Health(lane)
		r.health = append(r.health, h)
		takes := !h.Down && d.out[lane] == nil
		for other := range n {
			if other != lane {
				r.latest[other] = max(r.latest[other], h.Answered)
				r.refuge[other] = r.refuge[other] || takes
			}
		}
	}
	for _, a := range d.watch.attempts {
		if a.overdueAt() <= now && r.outlived(a) {
			r.overdue[a.lane]++
		}
	}
}

// outlived reports whether a call that started later than a was answered elsewhere,
// and none at a's own endpoint.
func (r *rescue) outlived(a *attempt) bool {
	return r.health[a.lane].Answered < a.admitted && r.latest[a.lane] > a.admitted
}

// silent reports whether a, which is overdue, waits at an endpoint that does not answer
// while another takes calls.
func (r *rescue) silent(a *attempt) bool {
	return r.refuge[a.lane] && (r.health[a.lane].Down || r.overdue[a.lane] >= silentLeast && r.outlived(a))
}

// overdueAt returns when a will have waited for longer than nearly all of its kind do;
// Never: nothing is known of them, or it has content already.
func (a *attempt) overdueAt() flow.Instant {
	wait := a.learners.first.overdue()
	if wait == 0 || a.first.Load() != 0 {
		return flow.Never
	}
	sent := a.sent.Load()
	return max(flow.Instant(sent), a.admitted).Add(wait + a.stood.from(sent))
}

// overdue returns how long a call must have waited to be overdue; 0: nothing is known.
func (l *learner) overdue() time.Duration {
	switch {
	case l.slow != nil:
		return l.slow.times[overdueShare]
	case l.slowest > 0:
		return max(surelyHung*l.slowest, surelyHungIn)
	}
	return 0
}

// lost notes that a, which was sent to an endpoint that has fallen silent, was outrun
// by another attempt elsewhere: that is the endpoint's failure.
func (d *dispatcher) lost(a *attempt, end *ending) {
	if a.rescued && errors.Is(end.err, errOutrun) && a.first.Load() == 0 {
		end.outcome.Kind = flow.Overloaded
		d.failed[a.lane] = a.named(&Error{Code: CodeFirstToken, Message: fmt.Sprintf("no content for %v, while another endpoint answers", a.took(end.at).Round(time.Second))})
	}
}
