package cli

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/seed-1814a72b/paceline"
)

// A formatless endpoint is one that may refuse our response_format. It is then
// asked without, in the same attempt, and from then on: answers are checked
// here anyway.
type formatless struct {
	paceline.Provider
	format  string      // ours; an item's own is its own affair
	refused atomic.Bool // it has answered without, after it had refused
	tell    func(error) // told once of the refusal
}

// withoutFormat returns p, asked without the response_format that the checks have
// made where an endpoint refuses it; tell is told of that, once. What p can do
// besides ([paceline.Pinger], Validate) the returned provider can, too.
func withoutFormat(p paceline.Provider, format string, tell func(error)) paceline.Provider {
	w := &formatless{Provider: p, format: format, tell: tell}
	if pings, ok := p.(paceline.Pinger); ok {
		return formatlessPinger{w, pings}
	}
	return w
}

// A formatlessPinger is one that can measure the network.
type formatlessPinger struct {
	*formatless
	paceline.Pinger
}

// Validate returns what the provider itself finds wrong.
func (p *formatless) Validate() error {
	if v, ok := p.Provider.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// Attempt sends req, without our response_format where that is refused.
func (p *formatless) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	if p.refused.Load() {
		return p.Provider.Attempt(ctx, p.without(req), emit)
	}
	resp, err := p.Provider.Attempt(ctx, req, emit)
	if !refusesFormat(err) || ctx.Err() != nil {
		return resp, err
	}
	bare := p.without(req)
	if bare == req {
		return resp, err
	}
	if emit != nil {
		emit(paceline.Delta{Kind: paceline.DeltaRepeat})
	}
	resp, failure := p.Provider.Attempt(ctx, bare, emit)
	if failure == nil && !p.refused.Swap(true) { // it was that, and not the item
		p.tell(err)
	}
	return resp, failure
}

// without returns req without our response_format, req itself if it has none.
func (p *formatless) without(req *paceline.Request) *paceline.Request {
	if gjson.GetBytes(req.Body, "response_format").Raw != p.format {
		return req
	}
	body, err := sjson.DeleteBytes(req.Body, "response_format")
	if err != nil {
		return req
	}
	bare := *req
	bare.Body = body
	return &bare
}

// formatWords are how servers name what they refuse. No server has a code for
// it; llama.cpp says "JSON schema error" of a schema that it cannot follow.
var formatWords = []string{"response_format", "json_schema", "json schema", "structured output", "guided_json", "grammar"}

// refusesFormat reports whether a server refuses a request for its
// response_format.
func refusesFormat(err error) bool {
	e, ok := errors.AsType[*paceline.Error](err)
	if !ok || !e.Remote || e.Code != paceline.CodeInvalidRequest {
		return false
	}
	said := strings.ToLower(e.Message)
	for _, words := range formatWords {
		if strings.Contains(said, words) {
			return true
		}
	}
	return gjson.GetBytes(e.Body, "error.param").String() == "response_format"
}
