package paceline

import (
	"context"
	"iter"
)

// A Stream is a call whose pieces are handed out as they come. It is used by
// one goroutine.
type Stream struct {
	turn *turn
	used bool
}

// Stream prepares a streamed call; [Stream.All] makes it.
func (e *Engine) Stream(ctx context.Context, req *Request) *Stream {
	t := e.turn()
	t.call.begin(e, Watch(ctx), req)
	return &Stream{turn: t}
}

// All makes the call and yields the pieces of its answer as they arrive:
// content, reasoning, refusal and tool calls. It can be ranged over once. A
// failure, a stream that was cut among them, is the last thing yielded. Until
// the first piece a failed attempt is retried; after it nothing is, since what
// was handed out cannot be taken back. Breaking out of the loop cancels the
// call and waits for its end. With Config.Accept the pieces come first, and what it does
// not accept is the failure at the end: nobody is asked again.
//
// It yields nothing where the [Provider] reports no pieces, as of a Request with NoStream:
// the answer is in [Stream.Response] then. Deadlines.Total goes on while the loop's body
// runs.
//
// A delta's slices are valid within the loop's body. The time that the body
// takes does not count as the server's. Meanwhile the stream keeps its place in
// flight: a body that makes a call of the same engine, where [Limits].InFlight is
// small, may wait for what it holds itself. Providers may not range over it: see
// [Engine.Do].
func (s *Stream) All() iter.Seq2[Delta, error] {
	return func(yield func(Delta, error) bool) {
		if s.used {
			yield(Delta{}, &Error{Code: CodeInvalidRequest, Message: "a Stream can be ranged over once"})
			return
		}
		s.used = true
		c := &s.turn.call
		ctx, stop := context.WithCancelCause(c.ctx)
		defer stop(nil)
		c.ctx = ctx
		broken := false
		c.reader = func(d Delta) {
			if broken {
				return
			}
			c.streamed = true
			if !yield(d, nil) {
				broken = true
				stop(context.Canceled)
			}
		}
		err := s.turn.drive()
		if !broken {
			s.report(err, yield)
		}
	}
}

func (s *Stream) report(err error, yield func(Delta, error) bool) {
	if err == nil {
		if failure := s.turn.call.final(); failure != nil {
			err = failure
		}
	}
	if err != nil {
		yield(Delta{}, err)
	}
}

// Response returns the complete answer once All has ended well, else nil.
func (s *Stream) Response() *Response {
	c := &s.turn.call
	if c.err != nil || c.resp == nil {
		return nil
	}
	c.resp.Requests = c.requests
	return c.resp
}
