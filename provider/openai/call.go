package openai

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"

	paceline "github.com/seed-1814a72b/paceline"
)

// A call is one attempt in the making: everything that a request needs.
type call struct {
	p *Provider // which nobody changes
	*setup
	*route
	rt     http.RoundTripper
	stream bool
	want   int     // choices asked for
	body   outline // the caller's, with what was missing of it
	emit   func(paceline.Delta)
	once   exchange // the first, which most calls leave at: it is one piece of memory with the call
}

// newCall checks and completes a request. Its errors are final: nothing was
// sent.
//
//go:noinline
func (p *Provider) newCall(req *paceline.Request, emit func(paceline.Delta)) (*call, *paceline.Error) {
	s, rt := p.setup()
	if s.err != nil {
		return nil, &paceline.Error{Code: paceline.CodeAuth, Message: oneLine(s.err.Error())}
	}
	r, bad := s.route(p, req.Path)
	if bad != "" {
		return nil, &paceline.Error{Code: paceline.CodeInvalidRequest, Message: bad}
	}
	c := new(call)
	c.p, c.setup, c.route, c.rt, c.emit, c.want = p, s, r, rt, emit, 1
	c.stream = c.family != other && !p.NoStream
	if err := c.body.fill(req); err != nil {
		return nil, &paceline.Error{Code: paceline.CodeInvalidRequest, Message: err.Error()}
	}
	if c.family == chat {
		c.want = c.body.answers()
	}
	return c, nil
}

// badPath says what is wrong with a path that might lead off the base URL.
func badPath(path string) string {
	switch {
	case path[0] != '/' || strings.HasPrefix(path, "//"):
		return "the request's path must begin with one slash"
	case strings.Contains(path, ".."), strings.ContainsAny(path, "?#\\ \r\n\t"):
		return "the request's path has characters that no endpoint has"
	}
	return ""
}

// endpoint appends the path to the base URL, whose query stays behind it.
func endpoint(base *url.URL, path string) *url.URL {
	u := *base
	u.Path = strings.TrimRight(base.Path, "/") + path
	if u.RawPath != "" {
		u.RawPath = strings.TrimRight(u.RawPath, "/") + (&url.URL{Path: path}).EscapedPath()
	}
	u.User = nil
	return &u
}

func familyOf(path string) family {
	switch {
	case strings.HasSuffix(path, "/chat/completions"):
		return chat
	case strings.HasSuffix(path, "/completions"):
		return legacyText
	case strings.HasSuffix(path, "/responses"):
		return responseAPI
	}
	return other
}

// outcome returns what came of an attempt, after the one negotiation that the protocol
// needs where usage was asked for, without secrets.
//
//go:noinline
func (c *call) outcome(ctx context.Context, usage bool, resp *paceline.Response, err *paceline.Error) (*paceline.Response, error) {
	if err != nil && usage && refusesOptions(err) && ctx.Err() == nil {
		resp, err = c.repeat(ctx)
	}
	if err != nil {
		return nil, c.secrets.clean(err)
	}
	resp.RequestID = c.secrets.text(resp.RequestID) // it goes into journals
	return resp, nil
}

// asksUsage reports whether the usage is to be asked for.
//
//go:noinline
func (c *call) asksUsage() bool {
	return c.stream && c.family != responseAPI && !refusals.has(c)
}

// repeat asks without the options that were refused.
func (c *call) repeat(ctx context.Context) (*paceline.Response, *paceline.Error) {
	if c.emit != nil {
		c.emit(paceline.Delta{Kind: paceline.DeltaRepeat})
	}
	resp, err := c.post(ctx, false)
	if err == nil { // it was that, and not the item
		refusals.add(c)
	}
	return resp, err
}

// payload returns the body to send.
func (c *call) payload(usage bool) []byte {
	switch {
	case c.stream:
		return c.body.streamed(usage)
	case c.family != other:
		return c.body.unstreamed()
	}
	return c.body.text
}

// refusedField finds stream_options in the place that FastAPI names.
var refusedField = regexp.MustCompile(`"loc"\s*:\s*\[[^\]]*"(stream_options|include_usage)"`)

// refusesOptions reports whether a server says that it does not know
// stream_options. No server has a code for this. A body that merely repeats the
// request does not count.
func refusesOptions(e *paceline.Error) bool {
	if e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity {
		return false
	}
	return strings.Contains(e.Message, "stream_options") || strings.Contains(e.Message, "include_usage") ||
		refusedField.Match(e.Body)
}

// A refusal names an endpoint that refuses stream_options.
type refusal struct {
	transport http.RoundTripper
	url       string
}

// refusalSet remembers endpoints for the life of the process. It is bounded,
// and forgets everything when full: the price is one more question each.
type refusalSet struct {
	mu  sync.RWMutex
	set map[refusal]bool
}

const maxRefusals = 1024

var refusals refusalSet

func keyOf(c *call) refusal {
	k := refusal{url: c.url.Scheme + "://" + c.url.Host + c.url.Path}
	if reflect.TypeOf(c.rt).Comparable() {
		k.transport = c.rt
	}
	return k
}

func (r *refusalSet) has(c *call) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.set) > 0 && r.set[keyOf(c)]
}

func (r *refusalSet) add(c *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.set == nil || len(r.set) >= maxRefusals {
		r.set = make(map[refusal]bool)
	}
	r.set[keyOf(c)] = true
}
