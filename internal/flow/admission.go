package flow

import (
	"slices"
	"time"
)

// Admission is the one place where calls wait: a queue and, behind it, the
// limits. A call starts at the first instant at which every limit permits. It
// is owned by one goroutine and is not safe for concurrent use.
type Admission struct {
	queue  queue
	lanes  []*Lane
	chance func() float64
	cause  Cause
	held   bool
}

// New returns an admission that spreads calls over lanes with the given
// limits, at least one. chance draws from [0, 1).
func New(chance func() float64, lanes ...Limits) *Admission {
	a := &Admission{chance: chance}
	for i, l := range lanes {
		a.lanes = append(a.lanes, newLane(i, l))
	}
	return a
}

// Add queues t, which must be idle.
func (a *Admission) Add(now Instant, t *Ticket) { a.queue.add(now, t) }

// Next admits the ticket whose turn it is, if it may start now. Otherwise it
// returns nil and the instant at which to ask again; [Never] means that only
// Add, Done or Alive can bring change. Call it until it returns nil: whatever
// is due at a wake is admitted at once, since timers are coarse.
func (a *Admission) Next(now Instant) (*Ticket, Instant) {
	a.queue.wakeDelayed(now)
	wake := a.queue.nextDelayed()
	head := a.queue.head(true)
	if head == nil {
		a.cause = CauseEmpty
		if a.queue.len > 0 {
			a.cause = CauseBackoff
		}
		return nil, wake
	}
	if a.held {
		a.cause = CauseHold
		return nil, wake
	}
	lane, at := a.choose(now, head)
	if lane == nil && head.Retry && a.broke(now, head) {
		// It may not start before fresh calls have earned it.
		wake = min(wake, at)
		if head = a.queue.head(false); head == nil {
			return nil, wake
		}
		lane, at = a.choose(now, head)
	}
	if lane == nil {
		return nil, min(wake, at)
	}
	a.queue.take(head)
	lane.take(now, head)
	return head, now
}

// broke reports whether a lane has no budget for the retry t.
func (a *Admission) broke(now Instant, t *Ticket) bool {
	return slices.ContainsFunc(a.lanes, func(l *Lane) bool { return l.retries.when(now, t) > now })
}

// choose returns the least loaded lane on which t may start now, or nil and
// the earliest instant at which it may start on one.
func (a *Admission) choose(now Instant, t *Ticket) (*Lane, Instant) {
	var best *Lane
	soonest, cause := Never, CauseNone
	for _, l := range a.lanes {
		at, why := l.when(now, t)
		switch {
		case at <= now && (best == nil || l.load() < best.load()):
			best = l
		case at < soonest || cause == CauseNone:
			soonest, cause = at, why
		}
	}
	a.cause = cause
	if best != nil {
		a.cause = CauseNone
	}
	return best, soonest
}

// Spare starts t, which must be idle, beside what is under way, if a lane has a
// free slot and every limit permits while nobody waits; it prefers another lane
// than avoid's. It reports whether t has started.
func (a *Admission) Spare(now Instant, t *Ticket, avoid *Ticket) bool {
	if a.held || a.queue.head(true) != nil {
		return false
	}
	var best *Lane
	for _, l := range a.lanes {
		at, _ := l.when(now, t)
		if at > now || l.troubled() {
			continue
		}
		if best == nil || best == avoid.lane || l != avoid.lane && l.load() < best.load() {
			best = l
		}
	}
	if best == nil {
		return false
	}
	best.take(now, t)
	return true
}

// Alive notes that t's first content has arrived.
func (a *Admission) Alive(now Instant, t *Ticket) {
	if t.state == running {
		t.lane.alive(now, t)
	}
}

// Done ends t, which was admitted: its slot is free, its reservation settled.
// It may be added again.
func (a *Admission) Done(now Instant, t *Ticket, o Outcome) {
	if t.state != running {
		return
	}
	t.state = idle
	t.lane.done(now, t, o, a.chance())
	t.lane = nil
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
func (a *Admission) Drain() []*Ticket {
	var all []*Ticket
	for len(a.queue.delayed) > 0 {
		t := a.queue.delayed[0]
		a.queue.remove(t)
		all = append(all, t)
	}
	for t := a.queue.head(true); t != nil; t = a.queue.head(true) {
		a.queue.remove(t)
		all = append(all, t)
	}
	return all
}

// Hold keeps calls from starting, or lets them start again.
func (a *Admission) Hold(held bool) { a.held = held }

// SetLimits replaces the limits of lane number n. What was taken of them stays
// taken.
func (a *Admission) SetLimits(now Instant, n int, l Limits) { a.lanes[n].set(now, l) }

// Sent notes that t, which was admitted, goes out at now, and how long its
// connection took to open, which is a round trip of the network; 0 if it took up
// an older one.
func (a *Admission) Sent(now Instant, t *Ticket, opening time.Duration) {
	if t.state != running {
		return
	}
	t.passage.sent(now)
	if opening > 0 {
		a.Trip(now, t.lane.number, opening)
	}
}

// Trip notes how long a round trip of the network to lane number n took.
func (a *Admission) Trip(now Instant, n int, took time.Duration) {
	if s := a.lanes[n].strict; s != nil {
		s.Connected(now, took)
	}
}

// Strict reports whether lane number n counts strictly, so that Sent matters.
func (a *Admission) Strict(n int) bool { return a.lanes[n].strict != nil }

// Lane returns the number of the lane on which t runs, from 0.
func (t *Ticket) Lane() int { return t.lane.number }

// Health is whether a lane answers.
type Health struct {
	Down      bool    // it does not
	Since     Instant // if Down: the first failure
	EverAlive bool    // it has answered at least once
	Answered  Instant // the latest start of a call that was answered
	Dark      int     // calls that failed since the last that was answered has started
}

// Health returns the health of lane number n.
func (a *Admission) Health(n int) Health {
	b := &a.lanes[n].breaker
	return Health{Down: b.open, Since: b.since, EverAlive: b.everAlive, Answered: b.answered, Dark: b.dark}
}

// Fresh reports whether a call waits that has not been started before.
func (a *Admission) Fresh() bool {
	for c := range a.queue.ready {
		if a.queue.ready[c].fresh.front != nil {
			return true
		}
	}
	return false
}

// State is how admission stands.
type State struct {
	Waiting int
	Cause   Cause // what the next call waits for
	Lanes   []LaneState
}

// LaneState is how a lane stands.
type LaneState struct {
	InFlight, Cap    int
	Requests, Tokens Rate    // the limits in force; zero: none
	PausedUntil      Instant // 0 or past: not paused
	Down             bool    // it does not answer; DownSince says since when
	DownSince        Instant
}

// State returns how admission stood at the last Next.
func (a *Admission) State() State {
	s := State{Waiting: a.queue.len, Cause: a.cause}
	for _, l := range a.lanes {
		s.Lanes = append(s.Lanes, LaneState{
			InFlight: l.inFlight, Cap: l.Cap(), Requests: l.requests.rate, Tokens: l.tokens.rate,
			PausedUntil: l.pause.until, Down: l.breaker.open, DownSince: l.breaker.since,
		})
	}
	return s
}
