package flow

import "container/heap"

// patience is how many calls may pass a waiting one of lower priority before it
// has its turn, so that the low are slowed but never starved.
const patience = 16

// queue holds the waiting tickets ordered by (not-before, priority, retries
// first, arrival), whatever their model. A model's line is parked while its own
// limits let none of its calls start, so that they hold up nobody and cost
// nothing.
type queue struct {
	delayed  schedule[*Ticket]
	lines    []*line // by model
	open     []*line // those with calls that are not parked
	parked   schedule[*line]
	ready    [classes]int // tickets in all lines
	passed   [classes]int // calls that went ahead while this class waited
	arrivals uint64
	round    uint64
	len      int
}

func (q *queue) add(now Instant, t *Ticket) {
	q.len++
	if t.NotBefore > now {
		t.state = delayed
		t.Party.count(delayed, 1)
		heap.Push(&q.delayed, t)
		return
	}
	q.enlist(t)
}

func (q *queue) enlist(t *Ticket) {
	q.arrivals++
	t.state = ready
	t.Party.count(ready, 1)
	t.arrive(q.arrivals)
	l := q.lines[t.Model]
	l.add(t)
	q.ready[t.class()]++
	switch {
	case l.len == 1:
		q.opens(l)
	case l.parked && l.leads(t): // it may need less than those behind it
		q.unpark(l)
	}
}

// wakeDelayed makes ready what has waited out its delay.
func (q *queue) wakeDelayed(now Instant) {
	for len(q.delayed) > 0 && q.delayed.first() <= now {
		t := heap.Pop(&q.delayed).(*Ticket)
		t.Party.count(delayed, -1)
		q.enlist(t)
	}
}

// nextDelayed returns when the next delayed ticket becomes ready.
func (q *queue) nextDelayed() Instant { return q.delayed.first() }

// turn returns the ticket whose turn it is among those of open lines that were
// not tried in this round, and its line; or nil.
func (q *queue) turn() (*Ticket, *line) {
	var first [classes]*line
	ranks := [classes]uint64{nobody, nobody, nobody}
	for _, l := range q.open {
		if l.tried == q.round {
			continue
		}
		for c := range classes {
			if r := l.rank(c, q.round); r < ranks[c] {
				ranks[c], first[c] = r, l
			}
		}
	}
	turn := -1
	for c := range classes {
		switch {
		case first[c] == nil:
		case q.passed[c] >= patience:
			return first[c].front(c, ranks[c]), first[c]
		case turn < 0:
			turn = c
		}
	}
	if turn < 0 {
		return nil, nil
	}
	return first[turn].front(turn, ranks[turn]), first[turn]
}

// take removes the ticket whose turn it was and notes whom it passed.
func (q *queue) take(t *Ticket) {
	q.remove(t)
	c := t.class()
	q.passed[c] = 0
	for lower := c + 1; lower < classes; lower++ {
		if q.ready[lower] > 0 {
			q.passed[lower]++
		}
	}
}

func (q *queue) remove(t *Ticket) {
	q.len--
	t.Party.count(t.state, -1)
	if t.state == delayed {
		heap.Remove(&q.delayed, t.index)
	} else {
		q.delist(t)
	}
	t.state = idle
}

func (q *queue) delist(t *Ticket) {
	l := q.lines[t.Model]
	led := l.leads(t)
	l.remove(t)
	q.ready[t.class()]--
	if led {
		q.unpark(l)
	}
	if l.len == 0 {
		q.shuts(l)
	}
}

// opens puts a line among those whose calls may be tried.
func (q *queue) opens(l *line) {
	l.index, l.parked = len(q.open), false
	q.open = append(q.open, l)
}

// shuts takes a line away from them.
func (q *queue) shuts(l *line) {
	last := len(q.open) - 1
	q.open[l.index] = q.open[last]
	q.open[l.index].index = l.index
	q.open[last] = nil
	q.open = q.open[:last]
}

// park puts a line aside until an instant, or an event that concerns its model.
func (q *queue) park(l *line, until Instant, cause Cause) {
	q.shuts(l)
	l.parked, l.until, l.cause = true, until, cause
	heap.Push(&q.parked, l)
}

// unpark brings a parked line back.
func (q *queue) unpark(l *line) {
	if l.parked {
		heap.Remove(&q.parked, l.index)
		q.opens(l)
	}
}

// wakeParked brings back the lines whose time has come.
func (q *queue) wakeParked(now Instant) {
	for len(q.parked) > 0 && q.parked.first() <= now {
		q.unpark(q.parked[0])
	}
}

// nextParked returns when the next parked line comes back by itself, and what
// it waits for.
func (q *queue) nextParked() (Instant, Cause) {
	if len(q.parked) == 0 {
		return Never, CauseEmpty
	}
	return q.parked[0].until, q.parked[0].cause
}

// drain removes and returns all that wait, the ready ones in their order.
func (q *queue) drain() []*Ticket {
	all := make([]*Ticket, 0, q.len)
	for len(q.delayed) > 0 {
		t := q.delayed[0]
		q.remove(t)
		all = append(all, t)
	}
	for len(q.parked) > 0 {
		q.unpark(q.parked[0])
	}
	q.round++
	for t, _ := q.turn(); t != nil; t, _ = q.turn() {
		q.remove(t)
		all = append(all, t)
	}
	return all
}
