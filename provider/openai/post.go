package openai

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"

	paceline "github.com/seed-1814a72b/paceline"
)

// An exchange is one POST and its answer.
type exchange struct {
	*call
	ctx     context.Context    // the caller's
	giveUp  context.CancelFunc // ends this exchange alone
	res     *http.Response
	written atomic.Bool // the request was sent in full
	kept    keptConn

	mu   sync.Mutex // of over
	over bool       // nothing may be emitted any more
}

// post sends the request and reads the answer. It uses the transport directly
// and not an [http.Client]: no redirect is followed, no cookie kept, and no
// error repeats the address.
func (c *call) post(ctx context.Context, usage bool) (*paceline.Response, *paceline.Error) {
	payload, err := c.payload(usage)
	if err != nil {
		return nil, &paceline.Error{Code: paceline.CodeInvalidRequest, Message: err.Error()}
	}
	x := &exchange{call: c, ctx: ctx}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	x.giveUp = cancel
	defer x.end()
	req := c.request(httptrace.WithClientTrace(inner, x.trace()), payload)
	req.Close = keeps.hopeless(c)
	if ctx.Err() != nil {
		return nil, x.canceled()
	}
	x.res, err = c.rt.RoundTrip(req)
	if ctx.Err() == nil {
		x.kept.judge(&keeps, c)
	}
	if err != nil {
		return nil, x.connectError(err, req)
	}
	body := &counted{ReadCloser: x.res.Body}
	x.res.Body = body
	defer body.Close()
	resp, failure := x.read(usage)
	if failure != nil {
		failure.Bytes = body.n
		return nil, failure
	}
	resp.Bytes = body.n
	return resp, nil
}

// counted counts what is read.
type counted struct {
	io.ReadCloser
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.n += int64(n)
	return n, err
}

// trace has net/http tell how the exchange's connection fares.
func (x *exchange) trace() *httptrace.ClientTrace {
	t := x.kept.watch.trace()
	t.GetConn = func(string) { x.kept.watch.start() }
	t.TLSHandshakeStart = x.kept.watch.stop
	t.GotConn = x.kept.got
	t.WroteRequest = x.wrote
	t.GotFirstResponseByte = x.kept.firstByte
	return t
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

// request makes the HTTP request. GetBody lets net/http send it again when a
// connection that it kept alive turns out to be dead before a byte was written,
// or an HTTP/2 server says that it has not processed it; without an
// idempotency key it never sends it again in other cases.
func (c *call) request(ctx context.Context, payload []byte) *http.Request {
	body := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(payload)), nil }
	req := &http.Request{
		Method: http.MethodPost, URL: c.url, Host: c.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.header(), ContentLength: int64(len(payload)), GetBody: body,
	}
	req.Body, _ = body()
	return req.WithContext(ctx)
}

// header returns ours, overlaid by the caller's extra ones.
func (c *call) header() http.Header {
	h := http.Header{
		"Content-Type":    {"application/json"},
		"Accept-Encoding": {"identity"},
		"User-Agent":      {"paceline"},
	}
	if c.stream {
		h["Accept"] = []string{"text/event-stream, application/json"}
	} else {
		h["Accept"] = []string{"application/json"}
	}
	switch password, _ := c.user.Password(); {
	case c.key != "" && c.p.KeyHeader != "":
		h.Set(c.p.KeyHeader, c.key)
	case c.key != "":
		h["Authorization"] = []string{"Bearer " + c.key}
	case c.user != nil:
		r := http.Request{Header: h}
		r.SetBasicAuth(c.user.Username(), password)
	}
	for name, vals := range c.p.Header {
		h[http.CanonicalHeaderKey(name)] = vals
	}
	return h
}

// canceled is the error of an attempt that the caller has ended.
func (x *exchange) canceled() *paceline.Error {
	e := &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(x.ctx), MaybeBilled: x.written.Load()}
	if x.res != nil {
		e.Status, e.RequestID = x.res.StatusCode, requestID(x.res.Header)
	}
	return e
}
