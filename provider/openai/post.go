package openai

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
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
	req := c.request(httptrace.WithClientTrace(inner, &httptrace.ClientTrace{
		GetConn:              x.kept.ask,
		TLSHandshakeStart:    x.kept.connected,
		GotConn:              x.got,
		WroteRequest:         func(i httptrace.WroteRequestInfo) { x.written.Store(i.Err == nil) },
		GotFirstResponseByte: x.kept.firstByte,
	}), payload)
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
	defer x.res.Body.Close()
	return x.read(usage)
}

// got notes the exchange's connection. net/http calls it on the goroutine that
// makes the exchange, so that it may emit.
func (x *exchange) got(info httptrace.GotConnInfo) {
	x.kept.got(info)
	if x.emit != nil {
		x.emit(paceline.Delta{Kind: paceline.DeltaSent, Took: x.kept.opening()})
	}
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
	return &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(x.ctx), MaybeBilled: x.written.Load()}
}
