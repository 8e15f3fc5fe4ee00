package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

var update = flag.Bool("update", false, "write the expected objects of testdata/streams anew")

// transport answers without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answer returns a transport that always gives the same answer.
func answer(status int, header http.Header, body string) transport {
	return func(r *http.Request) (*http.Response, error) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		if header == nil {
			header = http.Header{}
		}
		return &http.Response{StatusCode: status, Header: header, ContentLength: -1, Request: r,
			Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// ask makes one attempt at a transport and returns what was emitted, too.
func ask(rt http.RoundTripper, path string) (*paceline.Response, []paceline.Delta, error) {
	var mu sync.Mutex // that the request was sent is told by another goroutine
	var deltas []paceline.Delta
	p := Provider{Key: "sk-canary-123456", BaseURL: "http://test.invalid/v1", Transport: rt}
	req := &paceline.Request{Model: "m", Messages: paceline.User("hi"), Path: path}
	resp, err := p.Attempt(context.Background(), req, func(d paceline.Delta) {
		d.Chunk, d.Quoted = bytes.Clone(d.Chunk), bytes.Clone(d.Quoted)
		mu.Lock()
		defer mu.Unlock()
		deltas = append(deltas, d)
	})
	return resp, deltas, err
}

func decode(t *testing.T, raw []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

func streamFiles(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/streams/*.sse")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded streams", err)
	}
	all := make(map[string]string)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(f, ".sse")] = string(raw)
	}
	return all
}

// TestRebuild holds the rebuilt objects to the expected ones, byte for byte.
func TestRebuild(t *testing.T) {
	for name, stream := range streamFiles(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			resp, deltas, err := ask(answer(200, nil, stream), "")
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				var b bytes.Buffer
				if err := json.Indent(&b, resp.Body, "", " "); err != nil {
					t.Fatal(err)
				}
				b.WriteByte('\n')
				if err := os.WriteFile(name+".json", b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			raw, err := os.ReadFile(name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			if err := json.Compact(&want, raw); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(resp.Body, want.Bytes()) {
				t.Errorf("got\n%s\nwant\n%s", resp.Body, want.Bytes())
			}
			if !resp.Usage.Known {
				t.Error("the usage is not known")
			}
			sameText(t, resp, deltas)
		})
	}
}

// sameText checks that the emitted pieces are the content, and that every
// chunk was handed out once.
func sameText(t *testing.T, resp *paceline.Response, deltas []paceline.Delta) {
	t.Helper()
	texts := make(map[int]string)
	for _, d := range deltas {
		if d.Kind == paceline.DeltaContent {
			texts[d.Choice] += d.Text()
		}
		if d.Chunk != nil && !json.Valid(d.Chunk) {
			t.Errorf("chunk %q is not JSON", d.Chunk)
		}
	}
	for i := range resp.Choices {
		if got, want := texts[i], resp.Choices[i].Text(); want != "" && got != want {
			t.Errorf("choice %d: emitted %q, content %q", i, got, want)
		}
	}
}

// pythonDiffers says where the official client is not followed, and why.
var pythonDiffers = map[string]string{
	"gemini-index0":    "it glues calls that share an index into one",
	"mistral-thinking": "it cannot take a string after a list",
	"openrouter":       "it glues a repeated role, format and the like",
	"ollama":           "it glues a repeated role",
	"perplexity-crlf":  "it glues a repeated role",
	"annotations":      "it refuses list entries without an index",
	"azure":            "it keeps the empty id and model of the first chunk",
}

// TestRebuildLikeOfficialClient compares with what openai-python makes of the
// same streams (testdata/streams/compare.py): each part of a message that it
// found must stand in ours, too.
func TestRebuildLikeOfficialClient(t *testing.T) {
	compared := 0
	for name, stream := range streamFiles(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			if why, ok := pythonDiffers[filepath.Base(name)]; ok {
				t.Skip(why)
			}
			raw, err := os.ReadFile(name + ".python.json")
			if err != nil {
				t.Fatal(err)
			}
			resp, _, err := ask(answer(200, nil, stream), "")
			if err != nil {
				t.Fatal(err)
			}
			ours, theirs := decode(t, resp.Body).(map[string]any), decode(t, raw).(map[string]any)
			for _, key := range []string{"id", "created", "model", "system_fingerprint", "service_tier"} {
				if !reflect.DeepEqual(ours[key], theirs[key]) {
					t.Errorf("%s: %v, theirs %v", key, ours[key], theirs[key])
				}
			}
			sameChoices(t, ours["choices"].([]any), theirs["choices"].([]any))
			compared++
		})
	}
	if compared < 8 {
		t.Errorf("only %d streams were compared", compared)
	}
}

func sameChoices(t *testing.T, ours, theirs []any) {
	t.Helper()
	if len(ours) != len(theirs) {
		t.Fatalf("%d choices, theirs %d", len(ours), len(theirs))
	}
	for i := range theirs {
		our, their := ours[i].(map[string]any), theirs[i].(map[string]any)
		if our["finish_reason"] != their["finish_reason"] {
			t.Errorf("choice %d: finish reason %v, theirs %v", i, our["finish_reason"], their["finish_reason"])
		}
		if lp := their["logprobs"]; lp != nil && !reflect.DeepEqual(our["logprobs"], lp) {
			t.Errorf("choice %d: logprobs %v, theirs %v", i, our["logprobs"], lp)
		}
		message := our["message"].(map[string]any)
		for key, want := range their["message"].(map[string]any) {
			if got := message[key]; want != nil && want != "" && !reflect.DeepEqual(got, likeServers(want)) {
				t.Errorf("choice %d: %s is %v, theirs %v", i, key, got, want)
			}
		}
	}
}

// likeServers drops what the Python client leaves in tool calls, or adds to
// them, and servers do not send unstreamed.
func likeServers(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			delete(m, "index")
			if f, ok := m["function"].(map[string]any); ok {
				delete(f, "parsed_arguments")
			}
		}
	}
	return list
}
