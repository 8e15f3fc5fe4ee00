package openai

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
	"github.com/seed-1814a72b/paceline/internal/multiplex"
	"github.com/seed-1814a72b/paceline/internal/sse"
)

// An exchange is one POST and its answer.
type exchange struct {
	*call
	ctx     context.Context // the caller's
	giveUp  func()          // ends this exchange alone; nil: its answer can be closed for that
	res     *received       // nil: nothing has come yet
	answer  received        // which res becomes
	capped  capped          // its body
	request http1.Request   // over a Direct
	written atomic.Bool     // the request was sent in full
	kept    keptConn

	mu   sync.Mutex // of over
	over bool       // nothing may be emitted any more
}

// post sends the request and reads the answer. It uses the transport directly
// and not an [http.Client]: no redirect is followed, no cookie kept, and no
// error repeats the address.
func (c *call) post(ctx context.Context, usage bool) (*paceline.Response, *paceline.Error) {
	x := c.exchange(ctx)
	defer x.close()
	in, resp, failure := x.open(usage)
	if in != nil { // thousands wait here, with no more on their stacks than that
		in.run()
		resp, failure = in.end()
	}
	return x.counted(resp, failure)
}

// exchange returns one that has not been begun.
//
//go:noinline
func (c *call) exchange(ctx context.Context) *exchange {
	x := &c.once
	if x.call != nil { // it is over, and its parts may be held
		x = new(exchange)
	}
	x.call, x.ctx = c, ctx
	return x
}

// open sends the request, and reads the answer: all of it, or, of a stream, the
// beginning, whose intake it returns.
//
//go:noinline
func (x *exchange) open(usage bool) (*intake, *paceline.Response, *paceline.Error) {
	inner := x.ctx
	if x.stream && !closes(x.rt) { // whose end may have to be waited for no longer
		inner, x.giveUp = context.WithCancel(x.ctx)
	}
	if x.ctx.Err() != nil {
		return nil, nil, x.canceled()
	}
	if failure := x.send(inner, x.payload(usage)); failure != nil {
		return nil, nil, failure
	}
	return x.read(usage)
}

// close ends the exchange, however far it has come.
//
//go:noinline
func (x *exchange) close() {
	if x.res != nil {
		_ = x.res.body.Close()
	}
	x.kept.end()
	x.end()
	if x.giveUp != nil {
		x.giveUp()
	}
}

// counted returns what came of the exchange, with the bytes of its answer.
//
//go:noinline
func (x *exchange) counted(resp *paceline.Response, failure *paceline.Error) (*paceline.Response, *paceline.Error) {
	switch {
	case failure == nil:
		resp.Bytes = x.res.n
	case x.res != nil:
		failure.Bytes = x.res.n
	}
	return resp, failure
}

// send sends the request and waits for the answer's header.
func (x *exchange) send(ctx context.Context, payload []byte) *paceline.Error {
	var req *http.Request
	var err error
	last := keeps.hopeless(x.call)
	if d, ok := x.rt.(*Direct); ok {
		err = x.direct(ctx, d.client.of(d), payload, last)
	} else {
		sent := &payloadOnce{b: payload}
		req = x.httpRequest(httptrace.WithClientTrace(ctx, x.trace()), sent)
		req.Close = last
		err = x.roundTrip(req)
		sent.b = nil // what reads it has it still
	}
	if x.ctx.Err() == nil && !multiplex.Reset(err) {
		x.kept.judge(&keeps, x.call)
	}
	if err != nil {
		return x.connectError(err, req)
	}
	return nil
}

func (x *exchange) roundTrip(req *http.Request) error {
	res, err := x.rt.RoundTrip(req)
	if err == nil && res == nil {
		return errNothing
	}
	if err == nil {
		a := &x.answer
		a.status, a.header, a.length, a.body = res.StatusCode, res.Header, res.ContentLength, res.Body
		x.res = a
	}
	return err
}

// errNothing is a fault of the transport.
var errNothing = errors.New("the http.RoundTripper returned neither a response nor an error")

// sent lets go of the request, which is not sent again once an answer to it is on
// its way: thousands wait for theirs.
func (x *exchange) sent() { x.body, x.request = outline{}, http1.Request{} }

// A received answer is one whose header has come. It counts what is read of its body.
type received struct {
	status  int
	header  http.Header
	length  int64 // of the body; -1: not known
	body    io.ReadCloser
	n       int64
	lull    lull
	first   [1]byte // of what has come, where it cannot be waited for without reading
	came    bool    // first is yet to be read
	patient bool    // Read is not to wait, but to return 0 and no error where nothing is known to have come
	more    bool    // something is known to have come
	failed  error   // what waiting ended with, for who reads
}

func (r *received) Read(b []byte) (int, error) {
	if r.patient && !r.more {
		return 0, nil
	}
	r.lull.reads++
	r.lull.pause()
	switch {
	case len(b) == 0:
		return 0, nil
	case r.came:
		b[0], r.came = r.first[0], false
		r.more = b[0] != '\n' && b[0] != '\r' // which may be all that an event lacked
		return 1, nil
	case r.failed != nil:
		return 0, r.failed
	}
	n, err := r.body.Read(b)
	r.n += int64(n)
	r.more = n == len(b) || err != nil
	return n, err
}

// Wait implements [sse.Waiter].
func (r *received) Wait() {
	r.lull.pause()
	r.wait()
}

// wait waits until something has come. Of a body that cannot be waited for, it reads
// the first byte.
func (r *received) wait() {
	if r.more = true; r.came || r.failed != nil {
		return
	}
	if w, ok := r.body.(sse.Waiter); ok {
		w.Wait()
		return
	}
	n, err := r.body.Read(r.first[:])
	r.begun(n, err)
}

// begun notes what waiting has read. A body that gives nothing again and again has
// failed.
//
//go:noinline
func (r *received) begun(n int, err error) {
	for range mostEmpty {
		if n > 0 || err != nil {
			break
		}
		n, err = r.body.Read(r.first[:])
	}
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	r.n += int64(n)
	r.came, r.failed = n > 0, err
}

// mostEmpty is how often a body may give nothing in a row.
const mostEmpty = 100

// trace has net/http tell how the exchange's connection fares.
func (x *exchange) trace() *httptrace.ClientTrace {
	t := x.kept.watch.trace()
	t.GetConn = func(string) { x.kept.watch.start() }
	t.TLSHandshakeStart = x.kept.watch.stop
	t.GotConn = x.got
	t.WroteRequest = x.wrote
	t.GotFirstResponseByte = x.kept.firstByte
	return t
}

// got notes that the exchange has a connection. net/http calls it on the
// attempt's own goroutine, before it writes, so that emit can hold it back.
func (x *exchange) got(info httptrace.GotConnInfo) {
	x.kept.got(info)
	x.ready()
}

// ready tells that the connection is open; emit may take until the request may
// go out.
func (x *exchange) ready() {
	if x.emit != nil && x.ctx.Err() == nil {
		x.emit(paceline.Delta{Kind: paceline.DeltaReady})
	}
}

// wrote notes that the request is on its way. net/http calls it on a goroutine
// of the connection's, which may be late.
func (x *exchange) wrote(info httptrace.WroteRequestInfo) {
	x.written.Store(info.Err == nil)
	if x.emit == nil || info.Err != nil {
		return
	}
	opening := x.kept.opening()
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.over {
		x.emit(paceline.Delta{Kind: paceline.DeltaSent, Took: opening})
	}
}

// end keeps wrote from emitting after the attempt.
func (x *exchange) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
}

// closes reports whether an answer over the transport may be closed while it is
// read, which ends the reading.
func closes(rt http.RoundTripper) bool {
	switch rt.(type) {
	case *Direct, *multiplex.Transport, *http.Transport:
		return true
	}
	return false
}

// canceled is the error of an attempt that the caller has ended.
func (x *exchange) canceled() *paceline.Error {
	e := &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(x.ctx), MaybeBilled: x.written.Load()}
	if x.res != nil {
		e.Status, e.RequestID = x.res.status, requestID(x.res.header)
	}
	if e.Stale = x.kept.forgotten(); e.Stale {
		closeIdle(x.rt) // which have been so for as long
	}
	return e
}

// closeIdle closes the connections of a transport that nobody uses.
func closeIdle(rt http.RoundTripper) {
	if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
