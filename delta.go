package paceline

import (
	"encoding/json"
	"net/http"
	"time"
)

// DeltaKind says what a [Delta] is a sign of.
type DeltaKind uint8

// The kinds of deltas. Only the kinds for which [DeltaKind.Progress] is true
// feed the first-token and stall deadlines.
const (
	DeltaSent      DeltaKind = iota // the request is written to its connection
	DeltaHeader                     // the response's header has arrived
	DeltaKeepAlive                  // a comment, a ping, a role-only or an empty chunk
	DeltaContent                    // text of the answer
	DeltaReasoning                  // text of the model's reasoning
	DeltaRefusal                    // text of a refusal
	DeltaToolCall                   // a piece of a tool call
	DeltaOther                      // a finish reason, usage: the end is near
	DeltaRepeat                     // the request was refused for something that the provider had added, and goes out once more without
	DeltaReady                      // the request's connection is open and nothing has been written to it; emit may hold it back
)

// Progress reports whether the model has produced something: connections, headers and
// keep-alives are no progress, a reasoning token is.
func (k DeltaKind) Progress() bool { return k >= DeltaContent && k < DeltaRepeat }

// A Delta is one sign of life of an attempt. Its slices belong to the provider
// and are valid until the emit function returns; clone what is to be kept.
type Delta struct {
	Kind   DeltaKind
	Choice int           // the choice's index, 0 unless n > 1
	Chunk  []byte        // the JSON of the chunk as it came; nil for headers and whole answers
	Quoted []byte        // the piece of text as a JSON string with its quotes, or nil
	Header http.Header   // for DeltaHeader: the response's header
	Took   time.Duration // for DeltaSent: the opening of its connection, a round trip; 0: an older one
	Limits *RateLimits   // for DeltaHeader: the rate limits that it tells; nil: none
}

// Text returns the delta's piece of text decoded, or "" when it has none.
func (d Delta) Text() string {
	if len(d.Quoted) == 0 {
		return ""
	}
	var s string
	if json.Unmarshal(d.Quoted, &s) != nil {
		return ""
	}
	return s
}
