package openai

import (
	"net/http"
	"os"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/providertest"
)

func newProvider(rt http.RoundTripper, key string) paceline.Provider {
	return Provider{Key: key, BaseURL: "http://test.invalid/v1", Transport: rt}
}

func newUnstreamed(rt http.RoundTripper, key string) paceline.Provider {
	return Provider{Key: key, BaseURL: "http://test.invalid/v1", Transport: rt, NoStream: true}
}

// conforms runs the suite over net/http and over connections of our own.
func conforms(t *testing.T, target providertest.Target) {
	t.Run("NetHTTP", func(t *testing.T) { providertest.Run(t, target) })
	over := target.New
	target.New = func(rt http.RoundTripper, key string) paceline.Provider {
		return over(direct(rt), key)
	}
	t.Run("Direct", func(t *testing.T) { providertest.Run(t, target) })
}

// direct returns our own transport with net/http's dialer.
func direct(rt http.RoundTripper) *Direct {
	return &Direct{DialContext: rt.(*http.Transport).DialContext}
}

func request(path string) func() *paceline.Request {
	return func() *paceline.Request {
		return &paceline.Request{Path: path, Body: []byte(`{"model":"m","messages":[{"role":"user","content":"hi"}],"seed":12345678901234567890}`)}
	}
}

// pieces splits a stream into its events.
func pieces(stream string) []string { return strings.SplitAfter(stream, "\n\n") }

func failure(name string, status int, body string, code paceline.Code) providertest.Failure {
	return providertest.Failure{Name: name, Code: code, Answer: providertest.Answer{
		Status: status, Header: map[string]string{"Content-Type": "application/json", "X-Echo": providertest.Key},
		Pieces: []string{strings.ReplaceAll(body, "KEY", providertest.Key)}}}
}

func commonFailures() []providertest.Failure {
	return []providertest.Failure{
		failure("bad key", 401, `{"error":{"message":"Incorrect API key provided: KEY","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`, paceline.CodeAuth),
		failure("vLLM bad key", 401, `{"error": "Unauthorized KEY"}`, paceline.CodeAuth),
		failure("throttled", 429, `{"error":{"message":"Rate limit reached for KEY","type":"tokens","code":"rate_limit_exceeded"}}`, paceline.CodeThrottled),
		failure("no quota", 429, `{"error":{"message":"KEY","type":"insufficient_quota","code":"insufficient_quota"}}`, paceline.CodeQuota),
		failure("HTML", 502, `<html>Bad gateway for KEY</html>`, paceline.CodeServer),
		failure("HTML with 200", 200, `<html>Please log in, KEY</html>`, paceline.CodeMalformed),
		failure("error in a 200", 200, `{"error":{"message":"KEY","code":429}}`, paceline.CodeThrottled),
		failure("not JSON", 200, `{"choices": KEY`, paceline.CodeMalformed),
		failure("redirect", 302, `KEY`, paceline.CodeRedirect),
	}
}

func TestConformanceStreamed(t *testing.T) {
	raw, err := os.ReadFile("testdata/streams/openai-text.sse")
	if err != nil {
		t.Fatal(err)
	}
	inStream := failure("error in the stream", 200, pieces(string(raw))[1]+`data: {"error":{"message":"KEY","type":"server_error"}}`+"\n\n", paceline.CodeServer)
	badChunk := failure("malformed chunk", 200, pieces(string(raw))[1]+"data: {KEY}\n\n", paceline.CodeMalformed)
	conforms(t, providertest.Target{
		New: newProvider, Request: request(""), Streams: true,
		Answer:   providertest.Answer{Header: map[string]string{"Content-Type": "text/event-stream"}, Pieces: pieces(string(raw))},
		Text:     "Hello, \"wörld\" \\ \n😀!",
		Usage:    paceline.Usage{Prompt: 19, Completion: 10, Cached: 3, Reasoning: 2, Known: true},
		Failures: append(commonFailures(), inStream, badChunk),
	})
}

const wholeAnswer = `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,` +
	`"message":{"role":"assistant","content":"Hello there","refusal":null},"logprobs":null,"finish_reason":"stop"}],` +
	`"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}`

func TestConformanceUnstreamed(t *testing.T) {
	conforms(t, providertest.Target{
		New: newUnstreamed, Request: request(""),
		Answer: providertest.Answer{Header: map[string]string{"Content-Type": "application/json"}, Pieces: []string{wholeAnswer[:100], wholeAnswer[100:]}},
		Text:   "Hello there", Usage: paceline.Usage{Prompt: 3, Completion: 2, Known: true},
		Failures: commonFailures(),
	})
}

const responsesStream = `event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","output":[]}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hel"}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"lo"}

event: response.completed
data: {"type":"response.completed","sequence_number":4,"response":{"id":"resp_1","object":"response","status":"completed","model":"m","output":[{"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[]}]}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":11}}}

`

func TestConformanceResponses(t *testing.T) {
	failed := failure("failed response", 200, pieces(responsesStream)[0]+
		`data: {"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"KEY"}}}`+"\n\n", paceline.CodeThrottled)
	event := failure("error event", 200, pieces(responsesStream)[0]+
		`data: {"type":"error","code":"server_error","message":"KEY","param":null,"sequence_number":1}`+"\n\n", paceline.CodeServer)
	conforms(t, providertest.Target{
		New: newProvider, Request: request("/responses"), Streams: true,
		Answer: providertest.Answer{Header: map[string]string{"Content-Type": "text/event-stream"}, Pieces: pieces(responsesStream)},
		Text:   "Hello", Usage: paceline.Usage{Prompt: 9, Completion: 2, Cached: 4, Reasoning: 1, Known: true},
		Failures: append(commonFailures(), failed, event),
	})
}

const legacyStream = `data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":"Once","index":0,"logprobs":{"tokens":["Once"],"token_logprobs":[-0.5],"top_logprobs":[{"Once":-0.5}],"text_offset":[0]},"finish_reason":null}]}

data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":" upon","index":0,"logprobs":{"tokens":[" upon"],"token_logprobs":[-0.25],"top_logprobs":[{" upon":-0.25}],"text_offset":[4]},"finish_reason":"length"}]}

data: {"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}

data: [DONE]

`

func TestConformanceLegacyCompletions(t *testing.T) {
	conforms(t, providertest.Target{
		New: newProvider, Request: request("/completions"), Streams: true,
		Answer: providertest.Answer{Header: map[string]string{"Content-Type": "text/event-stream"}, Pieces: pieces(legacyStream)},
		Text:   "Once upon", Usage: paceline.Usage{Prompt: 1, Completion: 2, Known: true},
		Failures: commonFailures(),
	})
}
