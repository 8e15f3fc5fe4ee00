package openai

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
)

// rateLimits reads the limits that a response's header tells, in the manner of
// whichever provider sent it; nil if there are none.
func rateLimits(h http.Header) *paceline.RateLimits {
	if !tellsLimits(h) {
		return nil
	}
	r := paceline.RateLimits{
		Requests:     allowance(h, requestHeaders),
		Tokens:       allowance(h, tokenHeaders),
		InputTokens:  allowance(h, inputHeaders),
		OutputTokens: allowance(h, outputHeaders),
	}
	if r == (paceline.RateLimits{}) {
		return nil
	}
	told := r // only what is told takes room of its own
	return &told
}

// tellsLimits reports whether any field may be one of those below: most servers that
// people run themselves send none, and to look for each of them takes longer.
func tellsLimits(h http.Header) bool {
	for name := range h {
		if strings.Contains(name, "limit-") { // X-Ratelimit-, X-Tokenlimit-, Anthropic-Ratelimit-
			return true
		}
	}
	return false
}

// names are the headers in which one provider tells one limit.
type names struct {
	limit, left, reset string
	window             time.Duration // 0: the resets tell it
}

// In each list the first whose limit is there counts. Keys are canonical.
var (
	requestHeaders = []names{
		{"X-Ratelimit-Limit-Requests", "X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests", 0},                                   // OpenAI, Groq (a day), Azure
		{"Anthropic-Ratelimit-Requests-Limit", "Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset", time.Minute}, // Anthropic
		{"X-Ratelimit-Limit-Req-Minute", "X-Ratelimit-Remaining-Req-Minute", "", time.Minute},                                               // Mistral
		{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "", time.Second},                                                                     // Together
	}
	tokenHeaders = []names{
		{"X-Ratelimit-Limit-Tokens", "X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens", 0},
		{"Anthropic-Ratelimit-Tokens-Limit", "Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Tokens-Reset", time.Minute},
		{"X-Ratelimit-Limit-Tokens-Minute", "X-Ratelimit-Remaining-Tokens-Minute", "", time.Minute},
		{"X-Tokenlimit-Limit", "X-Tokenlimit-Remaining", "", time.Second},
	}
	inputHeaders = []names{
		{"Anthropic-Ratelimit-Input-Tokens-Limit", "Anthropic-Ratelimit-Input-Tokens-Remaining", "Anthropic-Ratelimit-Input-Tokens-Reset", time.Minute},
	}
	outputHeaders = []names{
		{"Anthropic-Ratelimit-Output-Tokens-Limit", "Anthropic-Ratelimit-Output-Tokens-Remaining", "Anthropic-Ratelimit-Output-Tokens-Reset", time.Minute},
	}
)

func allowance(h http.Header, providers []names) paceline.Allowance {
	for _, n := range providers {
		limit, ok := number(h, n.limit)
		if !ok || limit <= 0 { // Azure says 0 and -1 for "unknown"
			continue
		}
		a := paceline.Allowance{Limit: limit, Left: limit, Window: n.window}
		if left, ok := number(h, n.left); ok && left >= 0 && left <= limit {
			a.Left = left
		}
		if reset := first(h, n.reset); reset != "" {
			if d, err := time.ParseDuration(reset); err == nil && d > 0 {
				a.Reset = d
			}
		}
		return a
	}
	return paceline.Allowance{}
}

func number(h http.Header, key string) (float64, bool) {
	value := first(h, key)
	if value == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(value, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

func first(h http.Header, key string) string {
	if v := h[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}
