package paceline

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// The causes with which the watch cancels an attempt.
var (
	errFirstToken = errors.New("no content within the first-token deadline")
	errStall      = errors.New("silence in mid-stream beyond the stall deadline")
	errTotal      = errors.New("the call took longer than its deadline")
)

// An attempt is one request on its way. Its times are written by the call's
// goroutine and read by the watch.
type attempt struct {
	call     *call
	ctx      context.Context
	cancel   context.CancelCauseFunc
	admitted flow.Instant

	sent  flow.Instant  // the call's goroutine's own
	gap   time.Duration // its longest silence between two pieces of content
	first atomic.Int64  // instant of the first content, 0: none yet
	last  atomic.Int64  // instant of the last content; held while a reader is busy

	// The dispatcher's.
	learners *learners
	limits   limits // the deadlines in force
	slot     int    // place in the watch
}

// held stands in attempt.last while the caller's loop body runs: its time is not the
// server's.
const held = int64(flow.Never)

// send makes the request. The result is a response or an error, never both.
func (a *attempt) send() (*Response, *Error) {
	a.sent = a.call.engine.now()
	resp, err := a.call.engine.provider.Attempt(a.ctx, a.call.req, a.emit)
	failure := a.failure(err)
	a.cancel(nil)
	if failure != nil {
		return nil, failure
	}
	end := a.call.engine.now()
	resp.Total = end.Sub(a.sent)
	resp.FirstToken = a.firstToken()
	return resp, nil
}

// emit is called by the provider for each sign of life.
func (a *attempt) emit(d Delta) {
	if !d.Kind.Progress() {
		return
	}
	now := a.call.engine.now()
	if last := a.last.Load(); last == 0 {
		a.first.Store(int64(now))
		a.call.engine.box.put(message{kind: msgAlive, call: a.call, attempt: a})
	} else {
		a.gap = max(a.gap, now.Sub(flow.Instant(last)))
	}
	a.last.Store(int64(now))
	if a.call.reader != nil {
		a.last.Store(held)
		a.call.reader(d)
		a.last.Store(int64(a.call.engine.now()))
	}
}

// firstToken returns the time from the sending to the first content, 0 if none
// was seen.
func (a *attempt) firstToken() time.Duration {
	if first := a.first.Load(); first != 0 {
		return flow.Instant(first).Sub(a.sent)
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
	if !ok {
		e = &Error{Code: CodeUnknown, Err: err}
	}
	if e.Code != CodeCanceled {
		return e
	}
	cause := context.Cause(a.ctx)
	for code, deadline := range map[Code]error{CodeFirstToken: errFirstToken, CodeStall: errStall, CodeTimeout: errTotal} {
		if errors.Is(cause, deadline) {
			return &Error{Code: code, Message: a.lateMessage(deadline), Err: deadline, MaybeBilled: true, RequestID: e.RequestID}
		}
	}
	e.Err = cause
	e.MaybeBilled = true
	return e
}

func (a *attempt) lateMessage(deadline error) string {
	return deadline.Error() + " (cancelled after " + a.call.engine.now().Sub(a.sent).Round(time.Millisecond).String() + ")"
}
