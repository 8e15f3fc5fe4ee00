package openai

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/sse"
	"github.com/seed-1814a72b/paceline/provider/openai/internal/rawjson"
)

// assemble puts a stream together, with the fast path or without, and returns
// all that can be seen of it: deltas, error, body.
func assemble(stream []byte, fast bool) (seen string, hits int) {
	var b strings.Builder
	a := &completion{want: 1, out: emitter{emit: func(d paceline.Delta) {
		fmt.Fprintf(&b, "%d %d %q %q\n", d.Kind, d.Choice, d.Chunk, d.Quoted)
	}}}
	a.template.off = !fast
	dec := sse.NewDecoder(bytes.NewReader(stream), 0)
	for {
		ev, err := dec.Next()
		if err != nil {
			break
		}
		data := rawjson.Trim(ev.Data)
		if ev.Comment || len(data) == 0 || isDone(data) {
			continue
		}
		fits := a.template.target != nil
		if _, err := a.frame(ev.Name, data); err != nil {
			fmt.Fprintf(&b, "error %v\n", err)
			break
		}
		if fits && a.template.target != nil {
			hits++
		}
	}
	fmt.Fprintf(&b, "%v %s", a.finished(false), a.body())
	return b.String(), hits
}

func sameWays(t *testing.T, stream []byte) (hits int) {
	t.Helper()
	slow, _ := assemble(stream, false)
	fast, hits := assemble(stream, true)
	if fast != slow {
		t.Fatalf("fast:\n%s\nfull:\n%s\nstream:\n%q", fast, slow, stream)
	}
	return hits
}

func TestTemplateGivesTheSame(t *testing.T) {
	for name, stream := range streamFiles(t) {
		hits := sameWays(t, []byte(stream))
		t.Logf("%s: %d chunks by template", name, hits)
	}
	if hits := sameWays(t, []byte(strings.Repeat(chunk(`{"content":"x"}`, "null"), 10))); hits != 9 {
		t.Errorf("%d of 10 equal chunks by template, want 9", hits)
	}
	call := chunk(`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}`, "null")
	piece := chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"x"}}]}`, "null")
	if hits := sameWays(t, []byte(call+strings.Repeat(piece, 10)+strings.ReplaceAll(call, `"a"`, `"b"`)+strings.Repeat(piece, 10))); hits != 18 {
		t.Errorf("%d of 20 equal pieces of tool calls by template, want 18", hits)
	}
	padded := ""
	for i := range 10 {
		padded += strings.Replace(chunk(fmt.Sprintf(`{"content":"%d"}`, i), "null"), `"id"`, `"usage":null,"id"`, 1)
		padded = strings.TrimSuffix(padded, "}\n\n") + `,"obfuscation":"` + strings.Repeat("z", i) + "\"}\n\n"
	}
	if hits := sameWays(t, []byte(padded)); hits != 9 {
		t.Errorf("%d of 10 padded chunks by template, want 9", hits)
	}
}

// FuzzTemplate takes a stream apart into lines, mixes them by a seed, changes
// some bytes, and compares the fast path with the full parser.
func FuzzTemplate(f *testing.F) {
	for _, stream := range streamFiles(f) {
		f.Add([]byte(stream), uint64(0))
		f.Add([]byte(stream), uint64(7))
	}
	for _, extra := range []string{
		chunk(`{"content":"a"}`, "null") + chunk(`{"content":"a","refusal":"b"}`, "null"),
		chunk(`{"content":"a"}`, "null") + chunk(`{"content":"a\u00"}`, "null") + chunk(`{"content":"\ud83d"}`, "null"),
		chunk(`{"content":"a"}`, "null") + chunk(`{"content":"","content":"b"}`, "null"),
		`data: {"obfuscation":"x","choices":[{"index":0,"delta":{"content":"a"}}],"m":{"obfuscation":"y"}}` + "\n\n",
		`data: {"choices":[{"delta":{"content":"a","x":"b"}},{"delta":{"content":"a"}}]}` + "\n\n",
		chunk(`{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]}`, "null") +
			chunk(`{"tool_calls":[{"index":0,"function":{"arguments":"x"}}]}`, "null") +
			chunk(`{"tool_calls":[{"index":0,"id":"b","function":{"arguments":"{}"}}]}`, "null"),
	} {
		f.Add([]byte(extra+extra), uint64(3))
	}
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		if len(stream) > 1<<14 {
			t.Skip()
		}
		sameWays(t, stream)
		rng := rand.New(rand.NewPCG(seed, 1))
		events := bytes.SplitAfter(stream, []byte("\n\n"))
		var mixed []byte
		for range 2 * len(events) {
			ev := bytes.Clone(events[rng.IntN(len(events))])
			if len(ev) > 0 && rng.IntN(3) == 0 {
				ev[rng.IntN(len(ev))] = `"\{}:,x0`[rng.IntN(8)]
			}
			mixed = append(append(mixed, ev...), ev...)
		}
		sameWays(t, mixed)
	})
}

// FuzzAnswer holds that no body crashes an attempt, and that what is taken for
// a success is a valid object.
func FuzzAnswer(f *testing.F) {
	for _, stream := range streamFiles(f) {
		f.Add(stream)
	}
	f.Add(wholeAnswer)
	f.Add(responsesStream)
	f.Add(`[{"error":{"code":429,"details":[{"@type":"google.rpc.RetryInfo","retryDelay":{"seconds":"1"}}]}}]`)
	for _, c := range statusCases {
		f.Add(c.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"", "/responses", "/completions", "/embeddings"} {
			resp, _, err := ask(answer(200, nil, body), path)
			if err == nil && validObject(resp.Body) != nil && path != "/embeddings" {
				t.Errorf("%s: %q gave %q", path, body, resp.Body)
			}
			if _, ok := err.(*paceline.Error); err != nil && !ok {
				t.Errorf("%s: %q gave %#v", path, body, err)
			}
			if _, _, err := ask(answer(429, nil, body), path); paceline.CodeOf(err) == paceline.CodeUnknown {
				t.Errorf("%s: %q gave %v", path, body, err)
			}
		}
	})
}

// plainChunk is what OpenAI sends, 297 bytes with the text.
func plainChunk(text, pad string) []byte {
	return []byte(`{"id":"chatcmpl-AbC123","object":"chat.completion.chunk","created":1741569952,"model":"gpt-4.1-2025-04-14",` +
		`"service_tier":"default","system_fingerprint":"fp_06737a9306","choices":[{"index":0,"delta":{"content":"` + text +
		`"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"` + pad + `"}`)
}

func BenchmarkChunk(b *testing.B) {
	data := plainChunk(" hello", "aB3dE5")
	for _, fast := range []bool{true, false} {
		b.Run(map[bool]string{true: "template", false: "full"}[fast], func(b *testing.B) {
			a := &completion{want: 1}
			a.template.off = !fast
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if _, err := a.frame(nil, data); err != nil {
					b.Fatal(err)
				}
				if n++; n%1000 == 0 {
					a.choices[0].message.find("content").buf = nil // a new answer
					a.template.reset()
				}
			}
		})
	}
}

// BenchmarkAttempt measures a whole attempt of 100 chunks without a network.
func BenchmarkAttempt(b *testing.B) {
	var body bytes.Buffer
	for i := range 100 {
		fmt.Fprintf(&body, "data: %s\n\n", plainChunk(" hello", strings.Repeat("x", i%16)))
	}
	stream := body.String() + chunk(`{}`, "stop") + usageChunk + done
	p := Provider{BaseURL: "http://test.invalid/v1", Key: "sk-canary-123456", Transport: answer(200, nil, stream)}
	req := &paceline.Request{Body: []byte(`{"model":"m","messages":[{"role":"user","content":"hi"}]}`)}
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Attempt(b.Context(), req, func(paceline.Delta) {}); err != nil {
			b.Fatal(err)
		}
	}
}
