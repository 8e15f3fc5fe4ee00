package flow

import "time"

// A ragged remembers by how much this process was late at worst, in the last minute or
// two. A server on this machine, and whatever stands between it and the wire, waits for
// a processor as we do, at other moments: that one of its goroutines alone came late,
// and counted a call late, nobody here can see. How late that may be can be: what
// happens to us happens to it.
//
// It is a lower bound of the guard: one that was never late keeps firstGuard, whoever
// has been up to raggedMost, which costs two thousandths of a window of a second more,
// and nothing to speak of in longer ones.
type ragged struct {
	worst, before time.Duration // in this minute, and in the one before
	since         Instant       // when this one began
}

const (
	// raggedTimes is how many times as late as we were somebody else may be.
	raggedTimes = 2
	// What is more than so much, and this share of a window, is not kept in reserve: it
	// is seldom, and a refusal costs less.
	raggedMost  = 4 * time.Millisecond
	raggedShare = 250
)

// note notes that something was so late at now.
func (r *ragged) note(now Instant, late time.Duration) {
	r.turn(now)
	r.worst = max(r.worst, late)
}

// turn begins another minute if this one is over.
func (r *ragged) turn(now Instant) {
	switch past := now.Sub(r.since); {
	case past < generationTime:
		return
	case past < 2*generationTime:
		r.before = r.worst
	default:
		r.before = 0
	}
	r.worst, r.since = 0, now
}

// guard returns by how much a call may be counted later than another, for want of a
// processor, in a window of that length.
func (r *ragged) guard(now Instant, window time.Duration) time.Duration {
	r.turn(now)
	return min(raggedTimes*max(r.worst, r.before), raggedMost, window/raggedShare)
}
