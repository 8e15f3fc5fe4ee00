package openai

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
)

// httpRequest makes the HTTP request. GetBody lets net/http send it again when a
// connection that it kept alive turns out to be dead before a byte was written,
// or an HTTP/2 server says that it has not processed it; without an
// idempotency key it never sends it again in other cases.
func (c *call) httpRequest(ctx context.Context, payload *payloadOnce) *http.Request {
	req := &http.Request{
		Method: http.MethodPost, URL: c.url, Host: c.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.headers[0], ContentLength: int64(len(payload.b)), GetBody: payload.reader,
	}
	if c.stream {
		req.Header = c.headers[1]
	}
	if !closes(c.rt) { // others may write to what is theirs alone by net/http's contract
		req.Header = req.Header.Clone()
	}
	req.Body, _ = payload.reader()
	return req.WithContext(ctx)
}

// A payloadOnce is a body as long as it may have to be sent again: not once an
// answer has come. Thousands of requests are kept with their answers.
type payloadOnce struct{ b []byte }

func (p *payloadOnce) reader() (io.ReadCloser, error) {
	r := new(payloadReader)
	r.Reset(p.b)
	return r, nil
}

// A payloadReader lets go of what it has read to its end.
type payloadReader struct{ bytes.Reader }

func (r *payloadReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if r.Len() == 0 {
		r.Reset(nil)
	}
	return n, err
}

// WriteTo implements [io.WriterTo].
func (r *payloadReader) WriteTo(w io.Writer) (int64, error) {
	defer r.Reset(nil)
	return r.Reader.WriteTo(w)
}

// Close implements [io.Closer]; it never fails.
func (r *payloadReader) Close() error { return nil }

// A field is a line of a header, or several of the same name.
type field struct {
	name   string
	values []string
}

// fields returns the header: ours, overlaid by the caller's extra ones.
func (s *setup) fields(p Provider, stream bool) []field {
	accept := "application/json"
	if stream {
		accept = "text/event-stream, application/json"
	}
	all := append(make([]field, 0, 8),
		field{"Content-Type", []string{"application/json"}}, field{"Accept-Encoding", []string{"identity"}},
		field{"User-Agent", []string{"paceline"}}, field{"Accept", []string{accept}})
	switch {
	case s.key != "" && p.KeyHeader != "":
		all = append(all, field{http.CanonicalHeaderKey(p.KeyHeader), []string{s.key}})
	case s.key != "":
		all = append(all, field{"Authorization", []string{"Bearer " + s.key}})
	case s.base.User != nil:
		all = append(all, field{"Authorization", []string{basicAuth(s.base.User)}})
	}
	for name, values := range p.Header {
		all = overlay(all, http.CanonicalHeaderKey(name), values)
	}
	return all
}

func overlay(all []field, name string, values []string) []field {
	for i := range all {
		if all[i].name == name {
			all[i].values = values
			return all
		}
	}
	return append(all, field{name, values})
}

func basicAuth(user *url.Userinfo) string {
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}

// header returns the fields as net/http has them.
func header(fields []field) http.Header {
	h := make(http.Header)
	for _, f := range fields {
		h[f.name] = f.values
	}
	return h
}
