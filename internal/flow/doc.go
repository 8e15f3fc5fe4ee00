// Package flow is admission: it decides which call starts when. It owns the
// queue and every limit, and is pure: time and chance are arguments, nothing
// sleeps, nothing locks. One goroutine owns an [Admission].
package flow

import (
	"math"
	"time"
)

// Instant is a time in nanoseconds since an epoch of the caller's choice. It is
// read off a monotonic clock, so that a wall clock that jumps moves nothing.
type Instant int64

// Never is later than every instant: only an event, not time, brings change.
const Never Instant = math.MaxInt64

// Add returns t moved by d. Never stays Never.
func (t Instant) Add(d time.Duration) Instant {
	if t == Never {
		return Never
	}
	return t + Instant(d)
}

// Sub returns the time from u to t.
func (t Instant) Sub(u Instant) time.Duration { return time.Duration(t - u) }

// Cause names what a call waits for.
type Cause uint8

// The causes.
const (
	CauseNone     Cause = iota // nothing: it may start
	CauseEmpty                 // nobody waits
	CauseRequests              // the limit on requests
	CauseTokens                // a limit on tokens
	CauseMoney                 // the limit on money
	CauseInFlight              // the cap on calls at once
	CausePause                 // the endpoint said "later"
	CauseBackoff               // every waiting call is between two attempts
	CauseBudget                // the retry budget
	CauseOutage                // the endpoint does not answer
	CauseHold                  // the owner wants nothing to start
)

// String returns the cause as people read it.
func (c Cause) String() string {
	return [...]string{"", "", "requests", "tokens", "money", "in flight", "pause", "backoff", "retry budget", "outage", "hold"}[c]
}
