package flow

// A line is the calls of one model that are ready, in three priorities. Lines
// wait for each other only where they need the same limit.
type line struct {
	ready [classes]struct{ again, retries, fresh list }
	// The ranks of the first tickets in each class; without its retries in
	// fresh, since those may have to wait for their budget.
	first, fresh [classes]uint64
	len          int

	index  int // in queue.open or queue.parked
	parked bool
	until  Instant // parked: nothing of it may start before, whatever else happens
	cause  Cause   // what it waits for then
	tried  uint64  // the round in which its first ticket could not start
	broke  uint64  // the round in which its retries had no budget
}

func newLine() *line {
	l := new(line)
	for c := range classes {
		l.first[c], l.fresh[c] = nobody, nobody
	}
	return l
}

func (l *line) list(t *Ticket) *list {
	c := &l.ready[t.class()]
	switch {
	case t.Retry:
		return &c.retries
	case t.Again:
		return &c.again
	}
	return &c.fresh
}

func (l *line) add(t *Ticket) {
	l.list(t).pushBack(t)
	l.len++
	l.note(t.class())
}

func (l *line) remove(t *Ticket) {
	l.list(t).remove(t)
	l.len--
	l.note(t.class())
}

// note finds anew who is first in class c.
func (l *line) note(c int) {
	r := &l.ready[c]
	l.fresh[c] = min(r.again.rank(), r.fresh.rank())
	l.first[c] = min(l.fresh[c], r.retries.rank())
}

// rank returns the rank of whose turn it is in class c in a round.
func (l *line) rank(c int, round uint64) uint64 {
	if l.broke == round {
		return l.fresh[c]
	}
	return l.first[c]
}

// front returns the ticket of that rank.
func (l *line) front(c int, rank uint64) *Ticket {
	r := &l.ready[c]
	switch rank {
	case r.again.rank():
		return r.again.front
	case r.retries.rank():
		return r.retries.front
	}
	return r.fresh.front
}

// leads reports whether t is the first of its class, or of its fresh ones: these
// may be sent in the place of one that was refused.
func (l *line) leads(t *Ticket) bool {
	c := t.class()
	return t.rank == l.first[c] || t.rank == l.fresh[c] || t == l.ready[c].fresh.front
}

// list is a doubly linked list through the tickets themselves: any of them is
// removed in constant time, without an allocation.
type list struct{ front, back *Ticket }

// rank returns the rank of the first ticket.
func (l *list) rank() uint64 {
	if l.front == nil {
		return nobody
	}
	return l.front.rank
}

func (l *list) pushBack(t *Ticket) {
	t.prev, t.next = l.back, nil
	if l.back == nil {
		l.front = t
	} else {
		l.back.next = t
	}
	l.back = t
}

func (l *list) remove(t *Ticket) {
	if t.prev == nil {
		l.front = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.back = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
}
