package openai

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/providertest"
	"github.com/seed-1814a72b/paceline/sim"
)

// ok stands for an answer where a code would stand for a failure.
const ok = ^paceline.Code(0)

// outcomes says what must become of each of the simulator's faults: streamed,
// and unstreamed where that differs.
var outcomes = map[string][]paceline.Code{
	"429": {paceline.CodeThrottled}, "429-bare": {paceline.CodeThrottled}, "429-gemini": {paceline.CodeThrottled},
	"quota": {paceline.CodeQuota}, "spend-limit": {paceline.CodeQuota}, "402": {paceline.CodeQuota},
	"408": {paceline.CodeServer}, "409": {paceline.CodeServer}, "500": {paceline.CodeServer}, "502": {paceline.CodeServer},
	"503": {paceline.CodeServer}, "504": {paceline.CodeServer}, "500-stop": {paceline.CodeServer},
	"529": {paceline.CodeThrottled}, "503-rate": {paceline.CodeThrottled}, "400-retry": {paceline.CodeInvalidRequest},
	"401": {paceline.CodeAuth}, "403": {paceline.CodeAuth}, "401-vllm": {paceline.CodeAuth},
	"400": {paceline.CodeInvalidRequest}, "404": {paceline.CodeInvalidRequest}, "422": {paceline.CodeInvalidRequest}, "400-vllm": {paceline.CodeInvalidRequest},
	"context": {paceline.CodeContextTooLong}, "context-llamacpp": {paceline.CodeContextTooLong},
	"content-policy": {paceline.CodeContentFilter}, "model-not-found": {paceline.CodeModelNotFound}, "413": {paceline.CodeTooLarge},
	"error-200": {paceline.CodeServer}, "finish-error": {paceline.CodeServer},
	"html": {paceline.CodeMalformed}, "html-502": {paceline.CodeServer},
	"empty": {paceline.CodeMalformed}, "null": {paceline.CodeMalformed}, "two-bodies": {paceline.CodeMalformed},
	"short": {paceline.CodeCut}, "gzip-bomb": {paceline.CodeTooLong}, "huge-headers": {paceline.CodeTooLong},
	"redirect": {paceline.CodeRedirect}, "redirect-307": {paceline.CodeRedirect},
	"reset": {paceline.CodeConnection}, "close": {paceline.CodeConnection}, "garbage": {paceline.CodeConnection},
	"stale": {ok}, "body-reset": {paceline.CodeCut}, "goaway": {ok},
	"hang": {paceline.CodeCanceled}, "hang-headers": {paceline.CodeCanceled}, "stall": {paceline.CodeCanceled}, "drip": {ok},
	"endless-line": {paceline.CodeTooLong, ok}, "cut": {paceline.CodeCut, paceline.CodeMalformed}, "cut-end": {paceline.CodeCut, paceline.CodeMalformed},
	"stream-error": {paceline.CodeServer}, "stream-error-event": {paceline.CodeServer}, "stream-error-done": {paceline.CodeServer},
	"stream-error-object": {paceline.CodeServer}, "stream-error-chunk": {paceline.CodeServer}, "stream-throttled": {paceline.CodeThrottled},
	"endless": {paceline.CodeCanceled, ok}, "pings": {paceline.CodeCanceled, ok},
	"no-choices": {paceline.CodeMalformed}, "null-choices": {paceline.CodeMalformed},
	"duplicate-keys": {paceline.CodeMalformed}, "deep": {paceline.CodeMalformed},
}

// outcome returns what must become of a fault; one that is not listed, such as
// a way to frame events, must not show.
func outcome(f sim.Fault, noStream bool) paceline.Code {
	if f.Row == 7 {
		return paceline.CodeThrottled
	}
	codes := outcomes[f.Name]
	switch {
	case len(codes) == 0:
		return ok
	case noStream:
		return codes[len(codes)-1]
	}
	return codes[0]
}

// simulated returns a transport to a simulator, within a bubble.
func simulated(t *testing.T) http.RoundTripper {
	t.Helper()
	srv, err := sim.New(sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var n sim.Network
	client, stop := n.Serve(srv)
	t.Cleanup(func() {
		srv.Close()
		stop()
	})
	return client.Transport
}

func marked(fault string) *paceline.Request {
	return &paceline.Request{Model: "m", Messages: paceline.User("[[sim:fault=" + fault + "]] hi")}
}

// TestEveryFaultOfTheSimulator asks for each fault, streamed and not, and
// gives up after five minutes, which is before the simulator ends its hangs.
func TestEveryFaultOfTheSimulator(t *testing.T) {
	for _, f := range sim.Faults() {
		for _, noStream := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p := Provider{Key: "sk-canary-123456", BaseURL: "http://sim/v1", Transport: simulated(t), NoStream: noStream}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				resp, err := p.Attempt(ctx, marked(f.Name), nil)
				got := ok
				if err != nil {
					got = paceline.CodeOf(err)
				} else if len(resp.Choices) == 0 || resp.FinishReason() == "" {
					t.Errorf("%s: an incomplete answer: %s", f.Name, resp.Body)
				}
				if want := outcome(f, noStream); got != want {
					t.Errorf("fault %d, %s (unstreamed %v): %v, %v; want %v", f.Row, f.Name, noStream, got, err, want)
				}
			})
		}
	}
}

// TestStreamedEqualsUnstreamed holds that what is rebuilt from the simulator's
// streams is what it answers unstreamed, to the same body.
func TestStreamedEqualsUnstreamed(t *testing.T) {
	const tools = `,"tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}}}],"tool_choice":"required"`
	for name, extra := range map[string]string{"text": "", "tools": tools, "several": `,"n":3`, "logprobs": `,"logprobs":true`} {
		synctest.Test(t, func(t *testing.T) {
			rt := simulated(t)
			req := &paceline.Request{Body: []byte(`{"model":"m","messages":[{"role":"user","content":"tell me"}]` + extra + `}`)}
			var bodies [2]map[string]any
			for i, noStream := range []bool{false, true} {
				p := Provider{BaseURL: "http://sim/v1", Transport: rt, NoStream: noStream}
				resp, err := p.Attempt(t.Context(), req, nil)
				if err != nil {
					t.Fatal(name, err)
				}
				bodies[i] = decode(t, resp.Body).(map[string]any)
				delete(bodies[i], "created")
				delete(bodies[i], "id")
			}
			if a, b := encode(bodies[0]), encode(bodies[1]); a != b {
				t.Errorf("%s: streamed\n%s\nunstreamed\n%s", name, a, b)
			}
		})
	}
}

// recordSim returns the simulator's answer to a request, as it came.
func recordSim(t *testing.T, req *paceline.Request) (a providertest.Answer, body string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rt := simulated(t)
		keep := transport(func(r *http.Request) (*http.Response, error) {
			res, err := rt.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			defer res.Body.Close()
			raw, err := io.ReadAll(res.Body)
			if err != nil {
				return nil, err
			}
			a = providertest.Answer{Status: res.StatusCode, Header: map[string]string{}, Pieces: pieces(string(raw))}
			for name := range res.Header {
				if name != "Content-Length" {
					a.Header[name] = res.Header.Get(name)
				}
			}
			body, res.Body = string(raw), io.NopCloser(bytes.NewReader(raw))
			return res, nil
		})
		p := Provider{BaseURL: "http://sim/v1", Transport: keep}
		if _, err := p.Attempt(t.Context(), req, nil); err != nil && paceline.CodeOf(err) == paceline.CodeUnknown {
			t.Fatal(err)
		}
	})
	return a, body
}

// TestConformanceOfTheSimulator runs the suite over what the simulator sends.
func TestConformanceOfTheSimulator(t *testing.T) {
	req := func() *paceline.Request { return &paceline.Request{Model: "m", Messages: paceline.User("hello")} }
	whole, stream := recordSim(t, req())
	resp, _, err := ask(answer(200, nil, stream), "")
	if err != nil || !strings.Contains(stream, "data: [DONE]") {
		t.Fatal(err, stream)
	}
	target := providertest.Target{New: newProvider, Request: req, Streams: true, Answer: whole, Text: resp.Text(), Usage: resp.Usage}
	for _, f := range []string{"429", "quota", "500", "401", "context", "html", "stream-error", "stream-throttled"} {
		a, _ := recordSim(t, marked(f))
		target.Failures = append(target.Failures, providertest.Failure{Name: f, Answer: a, Code: outcomes[f][0]})
	}
	providertest.Run(t, target)
}

func TestFault20NameServerFlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := sim.New(sim.Config{})
		if err != nil {
			t.Fatal(err)
		}
		var n sim.Network
		client, stop := n.Serve(srv)
		defer stop()
		defer srv.Close()
		n.FailDials(1, errors.New("lookup sim: temporary failure in name resolution"))
		p := Provider{BaseURL: "http://sim/v1", Transport: client.Transport}
		for i, want := range []paceline.Code{paceline.CodeConnection, ok} {
			_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m", Messages: paceline.User("hi")}, nil)
			if got := paceline.CodeOf(err); err != nil && got != want || err == nil && want != ok {
				t.Errorf("attempt %d: %v", i, err)
			}
		}
	})
}
