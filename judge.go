package paceline

// An Ask is an answer that was not accepted and may be asked for again.
type Ask struct {
	First    *Request  // the call's own request
	Request  *Request  // the one that was answered
	Response *Response // the answer
	// Err says why it was not accepted: [CodeInvalidAnswer], [CodeTruncated] for
	// one that was cut off as well, or, for one that was withheld,
	// [CodeContentFilter] or [CodeRefused]. Its message is one line, and its
	// cause what [Config.Accept] said.
	Err *Error
	// Number is which answer the next request would ask for, from 2.
	Number int
}

// maxJudging is how many answers may wait for the word on them before no further
// call starts: they are held in memory. While a single call waits it does not
// hold; then what runs may hold bounds them.
const maxJudging = 1024

// judges reports whether there is anything to say about an answer.
func (c *call) judges(resp *Response) bool {
	if c.engine.cfg.Accept != nil {
		return true
	}
	code, _ := resp.ended()
	return c.run != nil && code != CodeUnknown
}

// answered judges a complete answer, when its attempt has ended and holds
// nothing any more, and reports whether the call is queued again for another.
// The dispatcher waits for its word before it ends.
func (c *call) answered(resp *Response, a *attempt, end ending) (again bool) {
	defer func() {
		end.again = again
		c.engine.box.put(message{kind: msgJudged, call: c, attempt: a, end: &end})
	}()
	if c.err = c.judge(resp); c.err == nil || c.err.Code == CodePanic {
		return false
	}
	c.judged, end.rejected = true, c.err.Code
	c.trip.Message = c.err.message()
	if !c.asksAgain(resp) {
		return false
	}
	c.judged = false
	c.diary.after(&end, a.most, c.trip)
	return true
}

// judged takes the word on an answer.
func (d *dispatcher) judged(a *attempt, end *ending) {
	c := a.call
	d.each(c, func(t *tally) { t.judging-- })
	if end.rejected != CodeUnknown {
		d.each(c, func(t *tally) { t.reject(end) })
	}
	if end.again {
		c.again(VerdictAsk, 0)
		d.submit(c)
		return
	}
	d.leave(a, end)
}

// judge returns why an answer is not accepted, nil if it is.
func (c *call) judge(resp *Response) *Error {
	cfg := &c.engine.cfg
	code, why := resp.ended()
	fault := &Error{Code: code, Message: why, RequestID: resp.RequestID, Status: resp.Status}
	switch {
	case code == CodeContentFilter || code == CodeRefused:
		return fault
	case cfg.Accept == nil && cfg.AllowTruncated:
		return nil
	case cfg.Accept == nil:
		return fault
	}
	failure, err := c.accept(resp)
	if err == nil {
		return failure
	}
	fault.Err = err
	if code == CodeTruncated {
		fault.Message += ": " + err.Error()
		return fault
	}
	fault.Code, fault.Message = CodeInvalidAnswer, err.Error()
	return fault
}

// accept asks Config.Accept. A panic in it is the item's misfortune alone, and so is
// a runtime.Goexit.
func (c *call) accept(resp *Response) (failure *Error, err error) {
	whole := false
	defer func() {
		if p := recover(); p != nil {
			failure, err = panicked("Config.Accept", p), nil
		} else if !whole {
			c.err = exited("Config.Accept")
		}
	}()
	err = c.engine.cfg.Accept(c.req, resp)
	whole = true
	return nil, err
}

// asksAgain makes c ask another question, or the same again, after an answer
// that was not accepted. It reports false if the item is to be left at that.
func (c *call) asksAgain(resp *Response) bool {
	c.asks++
	if c.asks >= c.engine.cfg.Asks || c.streamed {
		return false
	}
	next, failure := c.next(resp)
	if failure != nil {
		c.err, c.judged = failure, false
	}
	if next == nil {
		return false
	}
	if next != c.req {
		c.question = newQuestion(next)
	}
	return true
}

// next returns the request for another answer, nil for none. A panic in
// Config.Again is the item's misfortune alone, and so is a runtime.Goexit.
func (c *call) next(resp *Response) (req *Request, failure *Error) {
	whole := false
	defer func() {
		if p := recover(); p != nil {
			req, failure = nil, panicked("Config.Again", p)
		} else if !whole {
			c.err, c.judged = exited("Config.Again"), false
		}
	}()
	req = c.another(resp)
	whole = true
	return req, nil
}

// another asks Config.Again for the next request, nil for none; without it, it is the
// same again.
func (c *call) another(resp *Response) *Request {
	cfg := &c.engine.cfg
	switch {
	case cfg.Again != nil:
		return cfg.Again(Ask{First: c.first, Request: c.req, Response: resp, Err: c.err, Number: c.asks + 1})
	case cfg.Accept == nil, c.err.Code == CodeContentFilter, c.err.Code == CodeRefused:
		return nil
	}
	return c.req
}
