package flow

import "container/heap"

// A Ticket is a call in admission's hands: waiting, or in flight. Its exported
// fields are set by its owner before [Admission.Add] and not changed while it
// waits. It may be added again once it is done.
type Ticket struct {
	Priority  int8    // -1 low, 0 normal, 1 high
	Again     bool    // goes ahead of the fresh calls of its priority
	Retry     bool    // it failed before: it needs the retry budget
	NotBefore Instant // it waits at least until then
	In, Out   float64 // tokens to reserve, input and output
	Owner     any     // the owner's own

	Started Instant // when it was admitted, set by Next

	lane       *Lane
	passage    passage // through the lane's Sliding
	state      state
	prev, next *Ticket // in a list
	index      int     // in the heap of the delayed
}

type state uint8

const (
	idle state = iota
	delayed
	ready
	running
)

const (
	classes = 3
	// patience is how many calls may pass a waiting one of lower priority
	// before it has its turn, so that the low are slowed but never starved.
	patience = 16
)

// queue holds the waiting tickets ordered by (not-before, priority, retries
// first, arrival).
type queue struct {
	delayed delayedHeap
	ready   [classes]struct{ again, retries, fresh list }
	passed  [classes]int // calls that went ahead while this class waited
	len     int
}

func (q *queue) add(now Instant, t *Ticket) {
	q.len++
	if t.NotBefore > now {
		t.state = delayed
		heap.Push(&q.delayed, t)
		return
	}
	q.enlist(t)
}

func (q *queue) enlist(t *Ticket) {
	t.state = ready
	q.list(t).pushBack(t)
}

func (q *queue) list(t *Ticket) *list {
	c := &q.ready[class(t)]
	switch {
	case t.Retry:
		return &c.retries
	case t.Again:
		return &c.again
	}
	return &c.fresh
}

// class returns the ticket's place in ready: 0 is the highest priority.
func class(t *Ticket) int { return int(1 - max(-1, min(1, t.Priority))) }

// wakeDelayed makes ready what has waited out its delay.
func (q *queue) wakeDelayed(now Instant) {
	for len(q.delayed) > 0 && q.delayed[0].NotBefore <= now {
		q.enlist(heap.Pop(&q.delayed).(*Ticket))
	}
}

// nextDelayed returns when the next delayed ticket becomes ready.
func (q *queue) nextDelayed() Instant {
	if len(q.delayed) == 0 {
		return Never
	}
	return q.delayed[0].NotBefore
}

// head returns the ticket whose turn it is, or nil; without the retries, which
// wait for their budget, if so wanted.
func (q *queue) head(retries bool) *Ticket {
	var first *Ticket
	for c := range classes {
		t := q.first(c, retries)
		if t == nil {
			continue
		}
		if q.passed[c] >= patience {
			return t
		}
		if first == nil {
			first = t
		}
	}
	return first
}

// first returns the first ticket of a class: one that was sent back to wait or
// is to be asked again, a retry, a fresh one.
func (q *queue) first(c int, retries bool) *Ticket {
	lists := &q.ready[c]
	switch {
	case lists.again.front != nil:
		return lists.again.front
	case retries && lists.retries.front != nil:
		return lists.retries.front
	}
	return lists.fresh.front
}

// take removes the ticket whose turn it was and notes whom it passed.
func (q *queue) take(t *Ticket) {
	q.remove(t)
	c := class(t)
	q.passed[c] = 0
	for lower := c + 1; lower < classes; lower++ {
		if q.first(lower, true) != nil {
			q.passed[lower]++
		}
	}
}

func (q *queue) remove(t *Ticket) {
	q.len--
	if t.state == delayed {
		heap.Remove(&q.delayed, t.index)
	} else {
		q.list(t).remove(t)
	}
	t.state = idle
}

// list is a doubly linked list through the tickets themselves: any of them is
// removed in constant time, without an allocation.
type list struct{ front, back *Ticket }

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

type delayedHeap []*Ticket

func (h delayedHeap) Len() int           { return len(h) }
func (h delayedHeap) Less(i, j int) bool { return h[i].NotBefore < h[j].NotBefore }
func (h delayedHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *delayedHeap) Push(x any) {
	t := x.(*Ticket)
	t.index = len(*h)
	*h = append(*h, t)
}
func (h *delayedHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}
