package paceline

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// The causes with which we cancel an attempt ourselves.
var (
	errFirstToken = errors.New("no content within the first-token deadline")
	errStall      = errors.New("silence in mid-stream beyond the stall deadline")
	errTotal      = errors.New("the call took longer than its deadline")
	errOutrun     = errors.New("another attempt at the same call was quicker")
)

// An attempt is one request on its way. Its times are written by the goroutine
// that sends it and read by the dispatcher.
type attempt struct {
	call     *call
	ticket   *flow.Ticket
	endpoint *endpoint
	tellings *tellings // the endpoint's, of calls of this model
	life     *lifetime // its context
	admitted flow.Instant
	most     spend // what it may use at most
	question       // what it asks

	noted  bool          // its intent stands in the journal
	strict bool          // admission wants to know when it goes out, and when something comes back
	shared bool          // its provider had returned while it was saying something still
	gate   chan struct{} // it waits here before it goes out; nil: it does not

	sent  atomic.Int64         // instant of the sending, 0: not yet
	went  atomic.Bool          // it was written to a connection, if its provider tells
	gap   time.Duration        // its longest silence between two pieces of content
	first atomic.Int64         // instant of the first content, 0: none yet
	last  atomic.Int64         // instant of the last content; held while a reader is busy
	race  atomic.Pointer[race] // with its hedge; closed: it gets none

	beside *race // in which it is the hedge; nil: it is the call's own
	over   bool  // the dispatcher has been told of its end

	ended   flow.Instant // when the provider returned, 0: not yet
	repeats int          // further requests that the provider has sent within it
	http    int          // status of the answer, once it has ended; 0: none came
	bytes   int64
	end     ending // the dispatcher's, once it has been told

	// The dispatcher's.
	number   int // of the call's requests, from 1
	lane     int // number of the endpoint
	learners *learners
	limits   limits // the deadlines in force
	slot     int    // place in the watch
	probe    bool   // sent while the endpoint answers nothing
	hedged   bool   // it has a hedge, or gets none
	rescued  bool   // it has one elsewhere, since its endpoint has fallen silent
	stood    stood  // what of its silence is this process's own
}

func (d *dispatcher) newAttempt(c *call, q question, t *flow.Ticket, now flow.Instant) *attempt {
	learnt := d.deadlines.of(q)
	c.sent++
	a := d.blank()
	a.call, a.question, a.number, a.ticket, a.lane = c, q, c.sent, t, t.Lane()
	a.endpoint, a.most, a.admitted, a.learners = d.engine.endpoints[a.lane], c.most, now, learnt
	a.strict = d.admission.Strict(a.lane, t.Model)
	if t.Musters() {
		a.gate = make(chan struct{}, 1)
	}
	a.tellings = a.endpoint.tellings(t.Model)
	a.probe = d.admission.Health(a.lane).Down
	a.limits = d.deadlines.limits(a)
	a.life = newLifetime(a)
	if a.limits.stall > 0 && a.limits.stall < stallRule.floor { // reads at intervals might look like one
		a.life.watch()
	}
	return a
}

// cancel ends the attempt for that cause, nil: as it is over. It may be called more
// than once, by any goroutine; the first cause counts.
func (a *attempt) cancel(cause error) { a.life.cancel(cause) }

// held stands in attempt.last while the caller's loop body runs: its time is
// not the server's.
const held = int64(flow.Never)

// begin notes that the request is about to be sent.
func (a *attempt) begin() {
	now := a.call.engine.now()
	a.sent.Store(int64(now))
	if a.strict {
		a.call.engine.box.put(message{kind: msgBegun, attempt: a, at: now})
	}
}

// concluded takes what the provider returned: a response or an error, never both.
func (a *attempt) concluded(resp *Response, err error) (*Response, *Error) {
	a.call.diary.repeated(a.repeats)
	a.ended = a.call.engine.now()
	failure := a.failure(err)
	if failure == nil && resp == nil {
		failure = a.failure(errNothing)
	}
	a.shared = a.life.part()
	a.cancel(nil)
	a.received(resp, failure)
	if failure != nil {
		return nil, a.named(failure)
	}
	resp = resp.own()
	resp.Total = a.took(a.ended)
	resp.FirstToken = a.firstToken()
	return resp, nil
}

// errNothing is a fault of the provider.
var errNothing = errors.New("paceline: the Provider returned neither a response nor an error")

// received keeps what has come of the answer.
func (a *attempt) received(resp *Response, failure *Error) {
	switch {
	case failure != nil:
		a.http, a.bytes = failure.Status, failure.Bytes
	case resp != nil:
		a.http, a.bytes = resp.Status, resp.Bytes
	}
}

// named returns the failure with the endpoint's name, if there are several. A
// provider may return one error again and again: it stays as it is.
func (a *attempt) named(failure *Error) *Error {
	if len(a.call.engine.endpoints) == 1 {
		return failure
	}
	e := *failure
	e.Endpoint = a.endpoint.name(a.lane)
	return &e
}

// emit is called by the provider for each sign of life.
func (a *attempt) emit(d Delta) {
	if !d.Kind.Progress() {
		a.noProgress(d)
		return
	}
	now := a.call.engine.now()
	if last := a.last.Load(); last == 0 {
		a.first.Store(int64(now))
		if !a.wins() {
			return
		}
		a.last.Store(int64(now)) // from which the watch reckons
		a.call.engine.box.put(message{kind: msgAlive, call: a.call, attempt: a})
	} else {
		a.gap = max(a.gap, now.Sub(flow.Instant(last)))
		a.last.Store(int64(now))
	}
	if a.call.reader != nil {
		a.last.Store(held)
		a.call.reader(d)
		a.last.Store(int64(a.call.engine.now()))
	}
}

// noProgress takes what a sign of life that is no progress tells of the
// endpoint.
func (a *attempt) noProgress(d Delta) {
	if d.Kind == DeltaSent {
		a.went.Store(true)
		a.endpoint.tells.Store(true)
	}
	if d.Kind == DeltaSent && a.strict {
		a.call.engine.box.put(message{kind: msgSent, attempt: a, took: d.Took, at: a.call.engine.now()})
	}
	if d.Kind == DeltaHeader && a.strict {
		a.call.engine.box.put(message{kind: msgHeard, attempt: a, at: a.call.engine.now()})
	}
	if d.Kind == DeltaReady && a.gate != nil {
		a.wait()
	}
	if d.Kind == DeltaRepeat {
		a.repeats++
	}
	a.told(d.Limits)
}

// took returns the time from the sending to end, 0 if nothing was sent.
func (a *attempt) took(end flow.Instant) time.Duration {
	if sent := a.sent.Load(); sent != 0 {
		return end.Sub(flow.Instant(sent))
	}
	return 0
}

// firstToken returns the time from the sending to the first content, 0 if none
// was seen.
func (a *attempt) firstToken() time.Duration {
	if first := a.first.Load(); first != 0 {
		return a.took(flow.Instant(first))
	}
	return 0
}

// failure makes an *Error of what the provider returned; where we cancelled
// the attempt ourselves, of the reason for that.
func (a *attempt) failure(err error) *Error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok && e == nil: // a nil pointer in an error
		return nil
	case !ok:
		e = &Error{Code: CodeUnknown, Err: err}
	}
	if e.Code != CodeCanceled {
		return e
	}
	own := *e // the provider may return it to others, too
	e = &own
	if a.life.Err() == nil { // nobody cancelled it
		e.Code = CodeUnknown
		return e
	}
	e.Err = context.Cause(a.life)
	e.MaybeBilled = true
	if code := lateCode(e.Err); code != CodeUnknown {
		took := a.took(a.ended).Round(time.Millisecond)
		e.Code, e.Message = code, e.Err.Error()+" (cancelled after "+took.String()+")"
	}
	return e
}

// CutBy returns why the engine has cancelled the attempt that a provider was given
// ctx for: [CodeFirstToken], [CodeStall] or [CodeTimeout] for a deadline,
// [CodeOutrun] where another attempt at the same call was quicker, [CodeUnknown] if
// the engine did not. It is for who wraps a provider and tells what became of
// attempts: their errors have CodeCanceled, as the provider cannot know why.
func CutBy(ctx context.Context) Code { return lateCode(context.Cause(ctx)) }

// lateCode returns the code of a deadline's cause, or of a lost race, else
// CodeUnknown.
func lateCode(cause error) Code {
	switch cause {
	case errFirstToken:
		return CodeFirstToken
	case errStall:
		return CodeStall
	case errTotal:
		return CodeTimeout
	case errOutrun:
		return CodeOutrun
	}
	return CodeUnknown
}
