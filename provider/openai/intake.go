package openai

import (
	"io"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
	"github.com/seed-1814a72b/paceline/internal/sse"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// lateGrace is how long an answer that is complete waits for what may come
// after it: the usage that some servers send late, and the end of the body,
// without which the connection cannot be used again.
const lateGrace = 100 * time.Millisecond

// An intake is how far a stream has been read. One goroutine at a time reads on:
// the attempt's, or while that waits, of a body that is attended, another.
type intake struct {
	x     *exchange
	dec   *sse.Decoder
	to    assembler
	plain bool            // the body is as it was sent
	own   *http1.Response // the body if it is attended, else nil

	seen bool  // an event has come
	over bool  // nothing that comes counts any more
	said bool  // the server has said that the answer is complete
	err  error // what has ended it before that; nil: the body's end
}

// attend has what comes be taken without waking the attempt's goroutine, where that
// can be.
func (r *intake) attend(own *http1.Response) {
	if own.Attend(r.takeFor) {
		r.own = own
	}
}

// run feeds the assembler until the server says that the answer is complete, or
// the body ends. Thousands wait in it: what it calls waits for the next piece of the
// body with little on the stack, and another call reads it, which may have to write to
// the connection, too; both have returned before it is looked at.
func (r *intake) run() {
	if !r.plain {
		r.follow()
		return
	}
	res := r.x.res
	res.patient = r.own == nil
	for r.take() {
		res.lull.pause()
		if r.own != nil {
			r.own.Wait()
			continue
		}
		res.wait()
		r.dec.Fill()
	}
	res.patient = false
}

// follow is run for a body of which pieces cannot be told from what they say: it was
// compressed.
func (r *intake) follow() {
	for !r.over {
		r.event(r.dec.Next())
	}
}

// end makes the response of an answer that is complete, or an error of what kept it
// from becoming so.
func (r *intake) end() (*paceline.Response, *paceline.Error) {
	defer r.release()
	x, err := r.x, r.err
	if err == nil {
		err = complete(r.to, r.said)
	}
	if err != nil {
		e := x.failed(err)
		if !e.Usage.Known {
			e.Usage = r.to.known()
		}
		return nil, e
	}
	x.res.lull.complete()
	if r.said {
		r.drain()
	}
	resp, err := x.family.result(r.to.body(), x.res.header, x.res.status)
	if err != nil {
		return nil, x.failed(err)
	}
	return resp, nil
}

// release gives the decoder back.
func (r *intake) release() {
	r.dec.Reset(nil, 0)
	decoders.Put(r.dec)
}

// take takes the events that have come, and reports whether others are to be waited
// for.
func (r *intake) take() bool {
	for !r.over {
		ev, ok, err := r.dec.Poll()
		if !ok && err == nil {
			return true
		}
		r.event(ev, err)
	}
	return false
}

// takeFor is take on the attempt's behalf, by who does so for all. An event that may
// take long to look at is left to the attempt's own goroutine.
func (r *intake) takeFor() bool { return r.dec.Held() <= hugeEvent && r.take() }

// hugeEvent is from how many bytes on an event may take long: far more than a piece of
// an answer has, and looked at within milliseconds whatever is in it.
const hugeEvent = 64 << 10

// event takes an event, or what came instead of one.
func (r *intake) event(ev sse.Event, err error) {
	if err != nil {
		r.ended(err)
		return
	}
	data := ev.Data
	if ev.Comment {
		data = nil
	}
	data = rawjson.Trim(data)
	if len(data) == 0 {
		r.x.keepAlive()
		return
	}
	r.seen = true
	if isDone(data) {
		r.over, r.said = true, true
		return
	}
	done, err := r.to.frame(ev.Name, data)
	if err != nil {
		err = frameFailed(err, ev, data)
	}
	r.over, r.said, r.err = done || err != nil, done, err
}

// ended notes why no further event comes.
func (r *intake) ended(err error) {
	r.over = true
	switch {
	case err != io.EOF:
		r.err = err
	case !r.seen:
		r.err = errEmpty
	}
}

// drain reads what comes after the answer's end, for a short while and within
// a bound. Errors there mean nothing any more.
func (r *intake) drain() {
	if r.own != nil && r.late(r.dec.Poll) { // all of it had come
		return
	}
	r.x.res.lull.over()
	defer r.x.within(lateGrace)()
	r.late(func() (sse.Event, bool, error) {
		ev, err := r.dec.Next()
		return ev, err == nil, err
	})
}

// late takes what next yields of what comes after the answer's end, and reports
// whether there is no more of it.
func (r *intake) late(next func() (sse.Event, bool, error)) bool {
	const most = 64
	for range most {
		ev, ok, err := next()
		switch {
		case err != nil:
			return true
		case !ok:
			return false
		case !ev.Comment:
			r.to.late(rawjson.Trim(ev.Data))
		}
	}
	return true
}
