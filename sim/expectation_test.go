package sim

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// expectation is what is to be seen of a fault when a stream was asked for.
type expectation struct {
	ask    string            // further fields of the request
	status int               // 0: no answer
	err    func(error) bool  // nil: none
	header map[string]string // of the response
	paths  map[string]string // in the body, as JSON
	has    []string          // in the body
	lacks  []string
	see    func(t *testing.T, o *observed)
}

func errorIs(status int, code string) expectation {
	return expectation{status: status, paths: map[string]string{"error.code": code}}
}

func throttledWith(value string) expectation {
	return expectation{status: 429, header: map[string]string{"Retry-After": value}}
}

var page = expectation{status: 200, header: map[string]string{"Content-Type": "text/html; charset=utf-8"}, has: []string{"<html>"}}

// half is a stream that broke off in the middle.
func half(t *testing.T, o *observed) {
	t.Helper()
	r := o.streamed()
	if len(r.choices) == 0 || r.choices[0].content == "" || r.choices[0].finish != "" || r.done {
		t.Errorf("not half a stream: %q", o.body)
	}
}

// whole is a stream that means what one without faults does.
func whole(t *testing.T, o *observed) {
	t.Helper()
	r := o.streamed()
	if len(r.choices) == 0 || r.choices[0].finish != "stop" || r.usage == "" {
		t.Errorf("not a whole stream: %q", o.body)
	}
}

// wantSchema asks for a document by a schema.
const wantSchema = `,"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}`

func usageIs(raw string) expectation {
	return expectation{status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "usage", o.streamed().usage, raw) }}
}

func finishes(reason string) expectation {
	return expectation{status: 200, see: func(t *testing.T, o *observed) {
		mustBe(t, "finish reason", o.streamed().choices[0].finish, reason)
	}}
}

var expectations = map[string]expectation{
	"429":                  {status: 429, header: map[string]string{"Retry-After": "1", "Retry-After-Ms": "1000"}, paths: map[string]string{"error.code": "rate_limit_exceeded"}},
	"429-bare":             throttledWith(""),
	"429-gemini":           {status: 429, paths: map[string]string{"error.details.1.retryDelay": "2s"}},
	"quota":                errorIs(429, "insufficient_quota"),
	"spend-limit":          errorIs(429, "organization_spend_limit_exceeded"),
	"402":                  errorIs(402, "credit_balance_exhausted"),
	"408":                  errorIs(408, ""),
	"409":                  errorIs(409, ""),
	"500":                  errorIs(500, ""),
	"502":                  errorIs(502, ""),
	"503":                  errorIs(503, ""),
	"504":                  errorIs(504, ""),
	"529":                  {status: 529, paths: map[string]string{"error.type": "overloaded_error"}},
	"503-rate":             errorIs(503, "slow_down"),
	"500-stop":             {status: 500, header: map[string]string{"X-Should-Retry": "false"}},
	"400-retry":            {status: 400, header: map[string]string{"X-Should-Retry": "true"}},
	"401":                  errorIs(401, "invalid_api_key"),
	"403":                  {status: 403, paths: map[string]string{"error.type": "insufficient_permissions"}},
	"401-vllm":             {status: 401, paths: map[string]string{"error": "Unauthorized"}},
	"400":                  errorIs(400, ""),
	"404":                  errorIs(404, ""),
	"422":                  errorIs(422, ""),
	"400-vllm":             {status: 400, paths: map[string]string{"code": "400", "object": "error"}},
	"context":              errorIs(400, "context_length_exceeded"),
	"context-llamacpp":     {status: 400, paths: map[string]string{"error.type": "exceed_context_size_error"}},
	"content-policy":       errorIs(400, "content_filter"),
	"model-not-found":      errorIs(404, "model_not_found"),
	"413":                  errorIs(413, "request_too_large"),
	"retry-after-negative": throttledWith("-1"),
	"retry-after-fraction": throttledWith("1.5"),
	"retry-after-huge":     throttledWith("99999999999999999999"),
	"retry-after-past":     throttledWith("Wed, 21 Oct 2015 07:28:00 GMT"),
	"retry-after-unit":     throttledWith("20ms"),
	"retry-after-both":     {status: 429, header: map[string]string{"Retry-After": "2", "Retry-After-Ms": "1500"}},
	"retry-after-date":     throttledWith("Sat, 01 Jan 2000 00:00:02 GMT"),
	"error-200":            {status: 200, paths: map[string]string{"error.type": "server_error"}},
	"finish-error":         finishes("error"),
	"html":                 page,
	"html-502":             {status: 502, has: []string{"<html>"}},
	"empty":                {status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "body", o.body, "") }},
	"null":                 {status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "body", o.body, "null") }},
	"two-bodies": {status: 200, see: func(t *testing.T, o *observed) {
		mustBe(t, "bodies", strings.Count(o.body, `"object":"chat.completion"`), 2)
	}},
	"short":        {status: 200, err: isShort, has: []string{`"object":"chat.completion"`}},
	"gzip-bomb":    {status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "as much as was read", len(o.body), 32<<20) }},
	"huge-headers": {err: isTooMuch},
	"redirect":     {status: 302, header: map[string]string{"Location": "http://elsewhere.invalid/v1/chat/completions"}},
	"redirect-307": {status: 307, header: map[string]string{"Location": "http://elsewhere.invalid/v1/chat/completions"}},

	"reset":        {err: isReset},
	"close":        {err: isEnd},
	"garbage":      {err: isGarbage},
	"stale":        {status: 200, has: []string{`"finish_reason":"stop"`}},
	"body-reset":   {status: 200, err: isReset, see: half},
	"hang":         {err: isPatience},
	"hang-headers": {status: 200, err: isPatience, see: func(t *testing.T, o *observed) { mustBe(t, "body", o.body, "") }},
	"stall":        {status: 200, err: isPatience, see: half},
	"drip": {status: 200, see: func(t *testing.T, o *observed) {
		mustBe(t, "time", o.took, 31*dripGap)
	}},
	"goaway": {status: 200, see: whole},

	"sse-crlf":      {status: 200, has: []string{"[DONE]\r\n\r\n"}},
	"sse-cr":        {status: 200, has: []string{"[DONE]\r\r"}, lacks: []string{"\n"}},
	"sse-bom":       {status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "beginning", o.body[:8], "\ufeffdata:") }},
	"sse-comments":  {status: 200, has: []string{": OPENROUTER PROCESSING\n\n"}},
	"sse-multiline": {status: 200, has: []string{"\ndata: ,\ndata:\ndata: \"object\""}},
	"sse-fields":    {status: 200, has: []string{"event: message\nid: ", "\nretry: 3000\n", "\ndata\ndata:{"}},
	"sse-bytes":     {status: 200, see: whole},
	"long-line":     {status: 200, see: func(t *testing.T, o *observed) { whole(t, o); hasLine(t, o, 4<<20) }},
	"endless-line":  {status: 200, see: func(t *testing.T, o *observed) { hasLine(t, o, 31<<20) }},
	"cut":           {status: 200, see: half},
	"cut-end": {status: 200, see: func(t *testing.T, o *observed) {
		half(t, o)
		mustBe(t, "tokens", len(tokenize(o.streamed().choices[0].content)), defaultTokens)
	}},
	"no-done":             {status: 200, see: whole, lacks: []string{"[DONE]"}},
	"stream-error":        {status: 200, see: half, has: []string{`data: {"error":{`}},
	"stream-error-event":  {status: 200, see: half, has: []string{"event: error\ndata: {\"error\":{"}},
	"stream-error-done":   {status: 200, has: []string{`data: {"error":{`, "data: [DONE]"}},
	"stream-error-object": {status: 200, see: half, has: []string{`data: {"object":"error"`}},
	"stream-error-chunk":  {status: 200, has: []string{`"error":{"code":502`}},
	"stream-throttled":    {status: 200, see: half, has: []string{"rate_limit_exceeded"}},
	"endless":             {status: 200, err: isPatience, has: []string{`{"content":" more"}`}},
	"pings":               {status: 200, err: isPatience, has: []string{": ping\n\n: ping\n\n"}, see: half},
	"after-done":          {status: 200, has: []string{"after the end"}},
	"json":                {status: 200, paths: map[string]string{"object": "chat.completion", "choices.0.finish_reason": "stop"}},

	"no-choices":   {status: 200, has: []string{`"choices":[]`}, lacks: []string{`"delta"`}},
	"null-choices": {status: 200, has: []string{`"choices":null`}, lacks: []string{`"delta"`}},
	"length": {status: 200, see: func(t *testing.T, o *observed) {
		mustBe(t, "finish reason", o.streamed().choices[0].finish, "length")
		mustBe(t, "tokens", gjson.Get(o.streamed().usage, "completion_tokens").Int(), int64(defaultTokens/2))
	}},
	"content-filter":      finishes("content_filter"),
	"refusal":             {status: 200, has: []string{`"refusal":"I'm"`, `"finish_reason":"stop"`}, lacks: []string{`"content":"I`}},
	"tool-index-repeated": {status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "indexes", indexes(o), "0 0") }},
	"tool-index-missing":  {status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "indexes", indexes(o), "- -") }},
	"tool-index-one":      {status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "indexes", indexes(o), "1 2") }},
	"tool-duplicate-ids": {status: 200, see: func(t *testing.T, o *observed) {
		ids := o.streamed().choices[0].ids
		if len(ids) != 2 || ids[0] != ids[1] {
			t.Errorf("ids %q", ids)
		}
	}},
	"invalid-utf8": {status: 200, see: func(t *testing.T, o *observed) {
		if utf8.ValidString(o.body) {
			t.Error("the body is valid UTF-8")
		}
	}},
	"lone-surrogate": {status: 200, has: []string{`\ud83d"`}, lacks: []string{surrogate}},
	"no-usage":       usageIs(""),
	"null-usage":     {status: 200, has: []string{`"choices":[],"usage":null}`}},
	"negative-usage": usageIs(`{"prompt_tokens":-5,"completion_tokens":-1,"total_tokens":-6}`),
	"infinite-usage": usageIs(`{"prompt_tokens":1e999,"completion_tokens":1e999,"total_tokens":1e999}`),
	"duplicate-keys": {status: 200, has: []string{`{"model":"decoy","choices":[],"id"`, `"model":"m"`}},
	"odd-case":       {status: 200, has: []string{`,"MODEL":"decoy","Choices":[],"uSage":null}`}},
	"deep": {status: 200, see: func(t *testing.T, o *observed) {
		var v any
		first, _, _ := strings.Cut(strings.TrimPrefix(o.body, "data: "), "\n")
		if err := json.Unmarshal([]byte(first), &v); err == nil || !strings.Contains(err.Error(), "depth") {
			t.Errorf("encoding/json takes it: %v", err)
		}
	}},
	"other-model": {status: 200, has: []string{`"model":"m-2024-07-18"`}},
	"fenced": {status: 200, see: func(t *testing.T, o *observed) {
		mustBe(t, "content", o.text()[:31], "Here is the answer:\n\n```json\nHo")
	}},
	"format-refused": {ask: wantSchema, status: 400, paths: map[string]string{"error.param": "response_format"}},
	"format-ignored": {ask: wantSchema, status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "content", o.text()[:3], "How") }},
	"invalid":        {status: 200, see: func(t *testing.T, o *observed) { mustBe(t, "content", o.text()[:9], "I'm sorry") }},
}

// hasLine wants a line of at least so many bytes.
func hasLine(t *testing.T, o *observed, least int) {
	t.Helper()
	n := 0
	for line := range strings.SplitSeq(o.body, "\n") {
		n = max(n, len(line))
	}
	if n < least {
		t.Errorf("the longest line has %d bytes, want %d", n, least)
	}
}

// indexes lists the indexes under which the two calls begin.
func indexes(o *observed) string {
	var list []string
	for event := range strings.SplitSeq(o.body, "\n\n") {
		call := gjson.Get(strings.TrimPrefix(event, "data: "), "choices.0.delta.tool_calls.0")
		if !call.Get("id").Exists() {
			continue
		}
		if i := call.Get("index"); i.Exists() {
			list = append(list, i.Raw)
		} else {
			list = append(list, "-")
		}
	}
	return strings.Join(list, " ")
}
