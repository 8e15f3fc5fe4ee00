package paceline

import (
	"encoding/json"
	"math"
	"net/http"
	"sync/atomic"
	"time"
)

// A Response is a complete answer, rebuilt from the stream so that it equals
// what the server would have sent unstreamed.
type Response struct {
	// Body is the whole response object, JSON.
	Body json.RawMessage

	// Choices are the parts of the body that most callers want, by index.
	Choices []Choice

	Model     string      // the model that answered, which may not be the one asked for
	RequestID string      // the provider's request id: its header, else the body's id
	Status    int         // the HTTP status
	Header    http.Header // the HTTP header
	Usage     Usage
	Bytes     int64 // of the answer's body, as they came from the network; 0: not counted

	// Set by the engine.
	Requests   int           // requests sent for this call, hedges and repeats included
	FirstToken time.Duration // from sending the last attempt to its first content; 0: none was seen
	Total      time.Duration // from sending the last attempt to its last byte
	Cost       Cost          // of this response alone

	owned uint32 // atomic: it is a call's; see own
}

// own returns what a call may write to: r itself, or, where it is a call's already,
// since its provider returns it again and again, another like it. Of that call's it
// reads nothing that the engine, or its Config.Accept, may be writing to.
func (r *Response) own() *Response {
	if atomic.CompareAndSwapUint32(&r.owned, 0, 1) {
		return r
	}
	other := &Response{
		Body: r.Body, Model: r.Model, RequestID: r.RequestID, Status: r.Status, Header: r.Header,
		Usage: r.Usage, Bytes: r.Bytes, Choices: make([]Choice, len(r.Choices)), owned: 1,
	}
	for i := range r.Choices {
		c := &r.Choices[i]
		other.Choices[i] = Choice{
			Content: c.Content, Refusal: c.Refusal, ToolCalls: c.ToolCalls,
			Reasoning: c.Reasoning, ReasoningKey: c.ReasoningKey, FinishReason: c.FinishReason,
		}
	}
	return other
}

// A Choice is one of a response's alternatives. The raw fields are JSON as
// they stand in the body: nil when absent, and may be null.
type Choice struct {
	Content      json.RawMessage // a string, or an array of parts
	Refusal      json.RawMessage // a string
	ToolCalls    json.RawMessage // an array
	Reasoning    json.RawMessage // a string
	ReasoningKey string          // the name under which it came: "reasoning_content" or "reasoning"
	FinishReason string          // "stop", "length", "tool_calls", "content_filter", ...

	// Set by [Config.Accept], if it likes; rows have them.
	Value   json.RawMessage // what the content means, JSON; nil: not said
	Repairs []string        // what had to be mended to read it, in words; nil: nothing
}

// Usage counts the tokens of one call as the provider reported them.
type Usage struct {
	Prompt     int64 // all input tokens, cached ones included
	Completion int64 // all output tokens, reasoning included
	Cached     int64 // of Prompt, those read from the provider's cache
	Reasoning  int64 // of Completion, those of reasoning
	Known      bool  // false: the provider reported none, or nonsense
}

// add counts v too; what is not known adds nothing.
func (u *Usage) add(v Usage) {
	if v.Known {
		*u = Usage{
			Prompt: u.Prompt + v.Prompt, Completion: u.Completion + v.Completion,
			Cached: u.Cached + v.Cached, Reasoning: u.Reasoning + v.Reasoning, Known: true,
		}
	}
}

// Text returns the text of the first choice, or "" when it has none.
func (r *Response) Text() string {
	if len(r.Choices) == 0 {
		return ""
	}
	return r.Choices[0].Text()
}

// FinishReason returns the first choice's finish reason.
func (r *Response) FinishReason() string {
	if len(r.Choices) == 0 {
		return ""
	}
	return r.Choices[0].FinishReason
}

// Text returns the choice's content decoded, or "" when it is not a string.
func (c *Choice) Text() string {
	var s string
	if len(c.Content) == 0 || json.Unmarshal(c.Content, &s) != nil {
		return ""
	}
	return s
}

// Cost is an amount of money. The zero value is an unknown one: a cost that is
// not known never reads as 0.
type Cost struct {
	USD   float64 // US dollars, meaningful only if Known
	Known bool
}

// sane returns c, or, where it is no amount, that it is not known.
func (c Cost) sane() Cost {
	if c.USD >= 0 && c.USD <= math.MaxFloat64 {
		return c
	}
	return Cost{}
}

// Add returns the sum of two costs, known only if both are.
func (c Cost) Add(d Cost) Cost { return Cost{USD: c.USD + d.USD, Known: c.Known && d.Known} }
