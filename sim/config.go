package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Config says how a [Server] behaves. The zero value answers every request at
// once and correctly.
type Config struct {
	// Seed determines every answer and, per body and how often it was seen,
	// every latency and fault. Where chance has a say in these, the server
	// remembers the hash of every body: some 40 bytes each.
	Seed uint64

	Models        []string // the models known, others are a 404; empty: any is
	APIKeys       []string // the keys accepted, others are a 401; empty: none is asked for
	Quota         int      // requests that each key may have answered, then 429 insufficient_quota; 0: no end
	ContextTokens int      // tokens of the longest prompt, longer ones are a 400; 0: no limit
	MaxBody       int64    // bytes of the largest request, larger ones are a 413; 0: 64 MiB

	Limits Limits
	// ModelLimits are what is allowed each key for calls of one model, instead
	// of Limits and told in its headers, as OpenAI counts. Models that are not
	// in it share Limits.
	ModelLimits map[string]Limits
	Headers     HeaderStyle // in whose manner rate limits are told
	RetryAfter  RetryAfter  // how a refused request is told to wait

	// Concurrency is how many requests are served at once; 0: any number.
	// Queue is how many more may wait for their turn, first come first
	// served, as at llama.cpp's server; 0: none, they get a 429; below 0: any.
	Concurrency int
	Queue       int

	TTFT   Durations // from the request to the first token
	ITL    Durations // between tokens
	Tokens Counts    // of answers in free text; zero: 32

	// Reasoning is how many tokens of reasoning precede an answer, and
	// ReasoningField under which name: "" means "reasoning_content".
	Reasoning      Counts
	ReasoningField string

	Hang    float64       // share of requests that are accepted and never answered
	HangFor time.Duration // after which their connection is dropped; 0: 10 minutes
	Stall   float64       // share of answers that fall silent half-way, likewise
	Invalid float64       // share of answers that are not what was asked for
	Errors  Rates         // shares of other faults

	// Script gives the k-th request, from 1, its fault. See also
	// [Server.Inject] and the markers in the package comment.
	Script  map[int]string
	Outages []Outage

	// Answer, if set, makes the text of answers; when it returns false, the
	// simulator does. It is called concurrently, and must give the same
	// answer for the same query if runs are to be repeatable.
	Answer func(*Query) (string, bool)

	EmbeddingSize int  // of embeddings that ask for no dimensions; 0: 256
	KeepRequests  bool // keep a [Record] of every request: memory grows with them
}

// Limits are what a server allows each key, or with Shared all keys together.
// 0 means no limit.
type Limits struct {
	RPM int // requests per minute
	RPS int // requests per second
	TPM int // tokens per minute, input and output
	// Window is how all of them count.
	Window Window
	// Burst is how many requests a token bucket holds; 0: the whole limit.
	Burst  int
	Shared bool
	// CountRefused makes refused requests count against the limits too, so
	// that a client that hammers is never let in.
	CountRefused bool
	// KeepEstimate leaves a request's tokens at their estimate (the prompt's
	// and max_tokens), as Azure does. Otherwise they are settled at the end of
	// the answer.
	KeepEstimate bool
}

// An Outage is a span of time, counted from [New], in which every request
// meets the same fault.
type Outage struct {
	From, To time.Duration
	Fault    string // "" means "503"
}

const (
	defaultMaxBody   = 64 << 20
	defaultHang      = 10 * time.Minute
	defaultTokens    = 32
	defaultEmbedding = 256
)

func (c Config) completed() Config {
	if c.MaxBody == 0 {
		c.MaxBody = defaultMaxBody
	}
	if c.HangFor == 0 {
		c.HangFor = defaultHang
	}
	if c.Tokens == (Counts{}) {
		c.Tokens = Counts{dist{kind: constant, a: defaultTokens}}
	}
	if c.ReasoningField == "" {
		c.ReasoningField = "reasoning_content"
	}
	if c.EmbeddingSize == 0 {
		c.EmbeddingSize = defaultEmbedding
	}
	return c
}

// rates returns all shares of faults as one table.
func (c *Config) rates() Rates {
	return c.Errors.with("hang", c.Hang).with("stall", c.Stall).with("invalid", c.Invalid)
}

// validate names every wrong field.
func (c *Config) validate() error {
	var errs []error
	bad := func(field string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("sim: %s: %w", field, err))
		}
	}
	for name, n := range map[string]int64{
		"Quota": int64(c.Quota), "ContextTokens": int64(c.ContextTokens), "MaxBody": c.MaxBody,
		"Concurrency": int64(c.Concurrency), "HangFor": int64(c.HangFor),
		"EmbeddingSize": int64(c.EmbeddingSize),
	} {
		if n < 0 {
			bad(name, errors.New("must not be negative"))
		}
	}
	c.Limits.check("Limits", bad)
	for model, l := range c.ModelLimits {
		l.check(fmt.Sprintf("ModelLimits[%q]", model), bad)
	}
	for name, share := range map[string]float64{"Hang": c.Hang, "Stall": c.Stall, "Invalid": c.Invalid} {
		if !(share >= 0 && share <= 1) {
			bad(name, fmt.Errorf("%g does not lie between 0 and 1", share))
		}
	}
	bad("Errors, Hang, Stall and Invalid", c.rates().check())
	for k, fault := range c.Script {
		bad(fmt.Sprintf("Script[%d]", k), checkFault(fault))
	}
	for i, o := range c.Outages {
		bad(fmt.Sprintf("Outages[%d]", i), o.check())
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func (l Limits) check(whose string, bad func(field string, err error)) {
	for name, n := range map[string]int{"RPM": l.RPM, "RPS": l.RPS, "TPM": l.TPM, "Burst": l.Burst} {
		if n < 0 {
			bad(whose+"."+name, errors.New("must not be negative"))
		}
	}
}

func (o Outage) check() error {
	if o.To <= o.From {
		return fmt.Errorf("ends at %v, which is not after its start at %v", o.To, o.From)
	}
	return checkFault(o.fault())
}

func (o Outage) fault() string {
	if o.Fault == "" {
		return "503"
	}
	return o.Fault
}

// outage returns the fault that rules the time since the start, or "".
func (c *Config) outage(since time.Duration) string {
	for _, o := range c.Outages {
		if since >= o.From && since < o.To {
			return o.fault()
		}
	}
	return ""
}

// lucky reports whether chance decides on anything but the text.
func (c *Config) lucky() bool {
	return len(c.rates()) > 0 || c.TTFT.d.kind != constant || c.ITL.d.kind != constant
}
