package openai

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
)

// chunk is a chunk of one choice.
func chunk(delta, finish string) string {
	if finish != "null" {
		finish = `"` + finish + `"`
	}
	return `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":` +
		delta + `,"finish_reason":` + finish + `}]}` + "\n\n"
}

const (
	done       = "data: [DONE]\n\n"
	usageChunk = `data: {"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}` + "\n\n"
)

func TestFault28CutStream(t *testing.T) {
	hello, stop := chunk(`{"content":"Hello"}`, "null"), chunk(`{}`, "stop")
	cases := []struct {
		name, body string
		ok         bool
	}{
		{"complete", hello + stop + done, true},
		{"no DONE", hello + stop, true},
		{"no blank line after DONE", hello + stop + "data: [DONE]\n", true},
		{"no line end after DONE", hello + stop + "data: [DONE]", true},
		{"no blank line after the finish", hello + strings.TrimRight(stop, "\n"), true},
		{"no finish, no DONE", hello, false},
		{"no finish, DONE", hello + done, false},
		{"empty finish", hello + chunk(`{}`, "") + done, false},
		{"cut in the finish", hello + stop[:len(stop)-10], false},
		{"role only", chunk(`{"role":"assistant"}`, "null"), false},
		{"Ollama's end after an empty chunk", hello + `data: {"choices":[]}` + "\n\n", false},
	}
	for _, c := range cases {
		resp, _, err := ask(answer(200, nil, c.body), "")
		if c.ok && (err != nil || resp.Text() != "Hello" || resp.FinishReason() != "stop") {
			t.Errorf("%s: %v", c.name, err)
		}
		if !c.ok && paceline.CodeOf(err) != paceline.CodeCut {
			t.Errorf("%s: %v, want a cut", c.name, err)
		}
	}
}

func TestFault28OneOfSeveralChoicesIsMissing(t *testing.T) {
	p := Provider{BaseURL: "http://test.invalid", Transport: answer(200, nil, chunk(`{"content":"a"}`, "stop"))}
	_, err := p.Attempt(t.Context(), &paceline.Request{Body: []byte(`{"model":"m","n":2}`)}, nil)
	if paceline.CodeOf(err) != paceline.CodeCut {
		t.Errorf("2 asked for, 1 came, no DONE: %v", err)
	}
	p.Transport = answer(200, nil, chunk(`{"content":"a"}`, "stop")+done)
	if _, err := p.Attempt(t.Context(), &paceline.Request{Body: []byte(`{"model":"m","n":2}`)}, nil); err != nil {
		t.Errorf("a server that ignores n: %v", err)
	}
}

func TestFault17ResetInTheBody(t *testing.T) {
	body := io.MultiReader(strings.NewReader(chunk(`{"content":"a"}`, "null")+usageChunk), iotest.ErrReader(io.ErrUnexpectedEOF))
	rt := transport(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body)}, nil
	})
	e := failsWith(t, rt, "")
	if e.Code != paceline.CodeCut || !e.MaybeBilled || e.Usage.Completion != 4 {
		t.Errorf("got %+v", e)
	}
}

func TestFault29NullErrorIsNone(t *testing.T) {
	for _, none := range []string{"null", `""`, "{}", "false"} {
		body := fmt.Sprintf(`data: {"error":%s,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}`, none) + "\n\n" + done
		resp, _, err := ask(answer(200, nil, body), "")
		if err != nil || strings.Contains(string(resp.Body), "error") {
			t.Errorf("%s: %v", none, err)
		}
	}
}

func TestFault31UsageWhereverItComes(t *testing.T) {
	hello := chunk(`{"content":"Hello"}`, "stop")
	want := paceline.Usage{Prompt: 3, Completion: 4, Known: true}
	for name, body := range map[string]string{
		"before DONE": hello + usageChunk + done,
		"after DONE":  hello + done + usageChunk,
		"first":       usageChunk + hello + done,
		"with text":   strings.Replace(hello, `"id":"c"`, `"id":"c","usage":{"prompt_tokens":3,"completion_tokens":4}`, 1),
	} {
		resp, _, err := ask(answer(200, nil, body), "")
		if err != nil || resp.Usage != want {
			t.Errorf("%s: %v, %+v", name, err, resp)
		}
	}
	resp, _, err := ask(answer(200, nil, hello+usageChunk+done+chunk(`{"content":"more"}`, "null")+"data: {]\n\n"), "")
	if err != nil || resp.Text() != "Hello" {
		t.Errorf("data after DONE: %v", err)
	}
}

// TestFault31ServerKeepsTheBodyOpen holds that a server that says DONE and then
// nothing delays the answer by the grace only.
func TestFault31ServerKeepsTheBodyOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		rt := transport(func(req *http.Request) (*http.Response, error) {
			stop := func() { w.CloseWithError(req.Context().Err()) }
			go func() {
				<-req.Context().Done()
				stop()
			}()
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: r}, nil
		})
		go func() { _, _ = io.WriteString(w, chunk(`{"content":"Hello"}`, "stop")+done) }()
		start := time.Now()
		resp, _, err := ask(rt, "")
		if err != nil || resp.Text() != "Hello" {
			t.Fatal(err)
		}
		if d := time.Since(start); d != lateGrace {
			t.Errorf("took %v", d)
		}
	})
}

func TestFault32JSONInsteadOfStream(t *testing.T) {
	for _, h := range []http.Header{nil, {"Content-Type": {"application/json"}}, {"Content-Type": {"text/event-stream"}}} {
		resp, deltas, err := ask(answer(200, h, "\n "+wholeAnswer+"\n"), "")
		if err != nil || resp.Text() != "Hello there" || string(resp.Body) != wholeAnswer {
			t.Fatalf("%v: %v", h, err)
		}
		if len(deltas) != 1 {
			t.Errorf("deltas: %+v", deltas)
		}
	}
	resp, _, err := ask(answer(200, http.Header{"Content-Type": {"application/json"}}, "\xef\xbb\xbf"+chunk(`{"content":"x"}`, "stop")), "")
	if err != nil || resp.Text() != "x" {
		t.Errorf("a stream that calls itself JSON: %v", err)
	}
}

func TestDeltas(t *testing.T) {
	body := ": ping\n\n" + "data:\n\n" + chunk(`{"role":"assistant","content":""}`, "null") + chunk(`{}`, "null") +
		chunk(`{"reasoning_content":"hm"}`, "null") + chunk(`{"reasoning":"hm","reasoning_content":"hm"}`, "null") +
		chunk(`{"content":"a"}`, "null") + chunk(`{"content":"b"}`, "null") +
		chunk(`{"refusal":"no"}`, "null") + chunk(`{"tool_calls":[{"index":0,"id":"i","function":{"name":"f","arguments":"{"}}]}`, "null") +
		chunk(`{"content":"c"}`, "stop") + usageChunk + done
	_, deltas, err := ask(answer(200, nil, body), "")
	if err != nil {
		t.Fatal(err)
	}
	var got, chunks []string
	for _, d := range deltas {
		got = append(got, fmt.Sprintf("%d %s", d.Kind, d.Quoted))
		if d.Chunk != nil {
			chunks = append(chunks, "data: "+string(d.Chunk)+"\n\n")
		}
	}
	want := []string{"1 ", "2 ", "2 ", "2 ", "2 ", `4 "hm"`, `4 "hm"`, `3 "a"`, `3 "b"`, `5 "no"`, `6 "{"`, `3 "c"`, "7 ", "7 "}
	if !slices.Equal(got, want) {
		t.Errorf("deltas\n%q, want\n%q", got, want)
	}
	if all := strings.Join(chunks, "") + done; ": ping\n\ndata:\n\n"+all != body {
		t.Errorf("the chunks make\n%s", all)
	}
}

func TestNoStreamReportsTheHeaderOnly(t *testing.T) {
	var sent []byte
	rt := transport(func(r *http.Request) (*http.Response, error) {
		sent, _ = io.ReadAll(r.Body)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(wholeAnswer))}, nil
	})
	p := Provider{BaseURL: "http://test.invalid", Transport: rt, NoStream: true}
	body := `{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}`
	n := 0
	_, err := p.Attempt(t.Context(), &paceline.Request{Body: []byte(body)}, func(paceline.Delta) { n++ })
	if err != nil || n != 1 {
		t.Errorf("%d deltas, %v", n, err)
	}
	if want := `{"model":"m","messages":[],"stream":false,"stream_options":null}`; string(sent) != want {
		t.Errorf("sent %s", sent)
	}
}

func TestEmbeddings(t *testing.T) {
	const body = `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"e","usage":{"prompt_tokens":5,"total_tokens":5}}`
	var sent []byte
	rt := transport(func(r *http.Request) (*http.Response, error) {
		sent, _ = io.ReadAll(r.Body)
		return &http.Response{StatusCode: 200, Header: http.Header{"X-Request-Id": {"r1"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
	p := Provider{BaseURL: "http://test.invalid", Transport: rt}
	in := `{"input":"x", "model":"e"}`
	resp, err := p.Attempt(t.Context(), &paceline.Request{Path: "/embeddings", Body: []byte(in)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(sent) != in || string(resp.Body) != body || resp.Choices != nil || resp.Model != "e" || resp.RequestID != "r1" {
		t.Errorf("sent %s, got %+v", sent, resp)
	}
	if want := (paceline.Usage{Prompt: 5, Known: true}); resp.Usage != want {
		t.Errorf("usage %+v", resp.Usage)
	}
}

func TestStreamOptionsRefused(t *testing.T) {
	var bodies []string
	rt := transport(func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(strings.NewReader(""))
		bodies = append(bodies, string(raw))
		if strings.Contains(string(raw), "include_usage") {
			return answer(400, nil, `{"error":{"message":"Unknown parameter: 'stream_options'"}}`)(r)
		}
		return answer(200, nil, chunk(`{"content":"x"}`, "stop")+done)(r)
	})
	p := Provider{BaseURL: "http://refuses.invalid", Transport: &rt} // a pointer: what is remembered is of this one alone
	headers, repeats := 0, 0
	for range 2 {
		_, err := p.Attempt(t.Context(), &paceline.Request{Body: []byte(`{"stream_options":{"a":1}}`)}, func(d paceline.Delta) {
			if d.Kind == paceline.DeltaHeader {
				headers++
			}
			if d.Kind == paceline.DeltaRepeat {
				repeats++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	plain := `{"stream_options":{"a":1},"stream":true}`
	want := []string{`{"stream_options":{"a":1,"include_usage":true},"stream":true}`, plain, plain}
	if !slices.Equal(bodies, want) || headers != 2 || repeats != 1 {
		t.Errorf("sent %q, %d headers, %d said to be repeated", bodies, headers, repeats)
	}
}
