package sim

import (
	"fmt"
	"strings"
)

// Window is how a limit counts.
type Window uint8

// The windows. The zero value is the token bucket.
const (
	TokenBucket   Window = iota // fills continuously, up to its burst
	FixedWindow                 // begins anew at every full minute (or second) of the clock
	SlidingWindow               // counts the last minute (or second) before each request
)

// HeaderStyle is in whose manner the rate-limit headers are written.
type HeaderStyle uint8

// The styles. The zero value is OpenAI's.
const (
	OpenAIHeaders    HeaderStyle = iota // x-ratelimit-*, resets as Go durations; retry-after and -ms
	AzureHeaders                        // x-ratelimit-* without resets; retry-after and -ms
	AnthropicHeaders                    // anthropic-ratelimit-*, resets as RFC 3339; retry-after
	MistralHeaders                      // x-ratelimit-*-req-minute, no resets; no retry-after
	NoHeaders                           // none at all
)

// RetryAfter is how a refused request is told to wait.
type RetryAfter uint8

// The forms. The zero value is that of the header style.
const (
	RetryAfterDefault RetryAfter = iota
	RetryAfterSeconds            // retry-after: whole seconds, rounded up
	RetryAfterMillis             // retry-after-ms
	RetryAfterBoth               // both of these
	RetryAfterDate               // retry-after: an HTTP date
	RetryAfterNone               // neither
)

var (
	windowNames     = []string{"token-bucket", "fixed", "sliding"}
	headerNames     = []string{"openai", "azure", "anthropic", "mistral", "none"}
	retryAfterNames = []string{"default", "seconds", "ms", "both", "date", "none"}
)

// ParseWindow reads "token-bucket", "fixed" or "sliding".
func ParseWindow(s string) (Window, error) { return parseChoice[Window]("window", s, windowNames) }

// ParseHeaderStyle reads "openai", "azure", "anthropic", "mistral" or "none".
func ParseHeaderStyle(s string) (HeaderStyle, error) {
	return parseChoice[HeaderStyle]("header style", s, headerNames)
}

// ParseRetryAfter reads "default", "seconds", "ms", "both", "date" or "none".
func ParseRetryAfter(s string) (RetryAfter, error) {
	return parseChoice[RetryAfter]("retry-after form", s, retryAfterNames)
}

func parseChoice[T ~uint8](what, s string, names []string) (T, error) {
	for i, name := range names {
		if s == name {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q; use %s", what, s, strings.Join(names, ", "))
}

func choiceName[T ~uint8](v T, names []string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%d", v)
}

// String returns the name that [ParseWindow] takes.
func (w Window) String() string { return choiceName(w, windowNames) }

// String returns the name that [ParseHeaderStyle] takes.
func (s HeaderStyle) String() string { return choiceName(s, headerNames) }

// String returns the name that [ParseRetryAfter] takes.
func (r RetryAfter) String() string { return choiceName(r, retryAfterNames) }

// MarshalText is [Window.String].
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// MarshalText is [HeaderStyle.String].
func (s HeaderStyle) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalText is [RetryAfter.String].
func (r RetryAfter) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is [ParseWindow].
func (w *Window) UnmarshalText(text []byte) (err error) {
	*w, err = ParseWindow(string(text))
	return err
}

// UnmarshalText is [ParseHeaderStyle].
func (s *HeaderStyle) UnmarshalText(text []byte) (err error) {
	*s, err = ParseHeaderStyle(string(text))
	return err
}

// UnmarshalText is [ParseRetryAfter].
func (r *RetryAfter) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRetryAfter(string(text))
	return err
}
