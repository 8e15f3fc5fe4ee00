package sim

import (
	"net/http"
	"strconv"
	"time"
)

// setLimits writes the rate-limit headers in the style of a provider.
func (s HeaderStyle) setLimits(h http.Header, st state) {
	switch s {
	case OpenAIHeaders:
		openAIGauge(h, "requests", st.requests)
		openAIGauge(h, "tokens", st.tokens)
	case AzureHeaders:
		azureGauge(h, "requests", st.requests)
		azureGauge(h, "tokens", st.tokens)
	case AnthropicHeaders:
		anthropicGauge(h, "requests", st.requests, st.now)
		anthropicGauge(h, "tokens", st.tokens, st.now)
	case MistralHeaders:
		mistralGauge(h, "req-minute", st.requests)
		mistralGauge(h, "tokens-minute", st.tokens)
	}
}

func openAIGauge(h http.Header, what string, g gauge) {
	if g.limit == 0 {
		return
	}
	set(h, "x-ratelimit-limit-"+what, g.limit)
	set(h, "x-ratelimit-remaining-"+what, g.left)
	h.Set("x-ratelimit-reset-"+what, ceil(g.reset, time.Millisecond).String())
}

func azureGauge(h http.Header, what string, g gauge) {
	if g.limit == 0 {
		return
	}
	set(h, "x-ratelimit-limit-"+what, g.limit)
	set(h, "x-ratelimit-remaining-"+what, g.left)
}

func anthropicGauge(h http.Header, what string, g gauge, now time.Time) {
	if g.limit == 0 {
		return
	}
	set(h, "anthropic-ratelimit-"+what+"-limit", g.limit)
	set(h, "anthropic-ratelimit-"+what+"-remaining", g.left)
	reset := now.Add(ceil(g.reset, time.Second)).UTC().Format(time.RFC3339)
	h.Set("anthropic-ratelimit-"+what+"-reset", reset)
}

func mistralGauge(h http.Header, what string, g gauge) {
	if g.limit == 0 {
		return
	}
	set(h, "x-ratelimit-limit-"+what, g.limit)
	set(h, "x-ratelimit-remaining-"+what, g.left)
}

// setWait writes how long a refused request is to wait.
func (r RetryAfter) setWait(h http.Header, style HeaderStyle, wait time.Duration) {
	if r == RetryAfterDefault {
		r = style.retryAfter()
	}
	switch r {
	case RetryAfterSeconds:
		setSeconds(h, wait)
	case RetryAfterMillis:
		setMillis(h, wait)
	case RetryAfterBoth:
		setSeconds(h, wait)
		setMillis(h, wait)
	case RetryAfterDate:
		// An HTTP date has whole seconds: it must not lie before the end.
		end := time.Now().Add(wait + time.Second - 1).UTC()
		h.Set("Retry-After", end.Format(http.TimeFormat))
	}
}

// retryAfter returns the form that the style's provider uses.
func (s HeaderStyle) retryAfter() RetryAfter {
	switch s {
	case AzureHeaders, OpenAIHeaders:
		return RetryAfterBoth
	case AnthropicHeaders:
		return RetryAfterSeconds
	}
	return RetryAfterNone
}

func setSeconds(h http.Header, wait time.Duration) {
	set(h, "Retry-After", int64(ceil(wait, time.Second)/time.Second))
}

func setMillis(h http.Header, wait time.Duration) {
	set(h, "Retry-After-Ms", int64(ceil(wait, time.Millisecond)/time.Millisecond))
}

func set(h http.Header, name string, n int64) { h.Set(name, strconv.FormatInt(n, 10)) }

// ceil rounds up, as a wait must be.
func ceil(d, unit time.Duration) time.Duration {
	if rest := d % unit; rest > 0 {
		return d - rest + unit
	}
	return d
}
