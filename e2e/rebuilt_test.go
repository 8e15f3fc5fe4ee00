//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
)

// bodies are requests whose answers repeat: a fixed seed, one at a time.
var bodies = map[string]string{
	"plain":       `"max_tokens":24,"temperature":0`,
	"one token":   `"max_tokens":1,"temperature":0`,
	"stop":        `"max_tokens":24,"temperature":0,"stop":["."]`,
	"logprobs":    `"max_tokens":6,"temperature":0,"logprobs":true,"top_logprobs":2`,
	"two choices": `"max_tokens":12,"temperature":0.8,"n":2`,
	"schema":      strings.TrimSuffix(strings.TrimPrefix(responseFormat, "{"), "}") + `,"temperature":0`,
}

// The response rebuilt from the stream equals the one that the server gives
// unstreamed, to us and to the official Python client.
func TestRebuiltEqualsUnstreamed(t *testing.T) {
	for name, fields := range bodies {
		t.Run(name, func(t *testing.T) {
			body := `{"model":"` + model + `","seed":7,` + fields +
				`,"messages":[{"role":"user","content":"Name three colours of autumn leaves."}]}`
			streamed := attempt(t, openai.Provider{BaseURL: baseURL}, body)
			whole := attempt(t, openai.Provider{BaseURL: baseURL, NoStream: true}, body)
			official := officialClient(t, body)
			equal(t, "the unstreamed answer", streamed, whole)
			equal(t, "the official client's unstreamed answer", streamed, decode(t, official.Whole))
			if got := texts(streamed); !reflect.DeepEqual(got, official.Texts) {
				t.Errorf("the official client streamed %q, we rebuilt %q", official.Texts, got)
			}
		})
	}
}

// attempt makes one call, on a connection of its own, and returns its response
// object. This server closes a connection after each streamed answer without
// saying so: an attempt that took it up would fail, and here nobody retries.
func attempt(t *testing.T, p openai.Provider, body string) map[string]any {
	t.Helper()
	transport := openai.NewTransport()
	transport.DisableKeepAlives = true
	p.Transport = transport
	resp, err := p.Attempt(t.Context(), &paceline.Request{Body: json.RawMessage(body)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !resp.Usage.Known {
		t.Error("no usage is known")
	}
	return decode(t, resp.Body)
}

// official is what compare.py prints.
type official struct {
	Whole json.RawMessage // the response object of the unstreamed call
	Texts []string        // each choice's content, put together from the stream
}

func officialClient(t *testing.T, body string) (o official) {
	t.Helper()
	cmd := exec.Command(python, "compare.py", baseURL)
	cmd.Stdin = strings.NewReader(body)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("compare.py: %v\n%s", err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func texts(object map[string]any) (all []string) {
	for _, c := range object["choices"].([]any) {
		text, _ := c.(map[string]any)["message"].(map[string]any)["content"].(string)
		all = append(all, text)
	}
	return all
}

// What the server refuses is classified as the item's fault.
func TestRefusals(t *testing.T) {
	user := func(text string) string {
		return `{"model":"` + model + `","max_tokens":4,"messages":[{"role":"user","content":"` + text + `"}]}`
	}
	for name, tt := range map[string]struct {
		body string
		want paceline.Code
	}{
		"too long a prompt": {user(strings.Repeat("word ", 6000)), paceline.CodeContextTooLong},
		"no messages":       {`{"model":"` + model + `","messages":null}`, paceline.CodeInvalidRequest},
		"a wrong type":      {strings.Replace(user("x"), "4", `"many"`, 1), paceline.CodeInvalidRequest},
	} {
		for _, noStream := range []bool{false, true} {
			p := openai.Provider{BaseURL: baseURL, NoStream: noStream}
			_, err := p.Attempt(t.Context(), &paceline.Request{Body: json.RawMessage(tt.body)}, nil)
			if got := paceline.CodeOf(err); got != tt.want {
				t.Errorf("%s (unstreamed: %v): got %v (%v), want %v", name, noStream, got, err, tt.want)
			}
		}
	}
}
