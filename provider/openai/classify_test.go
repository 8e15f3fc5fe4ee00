package openai

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
)

// failsWith makes an attempt and returns its error.
func failsWith(t *testing.T, rt http.RoundTripper, path string) *paceline.Error {
	t.Helper()
	resp, _, err := ask(rt, path)
	e, ok := errors.AsType[*paceline.Error](err)
	if !ok {
		t.Fatalf("no error but %v, %v", resp, err)
	}
	return e
}

var statusCases = []struct {
	name, body string
	status     int
	header     http.Header
	code       paceline.Code
	provider   string
}{
	{"Fault01Throttled", `{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}`, 429, nil, paceline.CodeThrottled, "rate_limit_exceeded"},
	{"Fault01NothingSaid", ``, 429, nil, paceline.CodeThrottled, ""},
	{"Fault01ProseIsNoQuota", `{"error":{"message":"You exceeded your current quota, please check your plan and billing details."}}`, 429, nil, paceline.CodeThrottled, ""},
	{"Fault01GeminiMinute", `[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProject"}]}]}}]`, 429, nil, paceline.CodeThrottled, "RESOURCE_EXHAUSTED"},
	{"Fault02GeminiDay", `[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]}]}}]`, 429, nil, paceline.CodeQuota, "RESOURCE_EXHAUSTED"},
	{"Fault01TooLargeForTheLimit", `{"error":{"message":"Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 45000. The input or output tokens must be reduced.","type":"tokens","code":"rate_limit_exceeded"}}`, 429, http.Header{"Retry-After": {"7"}, "X-Should-Retry": {"true"}}, paceline.CodeTooLarge, "rate_limit_exceeded"},
	{"Fault01TooLargeByGroq", `{"error":{"message":"Request too large for model ` + "`llama`" + ` on tokens per minute (TPM): Limit 6,000, Requested 7,213, please reduce your message size and try again.","type":"tokens","code":"rate_limit_exceeded"}}`, 413, nil, paceline.CodeTooLarge, "rate_limit_exceeded"},
	{"Fault01TooLargeByItsNumbers", `{"error":{"message":"Rate limit reached on tokens per min (TPM): Limit 30000, Used 0, Requested 30001.","type":"tokens","code":"rate_limit_exceeded"}}`, 429, nil, paceline.CodeTooLarge, "rate_limit_exceeded"},
	{"Fault01TooLargeByItsWords", `{"error":{"message":"Request is too large for this deployment"}}`, 429, nil, paceline.CodeTooLarge, ""},
	{"Fault01FitsLater", `{"error":{"message":"Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 30000. Please try again in 58s.","type":"tokens","code":"rate_limit_exceeded"}}`, 429, nil, paceline.CodeThrottled, "rate_limit_exceeded"},
	{"Fault01NotTooLargeByItsNumbers", `{"error":{"message":"Request too large for now: Limit 30000, Requested 2000."}}`, 429, nil, paceline.CodeThrottled, ""},
	{"Fault02Quota", `{"error":{"message":"m","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`, 429, nil, paceline.CodeQuota, "insufficient_quota"},
	{"Fault02QuotaByType", `{"error":{"message":"m","type":"insufficient_quota","code":null}}`, 429, nil, paceline.CodeQuota, "insufficient_quota"},
	{"Fault02Spend", `{"error":{"message":"m","code":"project_spend_limit_exceeded"}}`, 429, nil, paceline.CodeQuota, "project_spend_limit_exceeded"},
	{"Fault02Balance", `{"error":{"message":"m","code":"credit_balance_exhausted"}}`, 400, nil, paceline.CodeQuota, "credit_balance_exhausted"},
	{"Fault02Payment", `{"error":{"message":"Insufficient credits","code":402}}`, 402, nil, paceline.CodeQuota, "402"},
	{"Fault02MistralZero", `{"message":"Requests rate limit exceeded"}`, 429, http.Header{"X-Ratelimit-Limit-Req-Minute": {"0"}}, paceline.CodeQuota, ""},
	{"Fault03_408", ``, 408, nil, paceline.CodeServer, ""},
	{"Fault03_409", ``, 409, nil, paceline.CodeServer, ""},
	{"Fault03_425", ``, 425, nil, paceline.CodeServer, ""},
	{"Fault03_499", ``, 499, nil, paceline.CodeServer, ""},
	{"Fault03_500", `{"error":{"message":"m","type":"server_error","code":null}}`, 500, nil, paceline.CodeServer, "server_error"},
	{"Fault03_502", `<html>bad</html>`, 502, nil, paceline.CodeServer, ""},
	{"Fault03_503", `{"error":{"message":"The server is overloaded","type":"server_error"}}`, 503, nil, paceline.CodeServer, "server_error"},
	{"Fault03_503Rate", `{"error":{"message":"m","type":"server_error","code":"slow_down"}}`, 503, nil, paceline.CodeThrottled, "slow_down"},
	{"Fault03_503RateWords", `{"error":{"message":"Rate limit reached"}}`, 503, nil, paceline.CodeThrottled, ""},
	{"Fault03_504", ``, 504, nil, paceline.CodeServer, ""},
	{"Fault03_529", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, 529, nil, paceline.CodeThrottled, "overloaded_error"},
	{"Fault03_498", ``, 498, nil, paceline.CodeThrottled, ""},
	{"Fault04_401", `{"error":{"message":"m","code":"invalid_api_key"}}`, 401, nil, paceline.CodeAuth, "invalid_api_key"},
	{"Fault04_401vLLM", `{"error": "Unauthorized"}`, 401, nil, paceline.CodeAuth, ""},
	{"Fault04_403", `forbidden`, 403, nil, paceline.CodeAuth, ""},
	{"Fault05_400", `{"error":{"message":"bad","type":"invalid_request_error","param":"temperature","code":null}}`, 400, nil, paceline.CodeInvalidRequest, "invalid_request_error"},
	{"Fault05_400Context", `{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}`, 400, nil, paceline.CodeContextTooLong, "context_length_exceeded"},
	{"Fault05_400vLLM", `{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","param":null,"code":400}`, 400, nil, paceline.CodeContextTooLong, "BadRequestError"},
	{"Fault05_400llama", `{"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}`, 400, nil, paceline.CodeContextTooLong, "exceed_context_size_error"},
	{"Fault05_500llama", `{"error":{"code":500,"message":"m","type":"exceed_context_size_error"}}`, 500, nil, paceline.CodeContextTooLong, "exceed_context_size_error"},
	{"Fault05_400Filter", `{"error":{"message":"m","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, 400, nil, paceline.CodeContentFilter, "content_filter"},
	{"Fault05_400AzureInner", `{"error":{"message":"m","code":null,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, 400, nil, paceline.CodeContentFilter, "ResponsibleAIPolicyViolation"},
	{"Fault05_404Model", `{"error":{"message":"The model x does not exist","type":"invalid_request_error","code":"model_not_found"}}`, 404, nil, paceline.CodeModelNotFound, "model_not_found"},
	{"Fault05_404vLLM", `{"object":"error","message":"The model x does not exist.","type":"NotFoundError","param":null,"code":404}`, 404, nil, paceline.CodeModelNotFound, "NotFoundError"},
	{"Fault05_404Ollama", `{"error":{"message":"model \"x\" not found, try pulling it first","type":"api_error","param":null,"code":null}}`, 404, nil, paceline.CodeModelNotFound, "api_error"},
	{"Fault05_404Azure", `{"error":{"code":"DeploymentNotFound","message":"m"}}`, 404, nil, paceline.CodeModelNotFound, "DeploymentNotFound"},
	{"Fault05_404Path", `{"detail":"Not Found"}`, 404, nil, paceline.CodeInvalidRequest, ""},
	{"Fault05_404PathLlama", `{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}`, 404, nil, paceline.CodeInvalidRequest, "not_found_error"},
	{"Fault05_422", `{"detail":[{"loc":["body"],"msg":"field required"}]}`, 422, nil, paceline.CodeInvalidRequest, ""},
	{"Fault05_405", ``, 405, nil, paceline.CodeInvalidRequest, ""},
	{"Fault06_413", `too large`, 413, nil, paceline.CodeTooLarge, ""},
	{"Fault09HTML500", `<!doctype html><title>Oops</title>`, 500, http.Header{"Content-Type": {"text/html"}}, paceline.CodeServer, ""},
	{"Fault14_301", ``, 301, http.Header{"Location": {"https://elsewhere.invalid/"}}, paceline.CodeRedirect, ""},
	{"Fault14_307", ``, 307, http.Header{"Location": {"https://elsewhere.invalid/"}}, paceline.CodeRedirect, ""},
	{"Fault23_407", ``, 407, nil, paceline.CodeProxy, ""},
}

func TestStatus(t *testing.T) {
	for _, c := range statusCases {
		t.Run(c.name, func(t *testing.T) {
			asked := 0
			rt := transport(func(r *http.Request) (*http.Response, error) {
				asked++
				return answer(c.status, c.header, c.body)(r)
			})
			e := failsWith(t, rt, "")
			if e.Code != c.code || e.ProviderCode != c.provider || e.Status != c.status || !e.Remote || e.MaybeBilled {
				t.Errorf("got %+v, want code %s of %q", e, c.code, c.provider)
			}
			if string(e.Body) != c.body || e.Message == "" || strings.Contains(e.Message, "\n") {
				t.Errorf("body %q, message %q", e.Body, e.Message)
			}
			if asked != 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// inside are failures that come with status 200, whole or streamed.
var inside = []struct {
	name, body string
	code       paceline.Code
}{
	{"Fault08Error", `{"error":{"message":"m","type":"server_error"}}`, paceline.CodeServer},
	{"Fault08InnerNumber", `{"error":{"message":"m","code":429}}`, paceline.CodeThrottled},
	{"Fault08InnerNumberAsText", `{"error":{"message":"m","code":"503"}}`, paceline.CodeServer},
	{"Fault08InnerCode", `{"error":{"message":"m","code":"insufficient_quota"}}`, paceline.CodeQuota},
	{"Fault08InnerType", `{"error":{"message":"m","type":"invalid_request_error"}}`, paceline.CodeInvalidRequest},
	{"Fault08Overloaded", `{"type":"error","error":{"type":"overloaded_error","message":"m"}}`, paceline.CodeThrottled},
	{"Fault08Text", `{"error":"it broke"}`, paceline.CodeServer},
	{"Fault08Finish", `{"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"delta":{},"finish_reason":"error"}]}`, paceline.CodeServer},
	{"Fault08InChoice", `{"choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop","error":{"code":502,"message":"m"}}]}`, paceline.CodeServer},
	{"Fault29ObjectError", `{"object":"error","message":"m","type":"BadRequestError","param":null,"code":400}`, paceline.CodeInvalidRequest},
	{"Fault29OpenRouter", `{"id":"g","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":429,"message":"m"}}`, paceline.CodeThrottled},
}

func TestErrorsInside(t *testing.T) {
	const content = `data: {"choices":[{"index":0,"delta":{"content":"some"},"finish_reason":null}]}` + "\n\n"
	for _, c := range inside {
		t.Run(c.name, func(t *testing.T) {
			for _, body := range []string{c.body, "data: " + c.body + "\n\ndata: [DONE]\n\n"} {
				if e := failsWith(t, answer(200, nil, body), ""); e.Code != c.code || !e.Remote || e.MaybeBilled || e.Message == "" {
					t.Errorf("%s: %+v, want %s", body, e, c.code)
				}
			}
			e := failsWith(t, answer(200, nil, content+"data: "+c.body+"\n\n"), "")
			if e.Code != c.code || !e.Remote || !e.MaybeBilled {
				t.Errorf("after content: %+v, want %s", e, c.code)
			}
		})
	}
}

func TestFault29ErrorEvent(t *testing.T) {
	e := failsWith(t, answer(200, nil, "event: error\ndata: {\"message\":\"m\",\"code\":\"rate_limit_exceeded\"}\n\n"), "")
	if e.Code != paceline.CodeThrottled || e.Message != "m" {
		t.Errorf("got %+v", e)
	}
}

func TestFault07RetryAfter(t *testing.T) {
	date := "Mon, 02 Jan 2006 15:04:05 GMT"
	cases := []struct {
		name string
		h    http.Header
		want time.Duration
	}{
		{"none", http.Header{}, 0},
		{"seconds", http.Header{"Retry-After": {"7"}}, 7 * time.Second},
		{"fraction", http.Header{"Retry-After": {"1.5"}}, 1500 * time.Millisecond},
		{"blanks", http.Header{"Retry-After": {" 2 "}}, 2 * time.Second},
		{"negative", http.Header{"Retry-After": {"-1"}}, 0},
		{"huge", http.Header{"Retry-After": {"99999999999999999999"}}, 24 * time.Hour},
		{"infinite", http.Header{"Retry-After": {"1e999"}}, 0},
		{"NaN", http.Header{"Retry-After": {"NaN"}}, 0},
		{"nonsense", http.Header{"Retry-After": {"soon"}}, 0},
		{"duration", http.Header{"Retry-After": {"20ms"}}, 20 * time.Millisecond},
		{"long duration", http.Header{"Retry-After": {"2m59.56s"}}, 179560 * time.Millisecond},
		{"ms", http.Header{"Retry-After-Ms": {"250"}}, 250 * time.Millisecond},
		{"both", http.Header{"Retry-After-Ms": {"1250"}, "Retry-After": {"2"}}, 1250 * time.Millisecond},
		{"bad ms", http.Header{"Retry-After-Ms": {"-3"}, "Retry-After": {"2"}}, 2 * time.Second},
		{"two of them", http.Header{"Retry-After": {"2", "5"}}, 5 * time.Second},
		{"date", http.Header{"Date": {date}, "Retry-After": {"Mon, 02 Jan 2006 15:04:35 GMT"}}, 30 * time.Second},
		{"past date", http.Header{"Date": {date}, "Retry-After": {"Mon, 02 Jan 2006 15:03:35 GMT"}}, 0},
		{"far date", http.Header{"Date": {date}, "Retry-After": {"Mon, 02 Jan 2186 15:03:35 GMT"}}, 24 * time.Hour},
	}
	for _, c := range cases {
		if got := retryAfter(c.h); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func FuzzFault07RetryAfter(f *testing.F) {
	f.Add("7", "x")
	f.Add("-1", "1e308")
	f.Add("Mon, 02 Jan 2006 15:04:05 GMT", "9223372036854775807")
	f.Add("9999999h", "0x1p-2")
	f.Fuzz(func(t *testing.T, after, ms string) {
		d := retryAfter(http.Header{"Retry-After": {after}, "Retry-After-Ms": {ms}})
		if d < 0 || d > maxRetryAfter {
			t.Errorf("%q, %q: %v", after, ms, d)
		}
	})
}

func TestHintsAndDelaysReachTheError(t *testing.T) {
	h := http.Header{"X-Should-Retry": {"false"}, "Retry-After-Ms": {"1500"}, "X-Request-Id": {"req_1"}}
	e := failsWith(t, answer(429, h, `{}`), "")
	if e.Hint != paceline.HintStop || e.RetryAfter != 1500*time.Millisecond || e.RequestID != "req_1" || e.Header.Get("X-Request-Id") == "" {
		t.Errorf("got %+v", e)
	}
	e = failsWith(t, answer(400, http.Header{"X-Should-Retry": {"true"}}, `{}`), "")
	if e.Hint != paceline.HintRetry || e.Verdict() != paceline.VerdictRetry {
		t.Errorf("got %+v", e)
	}
	body := `[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"46s"}]}}]`
	if e := failsWith(t, answer(429, nil, body), ""); e.RetryAfter != 46*time.Second {
		t.Errorf("Gemini's delay: %+v", e)
	}
}

func TestMalformedAnswers(t *testing.T) {
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	cases := []struct{ name, body string }{
		{"Fault09HTML", "<html>hello</html>"},
		{"Fault10Empty", ""},
		{"Fault10Blank", "  \r\n "},
		{"Fault10Null", "null"},
		{"Fault10TwoBodies", wholeAnswer + wholeAnswer},
		{"Fault10TwoBodiesInLines", wholeAnswer + "\n" + wholeAnswer},
		{"Fault10OnlyComments", ": hello\n\n: hello\n\n"},
		{"Fault33Missing", `{"id":"x","object":"chat.completion"}`},
		{"Fault33Empty", `{"choices":[]}`},
		{"Fault33Null", `{"choices":null}`},
		{"Fault33NoList", `{"choices":{}}`},
		{"Fault33NoObject", `{"choices":[7]}`},
		{"Fault33NoMessage", `{"choices":[{"index":0,"finish_reason":"stop"}]}`},
		{"Fault33Streamed", "data: {\"choices\":[]}\n\ndata: [DONE]\n\n"},
		{"Fault33StreamedNull", "data: {\"choices\":null}\n\ndata: [DONE]\n\n"},
		{"Fault33NegativeIndex", "data: {\"choices\":[{\"index\":-1,\"delta\":{}}]}\n\n"},
		{"Fault39Duplicate", `{"choices":[],` + wholeAnswer[1:]},
		{"Fault39DuplicateFinish", strings.Replace(wholeAnswer, `"finish_reason":"stop"`, `"finish_reason":"stop","finish_reason":"length"`, 1)},
		{"Fault39DuplicateEscaped", strings.Replace(wholeAnswer, `"finish_reason":"stop"`, `"finish_reason":"stop","finish_\u0072eason":"length"`, 1)},
		{"Fault39Case", strings.Replace(wholeAnswer, `"choices"`, `"Choices"`, 1)},
		{"Fault39StreamedDuplicate", `data: {"choices":[{"index":0,"delta":{"content":"a","content":"b"},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"},
		{"Fault40Nesting", `{"choices":` + deep + `}`},
		{"Fault40NestingStreamed", `data: {"choices":[{"index":0,"delta":{"x":` + deep + `}}]}` + "\n\n"},
		{"NoJSONInStream", "data: {]\n\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := failsWith(t, answer(200, nil, c.body), "")
			if e.Code != paceline.CodeMalformed || e.Status != 200 || e.Remote {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestFault11ShortContentLength(t *testing.T) {
	for _, body := range []string{wholeAnswer, chunk(`{"content":"a"}`, "stop")} {
		tr := overPipe("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + body)
		for _, rt := range []http.RoundTripper{tr, direct(tr)} {
			if e := failsWith(t, rt, ""); e.Code != paceline.CodeCut || !e.MaybeBilled {
				t.Errorf("over %T: %+v", rt, e)
			}
		}
	}
}

func zipped(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFault12GzipBomb(t *testing.T) {
	h := http.Header{"Content-Encoding": {"gzip"}}
	resp, _, err := ask(answer(200, h, zipped(t, wholeAnswer)), "")
	if err != nil || resp.Text() != "Hello there" {
		t.Fatalf("honest gzip: %v", err)
	}
	for _, body := range []string{strings.Repeat(" ", 1<<20), `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, strings.Repeat(": x\n\n", 1<<18)} {
		p := Provider{BaseURL: "http://test.invalid", MaxBody: 64 << 10, Transport: answer(200, h, zipped(t, body))}
		_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
		if paceline.CodeOf(err) != paceline.CodeTooLong {
			t.Errorf("bomb of %.10q: %v", body, err)
		}
	}
	if e := failsWith(t, answer(200, http.Header{"Content-Encoding": {"br"}}, "x"), ""); e.Code != paceline.CodeMalformed {
		t.Errorf("unknown encoding: %+v", e)
	}
}

func TestFault27LineAboveTheCap(t *testing.T) {
	p := Provider{BaseURL: "http://test.invalid", MaxLine: 100, Transport: answer(200, nil, "data: "+strings.Repeat("x", 200)+"\n\n")}
	_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
	if paceline.CodeOf(err) != paceline.CodeTooLong {
		t.Error(err)
	}
	text := strings.Repeat("x", 16<<20)
	resp, _, err := ask(answer(200, nil, `data: {"choices":[{"index":0,"delta":{"content":"`+text+`"},"finish_reason":"stop"}]}`+"\n\ndata: [DONE]\n\n"), "")
	if err != nil || resp.Text() != text {
		t.Errorf("16 MiB: %v", err)
	}
}

func TestFault30EndlessStreamHitsTheCap(t *testing.T) {
	chunk := `data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}` + "\n\n"
	p := Provider{BaseURL: "http://test.invalid", MaxBody: 1 << 16, Transport: answer(200, nil, strings.Repeat(chunk, 10_000))}
	_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
	if e, ok := errors.AsType[*paceline.Error](err); !ok || e.Code != paceline.CodeTooLong || !e.MaybeBilled {
		t.Error(err)
	}
}
