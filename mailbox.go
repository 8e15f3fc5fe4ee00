package paceline

import (
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

type messageKind uint8

const (
	msgSubmit    messageKind = iota // call wants to start
	msgWithdraw                     // call does not want to start any more
	msgGivenUp                      // likewise some of those whose end is heeded
	msgAlive                        // attempt has its first content
	msgTold                         // the endpoint told its limits
	msgBegun                        // attempt begins
	msgReady                        // attempt has a connection, and waits to be let go
	msgSent                         // attempt has been written to its connection
	msgHeard                        // the header of an attempt's answer has come
	msgPing                         // a round trip was measured, or could not be
	msgDone                         // attempt has ended
	msgJudged                       // the answer of call was accepted or not
	msgAgain                        // the call of an attempt is to have another one
	msgItem                         // an item of a run has ended
	msgRun                          // run has begun
	msgExhausted                    // run's source has ended
	msgStopRun                      // nothing of run may start any more
	msgBroken                       // what is in flight of run is cancelled
	msgOver                         // run has ended
	msgPassing                      // the items of run are ones to be passed over, from now on
	msgRoom                         // the disk of run is full, or has room again
	msgHold                         // nothing may start, or all may again
	msgLimits                       // an endpoint has other limits
	msgStats                        // a snapshot is asked for
	msgMeasures                     // likewise, of all that was counted
	msgDrain                        // nothing may start any more
	msgAbort                        // what is in flight is cancelled
)

// canWait reports whether a message may be taken some time later where nothing can
// start before: those by which calls come and go, unless one comes that goes ahead of
// all that wait, of that priority.
func (m *message) canWait(foremost int8) bool {
	switch m.kind {
	case msgSubmit:
		return m.call.ticket.Priority <= foremost
	case msgAlive, msgDone, msgJudged, msgAgain, msgItem:
		return true
	}
	return false
}

// A message tells the dispatcher what happened.
type message struct {
	kind     messageKind
	call     *call
	attempt  *attempt
	end      *ending       // of msgDone and msgJudged
	told     *flow.Told    // of msgTold
	hold     bool          // of msgHold
	lane     int           // of msgLimits and msgPing
	limits   *flow.Limits  // likewise
	model    string        // likewise: whose they are; "": the endpoint's own
	took     time.Duration // of msgSent: the opening of its connection; of msgPing: the trip, 0 if it failed
	at       flow.Instant  // of msgSent, msgHeard and msgBegun: when it was put
	run      *run          // of msgRun to msgOver, and msgStats (nil: the engine's)
	event    *Event        // of msgItem: the observer's
	stats    chan<- Stats
	measures chan<- Measures
}

// mailbox is an unbounded queue of messages with many writers and one reader.
// It is bounded by what is behind it: each call has a few messages in it at
// most. The lock is held for an append and never during a send or a callback.
type mailbox struct {
	mu       sync.Mutex
	queue    []message
	patient  bool // the reader has a time at which it takes what can wait
	foremost int8 // patient: the highest priority of the calls that wait
	closed   bool
	taken    chan struct{} // closed when the queue is taken, for those who wait for that; nil: nobody does
	wake     chan struct{} // holds a token while the queue may be non-empty
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put adds m and reports whether the mailbox is still open.
func (b *mailbox) put(m message) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	b.queue = append(b.queue, m)
	wakes := len(b.queue) == 1
	if b.patient {
		wakes = !m.canWait(b.foremost)
		b.patient = !wakes
	}
	b.mu.Unlock()
	if wakes {
		b.rouse()
	}
	return true
}

// mostSubmitted is how many messages may wait when a run hands over a further item:
// enough to wake the reader of its input seldom, few enough for what they lead to
// to be in the processor's cache still when their turn comes.
const mostSubmitted = 64

// submit hands over an item's call, and waits, where many messages have not been
// taken, until they are. It reports whether the mailbox was still open.
func (b *mailbox) submit(c *call) bool {
	if !b.put(message{kind: msgSubmit, call: c}) {
		return false
	}
	if taken := b.crowd(); taken != nil {
		<-taken
	}
	return true
}

// crowd returns what is closed when the messages that wait are taken, nil where
// they are few.
func (b *mailbox) crowd() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) < mostSubmitted {
		return nil
	}
	if b.taken == nil {
		b.taken = make(chan struct{})
	}
	if b.patient { // now somebody waits for it
		b.patient = false
		b.rouse()
	}
	return b.taken
}

// rouse wakes the reader.
func (b *mailbox) rouse() { notify(b.wake) }

// wait has what can wait wake the reader no more until it takes the messages next,
// where foremost is the highest priority of the calls that wait. It does nothing where
// a message is there that cannot, or somebody waits for the taking.
func (b *mailbox) wait(foremost int8) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken != nil {
		return
	}
	for i := range b.queue {
		if !b.queue[i].canWait(foremost) {
			return
		}
	}
	b.patient, b.foremost = true, foremost
	select {
	case <-b.wake:
	default:
	}
}

// take returns all messages; buf is used for those to come.
func (b *mailbox) take(buf []message) []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.queue
	b.queue, b.patient = buf[:0], false
	if b.taken != nil {
		close(b.taken)
		b.taken = nil
	}
	return all
}

// close refuses further messages if none waits, and reports whether it did.
func (b *mailbox) close() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) > 0 {
		return false
	}
	b.closed = true
	return true
}
