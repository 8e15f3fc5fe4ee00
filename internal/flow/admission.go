package flow

import (
	"slices"
	"time"
)

// Admission is the one place where calls wait: a queue and, behind it, the
// limits. A call starts at the first instant at which every limit permits. It
// is owned by one goroutine and is not safe for concurrent use.
type Admission struct {
	// Weigh puts anew onto a ticket what it is expected to use, when its turn
	// comes; nil: that stays as it was added. It may have waited for long, and more
	// is known by now.
	Weigh func(*Ticket)
	// Patience is for how long nothing must have been let in before the refusals of
	// the last calls of all are their own: a minute at least. 0: for longer than an
	// hour, and than the window of any limit that is known.
	Patience time.Duration

	queue  queue
	lanes  []*Lane
	models map[string]int
	last   struct { // that was asked for; so is the next, mostly
		name   string
		number int
	}
	named  int // of models, those that came by a ticket and without limits
	chance func() float64
	cause  Cause
	held   bool
	starts int64   // numbered
	clean  int     // calls under way that are no suspects
	probes int     // that were sent while nothing answered
	wake   Instant // when Next was to be asked again, as it said last
	opens  Instant // when what the ready ones waited for lets the first of them start, as it was known then
}

// New returns an admission that spreads calls over lanes with the given
// limits, at least one. chance draws from [0, 1).
func New(chance func() float64, lanes ...Limits) *Admission {
	a := &Admission{chance: chance, models: make(map[string]int), wake: Never, opens: Never}
	for i, l := range lanes {
		a.lanes = append(a.lanes, newLane(i, l))
	}
	a.model("")
	for _, l := range lanes {
		for name := range l.Models {
			a.model(name)
		}
	}
	return a
}

// Add queues t, which must be idle.
func (a *Admission) Add(now Instant, t *Ticket) {
	t.NotBefore = max(t.NotBefore, t.solitude.until)
	a.queue.add(now, t)
}

// Next admits the ticket whose turn it is, if it may start now. Otherwise it
// returns nil and the instant at which to ask again; [Never] means that only
// Add, Done or Alive can bring change. Call it until it returns nil: whatever
// is due at a wake is admitted at once, since timers are coarse.
//
// A ticket that waits for its model's own limits, or a retry that waits for its
// budget, lets others go ahead; one that waits for what all share does not.
func (a *Admission) Next(now Instant) (*Ticket, Instant) {
	t, wake := a.next(now, max(0, now.Sub(a.wake)))
	if t == nil {
		a.wake = wake
	}
	return t, wake
}

// Rest notes that Next is not called for now, for what is no matter of limits: that
// it comes late then earns no credit.
func (a *Admission) Rest() { a.wake = Never }

// next is Next, asked so late. For that alone a limit keeps credit: what may start
// later than its limit lets it, since it had to wait for something else as well, is
// not to make up for it.
func (a *Admission) next(now Instant, late time.Duration) (*Ticket, Instant) {
	q := &a.queue
	q.wakeDelayed(now)
	q.wakeParked(now)
	a.opens = Never
	if a.held && q.len > len(q.delayed) {
		a.cause = CauseHold
		return nil, q.nextDelayed()
	}
	q.round++
	a.cause = CauseNone
	wake := q.nextDelayed()
	for shut := 0; shut < len(a.lanes); {
		t, line := q.turn()
		if t == nil {
			break
		}
		t, line = a.instead(now, t, line)
		if a.Weigh != nil {
			a.Weigh(t)
		}
		lane, w, shuts := a.choose(now, t)
		if lane != nil {
			a.cause = CauseNone
			q.take(t)
			t.late = late
			a.start(now, lane, t)
			return t, now
		}
		shut += shuts
		a.opens = min(a.opens, w.at)
		a.leave(now, t, line, w)
	}
	at, cause := q.nextParked()
	if a.cause == CauseNone {
		a.cause = cause
	}
	if q.len > 0 && a.cause == CauseEmpty {
		a.cause = CauseBackoff
	}
	a.opens = min(a.opens, at)
	return nil, min(wake, a.opens)
}

// leave leaves t, which may not start before w says, and its line out of this
// round, and until its model may have a call.
func (a *Admission) leave(now Instant, t *Ticket, l *line, w wait) {
	if a.cause == CauseNone || a.cause == CauseBudget {
		a.cause = w.cause
	}
	q := &a.queue
	if l.broke != q.round {
		l.until = Never
	}
	l.until = min(l.until, w.model)
	if w.broke && l.broke != q.round {
		l.broke = q.round // it may not start before fresh calls have earned it
		return
	}
	l.tried = q.round
	if l.until > now {
		q.park(l, l.until, w.cause)
	}
}

// choose returns the least loaded lane on which t may start now, or nil and
// when it may start on the first that it may. Lanes on which it waits for what
// all share are shut for this round; it returns how many it has shut. What it
// waits for is told of lanes that answer, unless none does.
func (a *Admission) choose(now Instant, t *Ticket) (best *Lane, soonest wait, shuts int) {
	soonest = wait{at: Never, model: Never}
	away, first := 3, Never
	for _, l := range a.lanes {
		w := l.when(now, t)
		soonest.model = min(soonest.model, w.model)
		if l.shut == a.queue.round {
			continue
		}
		switch {
		case w.at <= now:
			if best == nil || l.load() < best.load() {
				best = l
			}
			continue
		case w.model <= now && !w.broke:
			l.shut, l.shutBy = a.queue.round, w.cause
			shuts++
		}
		soonest.broke = soonest.broke || w.broke
		soonest.at = min(soonest.at, w.at)
		if far := l.away(); far < away || far == away && w.at < first {
			soonest.cause, away, first = w.cause, far, w.at
		}
	}
	return best, soonest, shuts
}

// Shut reports whether nothing can start before the instant that the last Next
// returned, whatever is added or ends meanwhile, and nothing is lost if the next Next
// comes so late after it: calls wait for a limit on requests that all of them share,
// which saves up more than that. (A call that ends without having been sent gives its
// place back: that is not seen before.)
func (a *Admission) Shut(late time.Duration) bool {
	l := a.lanes[0]
	return len(a.lanes) == 1 && a.cause == CauseRequests && l.shut == a.queue.round && l.shutBy == CauseRequests && l.whole.saves(late)
}

// Interval returns how often the limit on requests lets a call start that all calls of
// the first lane share; 0: there is none.
func (a *Admission) Interval() time.Duration {
	return time.Duration(a.lanes[0].whole.requests.interval)
}

// Foremost returns the highest priority of the calls that wait for their turn; low
// where none does.
func (a *Admission) Foremost() (priority int8) {
	for class, n := range a.queue.ready {
		if n > 0 {
			return int8(1 - class)
		}
	}
	return -1
}

// Backlog returns for how long those of the highest priority that wait for their turn
// keep the limit on requests that all calls of the first lane share.
func (a *Admission) Backlog() time.Duration {
	return time.Duration(a.queue.ready[1-a.Foremost()]) * a.Interval()
}

// Spare starts t, which must be idle, beside what is under way, if a lane has a
// free slot and every limit permits while nobody waits that could start; it
// prefers another lane than avoid's. It reports whether t has started.
func (a *Admission) Spare(now Instant, t, avoid *Ticket) bool {
	return a.spare(now, t, func(l, best *Lane) bool {
		return best == nil || best == avoid.lane || l != avoid.lane && l.load() < best.load()
	})
}

// Elsewhere is Spare on another lane than avoid's alone.
func (a *Admission) Elsewhere(now Instant, t, avoid *Ticket) bool {
	return a.spare(now, t, func(l, best *Lane) bool {
		return l != avoid.lane && (best == nil || l.load() < best.load())
	})
}

// spare starts t beside what is under way on the best lane that may take it. better
// compares one with the best of those before, nil: there is none.
func (a *Admission) spare(now Instant, t *Ticket, better func(l, best *Lane) bool) bool {
	if a.Crowded() || a.queue.lines[t.Model].len > 0 {
		return false
	}
	var best *Lane
	for _, l := range a.lanes {
		if l.when(now, t).at > now || l.troubled(t) {
			continue
		}
		if better(l, best) {
			best = l
		}
	}
	if best == nil {
		return false
	}
	t.late, t.faults.beside = 0, true
	a.start(now, best, t)
	return true
}

// start starts t on l.
func (a *Admission) start(now Instant, l *Lane, t *Ticket) {
	a.starts++
	t.number = a.starts
	down := l.breaker.open
	l.take(now, t)
	if t.faults.clean = !t.faults.suspect && !t.faults.beside; t.faults.clean {
		a.clean++
	}
	if down {
		a.probes++
		a.hurries(now, l)
	}
}

// Crowded reports whether Spare would start nothing, whatever it is, because
// others wait that come first.
func (a *Admission) Crowded() bool { return a.held || len(a.queue.open) > 0 }

// Alive notes that t's first content has arrived.
func (a *Admission) Alive(now Instant, t *Ticket) {
	if t.state == running {
		t.lane.alive(now, t)
		a.queue.unpark(a.queue.lines[t.Model])
	}
}

// Done ends t, which was admitted: its slot is free, its reservation settled.
// It may be added again.
func (a *Admission) Done(now Instant, t *Ticket, o Outcome) {
	if t.state != running {
		return
	}
	t.state = idle
	if t.faults.clean {
		t.faults.clean = false
		a.clean--
	}
	t.lane.done(now, t, o, a.ended(t, &o))
	t.lane = nil
	a.queue.unpark(a.queue.lines[t.Model])
}

// ended returns what t's lane does not know of its end.
func (a *Admission) ended(t *Ticket, o *Outcome) ended {
	e := ended{chance: a.chance(), starts: a.starts}
	if o.Kind == Throttled {
		e.fresh, e.letIn = a.queue.lines[t.Model].hasFresh(), a.letIn(t.Model)
		e.renewed = a.renewed(t.lane, t.Model, o.RetryAfter)
	}
	return e
}

// Remove takes t out of the queue and reports whether it waited there.
func (a *Admission) Remove(t *Ticket) bool {
	if t.state != ready && t.state != delayed {
		return false
	}
	a.queue.remove(t)
	return true
}

// Drain removes and returns all that wait.
func (a *Admission) Drain() []*Ticket { return a.queue.drain() }

// Close lets nothing start on lane number n any more.
func (a *Admission) Close(n int) { a.lanes[n].closed = true }

// Hold keeps calls from starting, or lets them start again.
func (a *Admission) Hold(held bool) { a.held = held }

// Sent notes that t, which was admitted, goes out at now, and how long its
// connection took to open, which is a round trip of the network; 0 if it took up
// an older one.
func (a *Admission) Sent(now Instant, t *Ticket, opening time.Duration) {
	if t.state != running {
		return
	}
	if opening > 0 {
		a.Trip(now, t.lane.number, opening)
	}
	t.sent(now)
	a.queue.unpark(a.queue.lines[t.Model])
}

// Heard notes that the header of t's answer comes at now: it has arrived before.
func (a *Admission) Heard(now Instant, t *Ticket) {
	if t.state != running {
		return
	}
	t.passages.whole.answered(now)
	t.passages.share.answered(now)
	a.queue.unpark(a.queue.lines[t.Model])
}

// Trip notes how long a round trip of the network to lane number n took.
func (a *Admission) Trip(now Instant, n int, took time.Duration) { a.lanes[n].trips.add(now, took) }

// AnyStrict reports whether calls of some model are counted strictly on lane
// number n, so that Trip matters.
func (a *Admission) AnyStrict(n int) bool {
	l := a.lanes[n]
	return l.whole.strict != nil || slices.ContainsFunc(l.shares, func(s *share) bool { return s.strict != nil })
}

// Strict reports whether calls of a model are counted strictly on lane number
// n, so that Sent matters.
func (a *Admission) Strict(n, model int) bool {
	return a.lanes[n].whole.strict != nil || a.lanes[n].shares[model].strict != nil
}

// Lane returns the number of the lane on which t runs, from 0.
func (t *Ticket) Lane() int { return t.lane.number }

// Fresh reports whether a call waits that has not been started before.
func (a *Admission) Fresh() bool {
	return slices.ContainsFunc(a.queue.lines, (*line).hasFresh)
}
