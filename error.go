package paceline

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Hint is a server's explicit word on retrying (x-should-retry).
type Hint int8

// The hints. The zero value is none.
const (
	HintNone  Hint = 0
	HintRetry Hint = 1
	HintStop  Hint = -1
)

// An Error is why an attempt, and in the end an item, failed. It never
// contains a key: providers redact before they fill it.
type Error struct {
	Code    Code
	Message string // the provider's words, else ours; one line

	// Endpoint is the name of the endpoint that it came from, or its number, in
	// a pool of several; set by the engine. It never contains the address.
	Endpoint string

	Status       int         // the HTTP status, 0 if there was none
	Bytes        int64       // of the answer's body, as they came from the network, up to the failure; 0: not counted
	ProviderCode string      // the provider's own code or type, such as "rate_limit_exceeded"
	RequestID    string      // the provider's, "" if it gave none
	Body         []byte      // the provider's body, cut at 64 KiB
	Header       http.Header // the response's header, for its rate limits; may be nil

	// RetryAfter is how long the server asked to wait, from the moment at
	// which the error was made; 0 means that it did not say.
	RetryAfter time.Duration
	Hint       Hint

	// Remote is true if the server said it, false if we inferred it.
	Remote bool
	// MaybeBilled is true if the provider may charge for the attempt: it had
	// accepted the request when the answer was lost.
	MaybeBilled bool
	// Stale is true if a connection that had been kept from an earlier call
	// died before anything came back on it: most likely the server had closed
	// it already; or, of an attempt that was cut, that nothing came back on one that
	// had been idle for long, which may lead nowhere. Such a failure is retried at once, and once per call costs
	// no attempt.
	Stale bool
	// Usage is what is known to have been used despite the failure.
	Usage Usage

	// Attempts counts the attempts that were charged to the item; set by the
	// engine on an item's final error.
	Attempts int

	Err error // the cause, may be nil
}

// Error returns one line: code, status, provider's code, endpoint and message.
func (e *Error) Error() string {
	if e.Endpoint == "" {
		return e.words("")
	}
	return e.words(" at endpoint " + e.Endpoint)
}

// words returns the line with where it happened.
func (e *Error) words(where string) string {
	var b strings.Builder
	b.WriteString(e.Code.String())
	if e.Status != 0 {
		b.WriteString(" (HTTP ")
		b.WriteString(strconv.Itoa(e.Status))
		if e.ProviderCode != "" {
			b.WriteString(", ")
			b.WriteString(e.ProviderCode)
		}
		b.WriteString(")")
	}
	b.WriteString(where)
	if m := e.message(); m != "" {
		b.WriteString(": ")
		b.WriteString(m)
	}
	return b.String()
}

func (e *Error) message() string {
	if e.Message == "" && e.Err != nil {
		return e.Err.Error()
	}
	return e.Message
}

// ofKey reports whether the endpoint's key is at fault, which others may not be.
func (e *Error) ofKey() bool { return e.Code == CodeAuth || e.Code == CodeQuota }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first [*Error] in err's chain, or
// [CodeUnknown].
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeUnknown
}
