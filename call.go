package paceline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline/internal/backoff"
	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/journal"
)

// A call is a request on its way through admission and attempts until it has
// an answer or an error. One goroutine at a time works on it: the caller's (Do,
// Stream), one of the run's (Run), or, while it waits, the dispatcher.
type call struct {
	engine   *Engine
	ctx      context.Context // may finish
	question                 // what it asks at present
	first    *Request        // its own request
	own      string          // its own request's model
	index    int64           // of its item; -1: none
	run      *run            // nil: none

	ticket    flow.Ticket
	estimator *flow.Estimator // the dispatcher's: of calls of its model
	learnt    int             // from how many calls that knew, when it weighed this one
	inFull    bool            // it was taken to use all that it may
	most      spend           // what its next request may use at most
	waits     taker           // for the dispatcher's word
	end       <-chan struct{} // closed once its caller gives it up; nil: never, or it is a run's
	heeded    bool            // the dispatcher looks after that, the caller need not; see heed
	holders   atomic.Int32    // who may still look at it: see leave
	diary     *diary          // notes each request; nil: none is kept
	reader    func(Delta)     // takes the pieces of a stream; nil: nobody looks

	requests int          // that have ended
	sent     int          // the dispatcher's: requests started
	charged  int          // attempts that failed
	spared   int          // failures that were not charged at the end
	blame    flow.Blame   // of the last failure that may be charged
	lane     int          // the dispatcher's: on which that was
	streak   flow.Instant // the dispatcher's: those of which its last charges are; see flow.Health
	recent   int          // and how many those are
	late     int          // the dispatcher's: attempts that a first-token or stall deadline cut
	lastTry  bool         // the dispatcher's: no failure of its attempt under way is forgiven
	asks     int          // complete answers that were not accepted
	reason   Verdict      // why the next request is sent; VerdictDone: it is the first
	judged   bool         // err is about resp, which was not accepted
	over     bool         // the dispatcher grants no further attempt: err stands
	revived  bool         // a dead connection was forgiven
	streamed bool         // the reader has had content: no further attempt

	started    flow.Instant // of the first request
	firstToken time.Duration
	total      time.Duration
	usage      Usage
	cost       Cost
	last       journal.Used // by the last request
	trip       journal.Trip // of it
	came       finish       // what comes of the attempt under way; not on a stack of which there are thousands
	resp       *Response    // the last complete answer
	err        *Error       // why it failed in the end; nil: resp was accepted
}

// A taker waits for what the dispatcher decides on a call.
type taker interface {
	// admitted hands over an attempt, or nil when there will be none. The
	// dispatcher calls it; it must not block.
	admitted(*attempt)
	// free takes back what the call is part of. Nobody has it any more.
	free()
}

// begin makes c a call that has yet to be made. A nil request is an empty one.
func (c *call) begin(e *Engine, ctx context.Context, req *Request) {
	if req == nil {
		req = new(Request)
	}
	c.engine, c.ctx, c.question, c.first, c.index = e, ctx, newQuestion(req), req, -1
	c.holders.Store(2)
	c.cost.Known = true
	c.own = c.model
	c.ticket.Owner = c
	c.ticket.Priority = int8(max(Low, min(High, req.Priority)))
}

// proceed makes the attempt a and reports whether the dispatcher decides what
// follows: it queues the call again or, if that was the last attempt that the
// item gets, grants none.
//
// Where it unwinds by a panic, of a hook or of the body of a Stream's loop, what
// was reserved is given back.
func (c *call) proceed(a *attempt) (again bool) {
	whole, sent := false, c.requests
	defer func() {
		if !whole {
			c.unwound(a, sent)
		}
	}()
	if c.requests == 0 {
		c.started = a.admitted
	}
	c.came = finish{of: a, requests: 1}
	if a.noted || c.note(&c.came) {
		a.run(&c.came)
	}
	return c.conclude(&whole)
}

// unwound gives back what was reserved for an attempt that a panic broke off; before
// it were as many requests as sent.
//
//go:noinline
func (c *call) unwound(a *attempt, sent int) {
	c.requests = sent + a.unwind(&Error{Code: CodePanic, MaybeBilled: true})
	end := ending{at: c.engine.now(), err: &Error{Code: CodePanic, MaybeBilled: true}}
	c.diary.after(&end, a.most, a.trip(&end))
}

// conclude takes what came of an attempt, and sets whole once nothing is left to be
// given back. It is apart from proceed for the sake of the stacks of thousands that
// wait there.
func (c *call) conclude(whole *bool) (again bool) {
	came := c.came
	f := &came
	c.came = finish{}
	c.requests += f.requests
	if f.err != nil {
		again = c.failed(f.err)
		f.err = c.err
	}
	end := f.of.ending(f.resp, f.err)
	if f.err == nil {
		c.resp, c.err = f.resp, nil
		end.judging = c.judges(f.resp)
	}
	end.more = again || end.judging
	c.account(&end, f)
	if f.err != nil && f.err.Verdict() != VerdictStop && !f.of.over { // what was broken off is lost
		c.diary.after(&end, f.of.most, c.trip)
	}
	f.of.done(&end)
	*whole = true
	if end.judging {
		return c.answered(f.resp, f.of, end)
	}
	if again && !c.engine.box.put(message{kind: msgAgain, attempt: f.of}) {
		c.waits.admitted(nil) // the dispatcher has ended meanwhile
	}
	return again
}

// note notes that an attempt is about to be made, and reports whether it may be.
func (c *call) note(f *finish) bool {
	err := c.diary.before(f.of.most)
	if err != nil {
		f.of.cancel(nil)
		f.err = &Error{Code: CodeCanceled, Err: err}
	}
	return err == nil
}

// account adds to the call's what its attempts used, and sets its times.
func (c *call) account(end *ending, f *finish) {
	c.firstToken, c.total, c.last = f.of.firstToken(), f.of.took(end.at), end.used()
	c.trip = f.of.trip(end)
	if !f.of.over {
		c.spend(end)
	}
	for i := range f.others {
		c.spend(&f.others[i])
	}
}

// spend adds what an attempt used.
func (c *call) spend(end *ending) {
	c.usage.add(end.usage)
	if end.err == nil || end.usage.Known {
		c.cost = c.cost.Add(end.cost)
	}
}

func panicked(where string, p any) *Error {
	return &Error{Code: CodePanic, Message: fmt.Sprintf("%s panicked: %v", where, p), Body: debug.Stack()}
}

// exited is the error of a function of the caller's that has ended the goroutine on
// which it was called, by [runtime.Goexit]: a test's FailNow does so.
func exited(where string) *Error {
	return &Error{Code: CodePanic, Message: where + " ended its goroutine (runtime.Goexit)"}
}

// failed decides what follows on a failure and reports whether to try again.
func (c *call) failed(err *Error) (again bool) {
	c.err, c.judged = err, false
	if c.streamed {
		return false
	}
	if err.ofKey() && len(c.engine.endpoints) > 1 {
		c.again(VerdictLater, 0) // elsewhere, unless the dispatcher knows of no other endpoint
		return true
	}
	if c.run != nil && c.run.hopeless(c, err) {
		return false // it ends the run
	}
	switch err.Verdict() {
	case VerdictLater:
		c.again(VerdictLater, laterDelay(err)) // the lane's pause holds it back
		return true
	case VerdictRetry:
		if err.Stale && !c.revived && (err.Code == CodeConnection || c.charged == 0) { // one that was cut before is cut for itself
			c.revived = true
			c.again(VerdictRetry, 0)
			return true
		}
		if err.Stale { // a second time it is no longer likely to be chance
			own := *err // which its provider may return to others, too
			own.Stale = false
			c.err, err = &own, &own
		}
		c.charged++ // unless the dispatcher knows of an outage
		c.again(VerdictRetry, max(c.delay(err), err.RetryAfter))
		return true
	}
	return false
}

// delay returns how long the call waits before it is tried again. One that was
// stuck has waited already, and the others of its time were answered.
func (c *call) delay(err *Error) time.Duration {
	if c.charged == 1 && err.stuck() {
		return 0
	}
	r := c.engine.cfg.Retry
	return backoff.FullJitter(c.charged, r.Base, r.Max, rand.Float64())
}

// stuck reports whether a deadline for progress has cut the attempt.
func (e *Error) stuck() bool { return e.Code == CodeFirstToken || e.Code == CodeStall }

// laterDelay returns how long the call itself waits, beside its lane.
func laterDelay(err *Error) time.Duration {
	if err.Code == CodeLocal {
		return time.Second
	}
	return 0
}

// again readies the ticket for another request after delay.
func (c *call) again(reason Verdict, delay time.Duration) {
	c.reason = reason
	c.ticket.Again = true
	c.ticket.Retry = reason == VerdictRetry
	c.ticket.NotBefore = c.engine.now().Add(delay)
}

// outcome says what an attempt's end means for the endpoint's limits.
func (a *attempt) outcome(resp *Response, err *Error) flow.Outcome {
	if err == nil {
		return flow.Outcome{
			Kind: flow.Answered, FirstToken: resp.FirstToken, Known: resp.Usage.Known,
			In: float64(resp.Usage.Prompt), Out: float64(resp.Usage.Completion),
		}
	}
	o := flow.Outcome{Kind: flow.Neutral, RetryAfter: err.RetryAfter}
	switch v := err.Verdict(); {
	case a.sent.Load() == 0:
		o.Kind = flow.Unsent
	case err.Stale && v == VerdictRetry: // says nothing of the endpoint
	case err.Code == CodeLocal:
		o.Kind = flow.Exhausted
	case v == VerdictLater:
		o.Kind = flow.Throttled
	case v == VerdictRetry:
		o.Kind, o.Blame = flow.Overloaded, a.blame(err)
	case v == VerdictStop: // what was asked for is used, the rest is not
		o.Known, o.In = true, a.ticket.In
	case err.Remote:
		o.Kind = flow.Refused
	}
	return o
}

// final returns the call's error as its caller is to see it.
func (c *call) final() *Error {
	if c.err == nil {
		return nil
	}
	e := *c.err
	e.Attempts = max(1, c.charged)
	return &e
}
