package paceline

import "context"

// Do makes one call: it waits for admission, sends the request, retries as the
// configuration says, and returns the accepted answer. The error is an
// [*Error], or wraps [ErrShutdown] or ctx's cause. If the last answer was
// complete but not accepted, it is returned beside the error, whose code is
// then [CodeInvalidAnswer], or [CodeTruncated] if it was cut off as well. Where
// there is a Config.Accept, so is one that was withheld, as [CodeContentFilter]
// or [CodeRefused]; without it every complete answer is returned as it is, and
// says itself how it ended.
//
// Cancelling ctx gives back what the call had reserved. Do returns once the attempt has,
// so soon after that if the [Provider] heeds the ctx that it is given, and no sooner. A
// panic in the Provider, or in Config.Accept, goes through Do to its caller.
//
// Config.Accept, Job.Prepare and a [Sink] may call Do. A [Provider] may not, of the
// engine that makes the attempt: the call would wait for the attempt's own place in
// flight. With the attempt's ctx, or one made of it, it ends at once, as
// [CodeInvalidRequest].
func (e *Engine) Do(ctx context.Context, req *Request) (*Response, error) {
	t := e.turn()
	t.call.begin(e, ctx, req)
	err := t.drive()
	if err != nil {
		return nil, err
	}
	resp, err := t.call.answer()
	t.call.leave()
	return resp, err
}

// answer returns what Do does of a call that was made to the end.
func (c *call) answer() (*Response, error) {
	if c.resp != nil {
		c.resp.Requests = c.requests
	}
	if err := c.final(); err != nil {
		if c.judged {
			return c.resp, err
		}
		return nil, err
	}
	return c.resp, nil
}

// drive takes the call through admission and attempts to its end on this
// goroutine. Its error says that the call was not made to the end; otherwise
// c.resp and c.err tell.
func (t *turn) drive() error {
	c := &t.call
	if c.err = c.engine.nested(c.ctx); c.err != nil {
		return nil
	}
	c.waits, c.end = t, c.ctx.Done()
	c.heeded = c.end == nil || c.engine.heeds(c.end)
	if !c.engine.box.put(message{kind: msgSubmit, call: c}) {
		return ErrShutdown
	}
	for {
		a, told := c.await(t.granted)
		if !told {
			return c.refused() // its dispatcher may have put something into it
		}
		if a != nil && c.proceed(a) {
			continue
		}
		if a == nil && !c.over {
			return c.refused()
		}
		return nil
	}
}

// A turn is a call and where its caller waits for the dispatcher's word.
type turn struct {
	call    call
	granted chan *attempt
}

func (t *turn) admitted(a *attempt) { t.granted <- a }

// await returns the attempt that admission grants, or nil if it grants none or
// the caller gives up first. told is false if the dispatcher has ended before it
// was asked, and may or may not have granted one.
func (c *call) await(granted <-chan *attempt) (a *attempt, told bool) {
	if c.heeded { // a wait for one channel costs less
		return <-granted, true
	}
	select {
	case a := <-granted:
		return a, true
	case <-c.end:
	}
	if !c.engine.box.put(message{kind: msgWithdraw, call: c}) {
		return nil, false
	}
	// Either the dispatcher took it out of the queue and says nil, or it had
	// granted an attempt before, which then ends by its cancelled context. A
	// dispatcher that has ended in the meantime has answered every call.
	return <-granted, true
}

// refused says why admission granted nothing.
func (c *call) refused() error {
	if c.ctx.Err() != nil {
		return &Error{Code: CodeCanceled, Err: context.Cause(c.ctx)}
	}
	return ErrShutdown
}
