package flow

// Admission is the one place where calls wait: a queue and, behind it, the
// limits. A call starts at the first instant at which every limit permits. It
// is owned by one goroutine and is not safe for concurrent use.
type Admission struct {
	queue  queue
	lane   *Lane
	chance func() float64
	cause  Cause
}

// New returns an admission under the limits. chance draws from [0, 1).
func New(l Limits, chance func() float64) *Admission {
	return &Admission{lane: newLane(l), chance: chance}
}

// Add queues t, which must be idle.
func (a *Admission) Add(now Instant, t *Ticket) { a.queue.add(now, t) }

// Next admits the ticket whose turn it is, if it may start now. Otherwise it
// returns nil and the instant at which to ask again; [Never] means that only
// Add, Done or Alive can bring change. Call it until it returns nil: whatever
// is due at a wake is admitted at once, since timers are coarse.
func (a *Admission) Next(now Instant) (*Ticket, Instant) {
	a.queue.wakeDelayed(now)
	head := a.queue.head()
	if head == nil {
		a.cause = CauseEmpty
		if a.queue.len > 0 {
			a.cause = CauseBackoff
		}
		return nil, a.queue.nextDelayed()
	}
	at, cause := a.lane.when(now, head)
	a.cause = cause
	if at > now {
		return nil, min(at, a.queue.nextDelayed())
	}
	a.queue.take(head)
	a.lane.take(now, head)
	return head, now
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
	for t := a.queue.head(); t != nil; t = a.queue.head() {
		a.queue.remove(t)
		all = append(all, t)
	}
	return all
}

// State is how admission stands.
type State struct {
	Waiting, InFlight, Cap int
	Cause                  Cause   // what the next call waits for
	PausedUntil            Instant // 0 or past: not paused
}

// State returns how admission stood at the last Next.
func (a *Admission) State() State {
	return State{
		Waiting: a.queue.len, InFlight: a.lane.inFlight, Cap: a.lane.Cap(),
		Cause: a.cause, PausedUntil: a.lane.pause.until,
	}
}
