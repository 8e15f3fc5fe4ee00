package openai

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/sse"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

var (
	errTooLong  = errors.New("the answer is longer than the cap")
	errEncoding = errors.New("the answer has a content encoding that was not asked for")
	errEmpty    = errors.New("the answer is empty")
	errHTML     = errors.New("the answer is a web page")
)

var bom = []byte("\xef\xbb\xbf")

// read reads the answer, whatever its status and type; of a stream it returns the
// intake. The header is reported unless the answer only leads to being asked again.
func (x *exchange) read(negotiating bool) (*intake, *paceline.Response, *paceline.Error) {
	if x.res.status < 200 || x.res.status > 299 {
		e := x.statusError()
		if e.Code != paceline.CodeCanceled && !(negotiating && refusesOptions(e)) {
			x.headerArrived()
		}
		return nil, nil, e
	}
	x.headerArrived()
	body, err := x.decoded()
	if err != nil {
		return nil, nil, x.failed(err)
	}
	head, err := sniff(body, make([]byte, 0, x.expected()))
	if err != nil && err != io.EOF {
		return nil, nil, x.failed(err)
	}
	text := bytes.TrimPrefix(head, bom)
	switch first := rawjson.Trim(text); {
	case len(first) == 0 && err == io.EOF:
		return nil, nil, x.failed(errEmpty)
	case first[0] == '<':
		e := x.failed(errHTML)
		e.Body = cutBody(text)
		return nil, nil, e
	case x.family == other, x.p.NoStream, x.isJSON(first[0]):
		resp, failure := x.whole(body, text, err == io.EOF)
		return nil, resp, failure
	}
	body.head = text
	return x.events(body), nil, nil
}

// expected returns the size of a buffer for what of the answer comes first: of one
// that is whole and says how long it is, all of it.
func (x *exchange) expected() int {
	const atFirst, atOnce = 512, 1 << 20
	if n := x.res.length; !x.stream && n >= 0 && n <= atOnce {
		return int(n) + 1
	}
	return atFirst
}

func (x *exchange) headerArrived() {
	if x.emit != nil {
		x.emit(paceline.Delta{Kind: paceline.DeltaHeader, Header: x.res.header, Limits: rateLimits(x.res.header)})
	}
}

// isJSON tells a whole answer from a stream. No line of an event stream that
// means anything begins with a bracket; other scalars are told by their type.
func (x *exchange) isJSON(first byte) bool {
	return first == '{' || first == '[' || strings.HasPrefix(x.res.header.Get("Content-Type"), "application/json") &&
		first != 'd' && first != ':' && first != 'e' && first != 'i' && first != 'r'
}

// decoded returns the body within the cap, decompressed if it came as gzip
// although it was not asked for.
func (x *exchange) decoded() (*capped, error) {
	c := &x.capped
	c.r, c.plain, c.left = x.res, x.res, x.p.maxBody()
	switch enc := strings.ToLower(strings.TrimSpace(first(x.res.header, "Content-Encoding"))); enc {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(x.res)
		if err != nil {
			return nil, err
		}
		c.r, c.plain = z, nil
	default:
		return nil, errEncoding
	}
	return c, nil
}

// capped fails with errTooLong once more than left bytes were read.
type capped struct {
	head  []byte // was read already, and comes again
	r     io.Reader
	plain *received // the same; nil: it was compressed
	left  int64
}

// Wait implements [sse.Waiter].
func (c *capped) Wait() {
	if len(c.head) == 0 && c.plain != nil {
		c.plain.Wait()
	}
}

func (c *capped) Read(b []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(b, c.head)
		if c.head = c.head[n:]; len(c.head) == 0 {
			c.head = nil // with what it is part of
		}
		return n, nil
	}
	if c.left < 0 {
		return 0, errTooLong
	}
	if int64(len(b)) > c.left+1 {
		b = b[:c.left+1]
	}
	n, err := c.r.Read(b)
	if c.left -= int64(n); c.left < 0 {
		return n - 1, errTooLong
	}
	return n, err
}

// sniff reads into buf until something that is no white space has come and returns
// that. Some servers keep a connection alive with blank lines for minutes.
func sniff(r io.Reader, buf []byte) ([]byte, error) {
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil || len(rawjson.Trim(bytes.TrimPrefix(buf, bom))) > 0 {
			return buf, err
		}
		if len(buf) == cap(buf) {
			buf = buf[:0] // all of it is white space
		}
	}
}

// whole reads an answer that is one JSON value, of which the beginning has come, or
// all of it.
func (x *exchange) whole(r io.Reader, text []byte, all bool) (*paceline.Response, *paceline.Error) {
	var err error
	for ; err == nil && !all; all = err == io.EOF {
		if len(text) == cap(text) {
			text = slices.Grow(text, bytes.MinRead)
		}
		var n int
		n, err = r.Read(text[len(text):cap(text)])
		text = text[:len(text)+n]
	}
	if !all {
		return nil, x.failed(err)
	}
	body := rawjson.Trim(text)
	resp, err := x.result(body)
	if err != nil {
		e := x.failed(err)
		if e.Body == nil {
			e.Body = cutBody(body)
		}
		return nil, e
	}
	return resp, nil
}

// result checks a body that came whole and makes the response of it.
func (x *exchange) result(body []byte) (*paceline.Response, error) {
	if x.family == chat {
		if resp := usualAnswer(body, x.res.header, x.res.status); resp != nil {
			return resp, nil
		}
	}
	list := x.family == other && len(body) > 0 && body[0] == '['
	if err := validObject(body); err != nil && !(list && err == errNoObject) {
		return nil, err
	}
	return x.family.whole(body, x.res.header, x.res.status)
}

// statusError reads and classifies an answer that is no success.
func (x *exchange) statusError() *paceline.Error {
	var body []byte
	if r, err := x.decoded(); err == nil {
		// What can be had of it: the status alone classifies it too.
		body, _ = io.ReadAll(io.LimitReader(r, maxErrorBody))
	}
	if x.ctx.Err() != nil {
		return x.canceled()
	}
	return statusError(x.res.status, x.res.header, body)
}

// failed makes the error of a successful answer that turned out not to be one.
// Errors of the server's pass through it and get the answer's particulars.
func (x *exchange) failed(err error) *paceline.Error {
	if x.ctx.Err() != nil {
		return x.canceled()
	}
	e, ok := errors.AsType[*paceline.Error](err)
	if !ok {
		e = &paceline.Error{Code: bodyCode(err), Err: err, MaybeBilled: true}
	}
	e.Status, e.Header, e.RequestID = x.res.status, x.res.header, requestID(x.res.header)
	if e.Remote {
		e.Hint = hint(e.Header)
		if d := retryAfter(e.Header); d > 0 {
			e.RetryAfter = d
		}
	}
	return e
}

// malformed are the errors that say that the body came, but wrong.
var malformed = []error{
	errEncoding, errEmpty, errHTML, errNotJSON, errNoObject, errDuplicate, errChoices, errNoOutput,
	gzip.ErrHeader, gzip.ErrChecksum,
}

// bodyCode classifies an error of reading or understanding a body. Whatever
// ended the reading early is a cut.
func bodyCode(err error) paceline.Code {
	if errors.Is(err, sse.ErrTooLong) || errors.Is(err, errTooLong) {
		return paceline.CodeTooLong
	}
	for _, m := range malformed {
		if errors.Is(err, m) {
			return paceline.CodeMalformed
		}
	}
	return paceline.CodeCut
}
