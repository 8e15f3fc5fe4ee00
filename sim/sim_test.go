package sim

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"
)

// newServer returns a server that the test closes.
func newServer(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// onNetwork runs a test in a bubble, with a client of a server on a network in
// memory.
func onNetwork(t *testing.T, cfg Config, test func(t *testing.T, s *Server, c *http.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, cfg)
		c, stop := new(Network).Serve(s)
		test(t, s, c)
		stop()
		s.Close()
	})
}

// chatBody is a request with one user message, and further fields such as
// `,"n":2`.
func chatBody(prompt, more string) string {
	return `{"model":"m","messages":[{"role":"user","content":` + string(appendString(nil, prompt)) + `}]` + more + `}`
}

const streamed = `,"stream":true,"stream_options":{"include_usage":true}`

type reply struct {
	status int
	header http.Header
	body   string
	err    error // of the request, or of reading the body
}

func send(c *http.Client, body string) reply {
	req, err := http.NewRequest("POST", "http://sim/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	return do(c, req)
}

func do(c *http.Client, req *http.Request) reply {
	resp, err := c.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(b), err}
}

// direct sends a request without a network.
func direct(s *Server, body string) reply {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body)))
	return reply{w.Code, w.Header(), w.Body.String(), nil}
}

func (r reply) get(path string) gjson.Result { return gjson.Get(r.body, path) }

// text returns the content of an answer, streamed or not.
func (r reply) text() string {
	if !strings.HasPrefix(r.body, "data:") {
		return r.get("choices.0.message.content").String()
	}
	return rebuilt(r.body).choices[0].content
}

// rebuild is a plain client's idea of a streamed answer.
type rebuild struct {
	head    string
	choices map[int]*rebuiltChoice
	usage   string
	done    bool
}

type rebuiltChoice struct {
	content, reasoning, finish string
	logprobs                   []string
	ids, names, arguments      []string
}

func rebuilt(stream string) *rebuild {
	r := &rebuild{choices: map[int]*rebuiltChoice{}}
	for event := range strings.SplitSeq(stream, "\n\n") {
		data, ok := strings.CutPrefix(event, "data: ")
		if !ok {
			continue
		}
		if data == "[DONE]" {
			r.done = true
			continue
		}
		r.add(gjson.Parse(data))
	}
	return r
}

func (r *rebuild) add(chunk gjson.Result) {
	r.head = fmt.Sprint(chunk.Get("id"), chunk.Get("model"), chunk.Get("system_fingerprint"), chunk.Get("service_tier"), chunk.Get("created"))
	if u := chunk.Get("usage"); u.IsObject() {
		r.usage = u.Raw
	}
	for _, c := range chunk.Get("choices").Array() {
		i := int(c.Get("index").Int())
		if r.choices[i] == nil {
			r.choices[i] = &rebuiltChoice{}
		}
		r.choices[i].add(c)
	}
}

func (r *rebuiltChoice) add(c gjson.Result) {
	r.content += c.Get("delta.content").String()
	r.reasoning += c.Get("delta.reasoning_content").String()
	r.finish += c.Get("finish_reason").String()
	for _, l := range c.Get("logprobs.content").Array() {
		r.logprobs = append(r.logprobs, l.Raw)
	}
	for _, call := range c.Get("delta.tool_calls").Array() {
		for len(r.ids) <= int(call.Get("index").Int()) {
			r.ids, r.names, r.arguments = append(r.ids, ""), append(r.names, ""), append(r.arguments, "")
		}
		k := call.Get("index").Int()
		r.ids[k] += call.Get("id").String()
		r.names[k] += call.Get("function.name").String()
		r.arguments[k] += call.Get("function.arguments").String()
	}
}

func mustBe(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestZeroConfigAnswersAtOnce(t *testing.T) {
	onNetwork(t, Config{}, func(t *testing.T, s *Server, c *http.Client) {
		start := time.Now()
		r := send(c, chatBody("Hello there", ""))
		mustBe(t, "status", r.status, 200)
		mustBe(t, "object", r.get("object").String(), "chat.completion")
		mustBe(t, "finish", r.get("choices.0.finish_reason").String(), "stop")
		mustBe(t, "tokens", r.get("usage.completion_tokens").Int(), int64(defaultTokens))
		mustBe(t, "time", time.Since(start), time.Duration(0))
	})
}

func TestLatencyIsAsConfigured(t *testing.T) {
	cfg := Config{TTFT: MustDurations("800ms"), ITL: MustDurations("50ms"), Tokens: MustCounts("11")}
	onNetwork(t, cfg, func(t *testing.T, s *Server, c *http.Client) {
		start := time.Now()
		resp, err := c.Post("http://sim/v1/chat/completions", "application/json", strings.NewReader(chatBody("x", streamed)))
		if err != nil {
			t.Fatal(err)
		}
		mustBe(t, "header and first token", time.Since(start), 800*time.Millisecond)
		if _, err := io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
		mustBe(t, "last token", time.Since(start), 1300*time.Millisecond)

		start = time.Now()
		send(c, chatBody("x", ""))
		mustBe(t, "unstreamed", time.Since(start), 1300*time.Millisecond)
	})
}

func TestConfigNamesEveryWrongField(t *testing.T) {
	_, err := New(Config{
		Quota: -1, Hang: 2, Limits: Limits{RPM: -1},
		Errors: Rates{{"nonsense", 0.1}}, Script: map[int]string{3: "bogus"},
		Outages: []Outage{{From: 2, To: 1}},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"Quota", "Hang", "Limits.RPM", `"nonsense"`, "Script[3]", "Outages[0]"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s: %v", want, err)
		}
	}
}

// Every field that is not a plain number or string is a flag's value.
func TestConfigFromFlags(t *testing.T) {
	var cfg Config
	fs := flag.NewFlagSet("sim", flag.ContinueOnError)
	fs.TextVar(&cfg.TTFT, "ttft", Durations{}, "")
	fs.TextVar(&cfg.ITL, "itl", MustDurations("20ms"), "")
	fs.TextVar(&cfg.Tokens, "tokens", MustCounts("50"), "")
	fs.TextVar(&cfg.Errors, "errors", Rates{}, "")
	fs.TextVar(&cfg.Limits.Window, "window", TokenBucket, "")
	fs.TextVar(&cfg.Headers, "headers", OpenAIHeaders, "")
	fs.TextVar(&cfg.RetryAfter, "retry-after", RetryAfterDefault, "")
	err := fs.Parse([]string{"-ttft", "lognormal:800ms,0.6", "-errors", "500:0.02,reset:0.01",
		"-window", "sliding", "-headers", "azure", "-retry-after", "ms"})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(cfg.TTFT, cfg.ITL, cfg.Tokens, cfg.Errors, cfg.Limits.Window, cfg.Headers, cfg.RetryAfter)
	mustBe(t, "config", got, "lognormal:800ms,0.6 20ms 50 500:0.02,reset:0.01 sliding azure ms")
	if _, err := New(cfg); err != nil {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	cfg := Config{Models: []string{"m"}, APIKeys: []string{"sk-right"}, ContextTokens: 100, MaxBody: 2000}
	s := newServer(t, cfg)
	for _, test := range []struct {
		name, key, method, path, body string
		status                        int
		code                          string
	}{
		{"right", "sk-right", "POST", "/v1/chat/completions", chatBody("hi", ""), 200, ""},
		{"no prefix", "sk-right", "POST", "/chat/completions", chatBody("hi", ""), 200, ""},
		{"wrong key", "sk-wrong", "POST", "/v1/chat/completions", chatBody("hi", ""), 401, "invalid_api_key"},
		{"no key", "", "POST", "/v1/chat/completions", chatBody("hi", ""), 401, "invalid_api_key"},
		{"unknown model", "sk-right", "POST", "/v1/chat/completions", `{"model":"other","messages":[{"role":"user","content":"x"}]}`, 404, "model_not_found"},
		{"no model", "sk-right", "POST", "/v1/chat/completions", `{"messages":[]}`, 400, ""},
		{"no messages", "sk-right", "POST", "/v1/chat/completions", `{"model":"m"}`, 400, "missing_required_parameter"},
		{"not JSON", "sk-right", "POST", "/v1/chat/completions", `{"model":`, 400, ""},
		{"an array", "sk-right", "POST", "/v1/chat/completions", `[]`, 400, ""},
		{"too long", "sk-right", "POST", "/v1/chat/completions", chatBody(strings.Repeat("long ", 100), ""), 400, "context_length_exceeded"},
		{"too large", "sk-right", "POST", "/v1/chat/completions", chatBody(strings.Repeat("long ", 1000), ""), 413, "request_too_large"},
		{"a marker of no fault", "sk-right", "POST", "/v1/chat/completions", chatBody("[[sim:fault=bogus]]", ""), 400, "unknown_fault"},
		{"wrong path", "sk-right", "POST", "/v1/nothing", chatBody("hi", ""), 404, ""},
		{"wrong method", "sk-right", "GET", "/v1/chat/completions", "", 405, "method_not_supported"},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
			if test.key != "" {
				req.Header.Set("Authorization", "Bearer "+test.key)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, req)
			mustBe(t, "status", w.Code, test.status)
			mustBe(t, "code", gjson.Get(w.Body.String(), "error.code").String(), test.code)
			if strings.Contains(w.Body.String(), "sk-") {
				t.Errorf("the answer contains the key: %s", w.Body)
			}
		})
	}
}

func TestModelsAndEmbeddings(t *testing.T) {
	onNetwork(t, Config{Models: []string{"a", "b"}}, func(t *testing.T, s *Server, c *http.Client) {
		req, _ := http.NewRequest("GET", "http://sim/v1/models", nil)
		r := do(c, req)
		mustBe(t, "models", r.get("data.#.id").String(), `["a","b"]`)

		embed := func(body string) reply {
			req, _ := http.NewRequest("POST", "http://sim/v1/embeddings", strings.NewReader(body))
			return do(c, req)
		}
		r = embed(`{"model":"a","input":["x","y","x"],"dimensions":8}`)
		mustBe(t, "vectors", r.get("data.#").Int(), int64(3))
		mustBe(t, "dimensions", r.get("data.0.embedding.#").Int(), int64(8))
		mustBe(t, "the same text", r.get("data.0.embedding").Raw, r.get("data.2.embedding").Raw)
		if r.get("data.0.embedding").Raw == r.get("data.1.embedding").Raw {
			t.Error("different texts have one vector")
		}
		r = embed(`{"model":"a","input":[1,2,3],"encoding_format":"base64"}`)
		mustBe(t, "base64 length", len(r.get("data.0.embedding").String()), (defaultEmbedding*4+2)/3*4)
		mustBe(t, "no input", embed(`{"model":"a"}`).status, 400)
	})
}

func TestCloseEndsHangingCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{Hang: 1})
		c, stop := new(Network).Serve(s)
		got := make(chan error)
		go func() { got <- send(c, chatBody("x", "")).err }()
		synctest.Wait()
		s.Close()
		if err := <-got; err == nil {
			t.Error("a hanging call was answered")
		}
		mustBe(t, "after Close", send(c, chatBody("x", "")).status, 503)
		stop()
	})
}
