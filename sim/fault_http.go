package sim

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
	"time"
)

// httpFaults are rows 1 to 14.
func httpFaults() []*fault {
	return []*fault{
		throttle(1, "429", "a rate limit, to be tried again in 1 s", "Retry-After", "1", "Retry-After-Ms", "1000"),
		throttle(1, "429-bare", "a rate limit without a word on when to come back"),
		body(1, "429-gemini", "a rate limit as Gemini words it, with a retryDelay of 2s", 429, "application/json", geminiBody),
		failWith(2, "quota", "429 insufficient_quota", errQuota),
		failWith(2, "spend-limit", "429 organization_spend_limit_exceeded", &apiError{429, "rate_limit_error", "organization_spend_limit_exceeded", "", "Your organization has reached its spend limit."}),
		failWith(2, "402", "payment required", &apiError{402, "billing_error", "credit_balance_exhausted", "", "Your credit balance is too low."}),
		statusFault(3, "408", "request time-out"), statusFault(3, "409", "conflict"),
		statusFault(3, "500", "internal error"), statusFault(3, "502", "bad gateway"),
		statusFault(3, "503", "overloaded"), statusFault(3, "504", "gateway time-out"),
		statusFault(3, "529", "overloaded, as Anthropic says it"),
		failWith(3, "503-rate", "503 that speaks of a rate limit", &apiError{503, "rate_limit_error", "slow_down", "", "Rate limit exceeded, slow down."}),
		withHeaders(3, "500-stop", "500 with x-should-retry: false", 500, "X-Should-Retry", "false"),
		withHeaders(3, "400-retry", "400 with x-should-retry: true", 400, "X-Should-Retry", "true"),
		statusFault(4, "401", "unknown key"), statusFault(4, "403", "not allowed"),
		body(4, "401-vllm", "unknown key, as vLLM says it: the error is a string", 401, "application/json", `{"error": "Unauthorized"}`),
		statusFault(5, "400", "invalid request"), statusFault(5, "404", "no such thing"), statusFault(5, "422", "cannot be processed"),
		body(5, "400-vllm", "invalid request, as vLLM says it: the code is a number", 400, "application/json",
			`{"object":"error","message":"temperature must be non-negative, got -1.0","type":"BadRequestError","param":null,"code":400}`),
		failWith(5, "context", "400 context_length_exceeded", errContext(8192, 9001)),
		body(5, "context-llamacpp", "a too long context, as llama.cpp says it", 400, "application/json",
			`{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error","n_prompt_tokens":9001,"n_ctx":8192}}`),
		failWith(5, "content-policy", "400 content_filter", &apiError{400, "invalid_request_error", "content_filter", "prompt", "The response was filtered."}),
		{Fault: Fault{"model-not-found", 5, "404 model_not_found"}, instead: func(c *call) { c.refuse(errModel(c.query.Model)) }},
		statusFault(6, "413", "request too large"),
		throttle(7, "retry-after-negative", "Retry-After: -1", "Retry-After", "-1"),
		throttle(7, "retry-after-fraction", "Retry-After: 1.5", "Retry-After", "1.5"),
		throttle(7, "retry-after-huge", "Retry-After: 99999999999999999999", "Retry-After", "99999999999999999999"),
		throttle(7, "retry-after-past", "Retry-After: a date long past", "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),
		throttle(7, "retry-after-unit", "Retry-After: 20ms", "Retry-After", "20ms"),
		throttle(7, "retry-after-both", "Retry-After: 2 and Retry-After-Ms: 1500", "Retry-After", "2", "Retry-After-Ms", "1500"),
		{Fault: Fault{"retry-after-date", 7, "Retry-After: the date in 2 s"}, instead: retryAfterDate},
		{Fault: Fault{"error-200", 8, "an error with status 200"}, instead: func(c *call) { c.bogus(200, jsonType[0], statusError(500).append(nil)) }},
		{Fault: Fault{"finish-error", 8, `finish_reason "error"`}, answer: finishWith("error")},
		body(9, "html", "an HTML page with status 200", 200, "text/html; charset=utf-8", htmlPage),
		body(9, "html-502", "an HTML page with status 502", 502, "text/html", htmlPage),
		body(10, "empty", "no body", 200, "application/json", ""),
		body(10, "null", "the body null", 200, "application/json", "null"),
		{Fault: Fault{"two-bodies", 10, "two JSON bodies, one after the other"}, json: true, wire: &wire{whole: func(c *call, b []byte) { c.bogus(200, jsonType[0], append(b, b...)) }}},
		{Fault: Fault{"short", 11, "a Content-Length beyond the end"}, json: true, wire: &wire{whole: short}},
		{Fault: Fault{"gzip-bomb", 12, "1 MB of gzip that unfolds to 1 GiB"}, instead: gzipBomb},
		{Fault: Fault{"huge-headers", 13, "12 MB of headers"}, instead: hugeHeaders},
		{Fault: Fault{"redirect", 14, "302 to another host"}, instead: redirect(302)},
		{Fault: Fault{"redirect-307", 14, "307 to another host"}, instead: redirect(307)},
	}
}

const (
	htmlPage   = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"
	geminiBody = `{"error":{"code":429,"message":"You exceeded your current rate.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}}`
)

func failWith(row int, name, doc string, e *apiError) *fault {
	return &fault{Fault: Fault{name, row, doc}, instead: func(c *call) { c.refuse(e) }}
}

// statusFault is named for its status.
func statusFault(row int, name, doc string) *fault {
	status := 0
	for _, digit := range name {
		status = status*10 + int(digit-'0')
	}
	return failWith(row, name, doc, statusError(status))
}

func withHeaders(row int, name, doc string, status int, headers ...string) *fault {
	return &fault{Fault: Fault{name, row, doc}, instead: func(c *call) {
		for i := 0; i < len(headers); i += 2 {
			c.w.Header().Set(headers[i], headers[i+1])
		}
		c.refuse(statusError(status))
	}}
}

func throttle(row int, name, doc string, headers ...string) *fault {
	return withHeaders(row, name, doc, 429, headers...)
}

func retryAfterDate(c *call) {
	RetryAfterDate.setWait(c.w.Header(), c.s.cfg.Headers, 2*time.Second)
	c.refuse(statusError(429))
}

func body(row int, name, doc string, status int, kind, text string) *fault {
	return &fault{Fault: Fault{name, row, doc}, instead: func(c *call) { c.bogus(status, kind, []byte(text)) }}
}

// bogus sends a body that is no answer.
func (c *call) bogus(status int, kind string, body []byte) {
	c.rec.Status = status
	c.w.Header().Set("Content-Type", kind)
	c.w.WriteHeader(status)
	c.w.Write(body)
}

func redirect(status int) func(*call) {
	return func(c *call) {
		c.w.Header().Set("Location", "http://elsewhere.invalid/v1/chat/completions")
		c.bogus(status, "text/plain", nil)
	}
}

// bombPart is 16 MiB of blanks as one gzip member; many of them in a row are a
// valid gzip file too.
var bombPart = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	blanks := []byte(strings.Repeat(" ", 1<<20))
	for range 16 {
		z.Write(blanks) // cannot fail, nor can Close
	}
	z.Close()
	return b.Bytes()
})

func gzipBomb(c *call) {
	c.w.Header().Set("Content-Encoding", "gzip")
	c.w.Header().Set("Content-Type", "application/json")
	c.rec.Status = http.StatusOK
	c.w.WriteHeader(http.StatusOK)
	for range 64 {
		if _, err := c.w.Write(bombPart()); err != nil {
			return
		}
	}
}
