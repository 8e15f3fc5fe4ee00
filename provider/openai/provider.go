// Package openai speaks the OpenAI wire format, with the accents of the many
// servers that use it: OpenAI, Azure, OpenRouter, Groq, Mistral, Gemini's
// compatible endpoint, vLLM, llama.cpp, Ollama, SGLang and others.
//
// Answers are streamed upstream and put together again, so that the caller
// gets the object that the server would have sent unstreamed, and the engine
// sees the first token and every one after it.
package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
)

// DefaultBaseURL is the address of OpenAI itself.
const DefaultBaseURL = "https://api.openai.com/v1"

// DefaultMaxBody is the default of [Provider.MaxBody]: 256 MiB.
const DefaultMaxBody = 256 << 20

// A Provider makes attempts at one base URL with one key. A literal is ready
// for use; it must not be changed afterwards. It is safe for concurrent use,
// and copies share their connections.
//
// One attempt is one POST, with one exception: a server that refuses
// stream_options is asked once more, at once, without them, and this is
// remembered for the transport, address and path. The wire protocol is
// negotiated so; it is no retry.
type Provider struct {
	// Key is the API key; "" sends none. White space around it is dropped.
	Key string

	// BaseURL is the address that request paths are appended to;
	// "" means [DefaultBaseURL]. A query (api-version of Azure) is kept.
	BaseURL string

	// KeyHeader is the header that carries the bare key, such as "api-key"
	// for Azure; "" means "Authorization: Bearer KEY".
	KeyHeader string

	// Header is added to every request. It may not set an idempotency key:
	// net/http silently sends requests that have one twice.
	Header http.Header

	// NoStream asks for whole answers, for servers that cannot stream. No
	// delta but the header's is then reported.
	NoStream bool

	// Transport makes the connections. nil means one that all such providers of
	// the process share: a [Direct] for plain HTTP; for TLS, and behind a proxy
	// that the environment names, what [NewTransport] makes.
	Transport http.RoundTripper

	// MaxLine caps one line of a stream in bytes; 0 means 32 MiB.
	MaxLine int

	// MaxBody caps an answer in bytes after decompression, streamed or not;
	// 0 means [DefaultMaxBody].
	MaxBody int64
}

var _ paceline.Provider = Provider{}

// Validate names every field that cannot be used, in one joined error that
// contains no key. Attempt fails likewise, with [paceline.CodeAuth].
func (p Provider) Validate() error {
	var errs []error
	if _, err := cleanKey(p.Key); err != nil {
		errs = append(errs, err)
	}
	if _, err := p.base(); err != nil {
		errs = append(errs, err)
	}
	for name, values := range p.Header {
		if isIdempotencyKey(name) {
			errs = append(errs, fmt.Errorf("openai: header %s must not be set: net/http sends such requests twice", name))
		}
		if !isFieldName(name) || slices.ContainsFunc(values, hasControl) {
			errs = append(errs, fmt.Errorf("openai: header %q has a line break or another character that no header may have", name))
		}
	}
	if p.KeyHeader != "" && !isFieldName(p.KeyHeader) {
		errs = append(errs, errors.New("openai: key header is not a header name"))
	}
	if p.MaxLine < 0 || p.MaxBody < 0 {
		errs = append(errs, errors.New("openai: caps must not be negative"))
	}
	return errors.Join(errs...)
}

// isFieldName reports whether a header may be called so (RFC 9110, section 5.1).
func isFieldName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r)
	})
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// CloseIdle closes the connections of the provider's transport that are not
// in use; with no Transport given these are the shared ones.
func (p Provider) CloseIdle() {
	base, err := p.base()
	if err != nil {
		return
	}
	closeIdle(p.transport(base))
}

// base parses the base URL, without the user and password it may contain.
func (p Provider) base() (*url.URL, error) {
	text := strings.TrimSpace(p.BaseURL)
	if text == "" {
		text = DefaultBaseURL
	}
	u, err := url.Parse(text)
	// The parser's own error repeats the address, and with it what may be
	// secret in it.
	if err != nil {
		return nil, errors.New("openai: base URL cannot be parsed")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("openai: base URL must be like https://host/v1")
	}
	u.Fragment = ""
	return u, nil
}

func (p Provider) maxBody() int64 {
	if p.MaxBody == 0 {
		return DefaultMaxBody
	}
	return p.MaxBody
}

func isIdempotencyKey(name string) bool {
	return strings.EqualFold(name, "Idempotency-Key") || strings.EqualFold(name, "X-Idempotency-Key")
}

// Attempt implements [paceline.Provider].
func (p Provider) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	return (*compact)(&p).Attempt(ctx, req, emit)
}

// Compact returns a provider that makes the very attempts of p, on stacks that are
// some hundred bytes smaller: for who waits for thousands at once. Its Transport
// is p's.
func (p Provider) Compact() paceline.Provider { return (*compact)(&p) }

// CompactOf returns what [Provider.Compact] does if of is such a provider, and else of
// itself: one that has p embedded has this method, too, and attempts of its own. An
// engine asks for it by itself.
func (p Provider) CompactOf(of paceline.Provider) paceline.Provider {
	if own, ok := of.(Provider); ok {
		return own.Compact()
	}
	return of
}

// A compact is known by its address: none of its callers has a copy on its stack.
type compact Provider

// Attempt implements [paceline.Provider].
func (c *compact) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	one, err := (*Provider)(c).newCall(req, emit)
	if err != nil {
		return nil, err
	}
	usage := one.asksUsage()
	resp, err := one.post(ctx, usage)
	return one.outcome(ctx, usage, resp, err)
}
