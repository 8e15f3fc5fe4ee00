package flow

import "time"

// A Ticket is a call in admission's hands: waiting, or in flight. Its exported
// fields are set by its owner before [Admission.Add] and not changed while it
// waits. It may be added again once it is done.
type Ticket struct {
	Model     int     // of its model, by [Admission.Model]; 0 suits where there is only one
	Priority  int8    // -1 low, 0 normal, 1 high
	Again     bool    // goes ahead of the fresh calls of its priority
	Retry     bool    // it failed before: it needs the retry budget
	NotBefore Instant // it waits at least until then
	In, Out   float64 // tokens to reserve, input and output; see Admission.Weigh
	Money     float64 // to reserve, in the unit of Limits.Money; likewise
	Owner     any     // the owner's own
	Party     *Party  // counts it while it waits; nil: it is not counted

	Started Instant // when it was admitted, set by Next

	lane       *Lane
	passages   passages
	marks      marks
	mustering  mustering
	turn       Instant       // when it was let go after those
	late       time.Duration // so much later than its limits let it was it looked at
	order      int64         // its number in its model's seek
	number     int64         // of its start, among all
	solitude   solitude
	faults     faults
	retried    bool // what is under way took from the retry budget: Retry may be of the next by now
	state      state
	rank       uint64  // its place among the ready ones of its priority; the lowest is first
	prev, next *Ticket // in a list
	index      int     // in the heap of the delayed
}

// passages are a ticket's ways through the [Sliding] limits that it counts in.
type passages struct{ whole, share passage }

type state uint8

const (
	idle state = iota
	delayed
	ready
	running
)

// A Party counts those of some tickets that wait. Admission's owner may read it.
type Party struct {
	Ready   int // their turn has not come yet
	Delayed int // wait for their NotBefore
}

// count notes that one more waits in a state, or one less. A nil party does not.
func (p *Party) count(s state, by int) {
	switch {
	case p == nil:
	case s == delayed:
		p.Delayed += by
	default:
		p.Ready += by
	}
}

const classes = 3

// class returns the ticket's place among the priorities: 0 is the highest.
func (t *Ticket) class() int { return int(1 - max(-1, min(1, t.Priority))) }

// arrive gives t its rank among tickets of one priority: those that were sent
// back to wait or are to be asked again, retries, fresh ones, each by arrival.
func (t *Ticket) arrive(number uint64) {
	const kind = 1 << 60
	switch {
	case t.Retry:
		t.rank = kind + number
	case t.Again:
		t.rank = number
	default:
		t.rank = 2*kind + number
	}
}

// nobody is the rank of no ticket.
const nobody = ^uint64(0)
