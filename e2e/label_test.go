//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/demo"
)

// items is how many reviews are labelled in each run.
const items = 50

// answerSchema is what structured answers must fit.
const answerSchema = `{"type":"object","properties":{` +
	`"label":{"type":"string","enum":["good","bad","mixed"]},` +
	`"score":{"type":"integer","minimum":1,"maximum":5}},` +
	`"required":["label","score"],"additionalProperties":false}`

const responseFormat = `{"response_format":{"type":"json_schema","json_schema":` +
	`{"name":"review","strict":true,"schema":` + answerSchema + `}},"max_tokens":120}`

// row is what an output line must hold.
type row struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	Index *int   `json:"index"`
	LLM   struct {
		Response     string `json:"response"`
		FinishReason string `json:"finish_reason"`
		Requests     int    `json:"requests"`
		Usage        struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
		} `json:"usage"`
		Cost  *float64        `json:"cost_usd"`
		TTFT  float64         `json:"ttft_ms"`
		Total float64         `json:"total_ms"`
		Model string          `json:"model"`
		Value json.RawMessage `json:"value"`
		Error json.RawMessage `json:"error"`
	} `json:"llm"`
}

// summary is what is checked of a run's --summary.
type summary struct {
	Items, Done, Failed, Invalid, Requests int
	PromptTokens                           int      `json:"prompt_tokens"`
	CompletionTokens                       int      `json:"completion_tokens"`
	Cost                                   *float64 `json:"cost_usd"`
}

func TestLabelStreamed(t *testing.T) {
	for _, r := range label(t, "--param", "max_tokens=16", "--allow-truncated") {
		if r.LLM.TTFT <= 0 || r.LLM.TTFT > r.LLM.Total {
			t.Errorf("item %d: first token after %v ms of %v ms", *r.Index, r.LLM.TTFT, r.LLM.Total)
		}
	}
}

func TestLabelUnstreamed(t *testing.T) {
	label(t, "--no-stream", "--param", "max_tokens=16", "--allow-truncated")
}

func TestLabelWithSchema(t *testing.T) {
	for name, extra := range map[string][]string{"streamed": nil, "unstreamed": {"--no-stream"}} {
		t.Run(name, func(t *testing.T) {
			schema := filepath.Join(t.TempDir(), "review.json")
			write(t, schema, []byte(answerSchema))
			fits := compile(t)
			for _, r := range label(t, append(extra, "--schema", schema, "--param", "max_tokens=120")...) {
				var oneLine bytes.Buffer
				if err := json.Compact(&oneLine, []byte(r.LLM.Response)); err != nil || oneLine.String() != string(r.LLM.Value) {
					t.Errorf("item %d: the value of %s is %s", *r.Index, r.LLM.Response, r.LLM.Value)
				}
				answer, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.LLM.Value))
				if err == nil {
					err = fits.Validate(answer)
				}
				if err != nil {
					t.Errorf("item %d: %q: %v", *r.Index, r.LLM.Response, err)
				}
			}
		})
	}
}

// foreignSchema is one that llama.cpp refuses: it knows no anchors.
const foreignSchema = `{"type":"object","properties":{"label":{"$ref":"#label"}},"required":["label"],` +
	`"$defs":{"l":{"$anchor":"label","type":"string"}}}`

// A server that refuses a schema is asked without it: its answers are judged
// all the same, and those of a small model that nothing holds to JSON are
// invalid, not failed.
func TestASchemaThatTheServerRefuses(t *testing.T) {
	dir := t.TempDir()
	input, schema, out := filepath.Join(dir, "in.txt"), filepath.Join(dir, "schema.json"), filepath.Join(dir, "out.jsonl")
	write(t, input, []byte("Say hello.\nSay goodbye.\n"))
	write(t, schema, []byte(foreignSchema))
	text, _ := exec.Command(binary, "run", input, "-o", out, "-m", model, "--base-url", baseURL,
		"--schema", schema, "-p", "{{.text}}", "--param", "max_tokens=24", "--param", "temperature=0", "--asks", "2").CombinedOutput()
	if n := strings.Count(string(text), "the server refuses the schema as response_format"); n != 1 {
		t.Errorf("said %d times that the schema is refused:\n%s", n, text)
	}
	for _, r := range readRows(t, out) {
		if code := gjson.GetBytes(r.LLM.Error, "code").String(); r.LLM.Response == "" || code != "invalid_answer" && code != "truncated" {
			t.Errorf("%q with the error %s", r.LLM.Response, r.LLM.Error)
		}
	}
}

// label runs the items through `paceline run` and returns the rows, checked for
// what every run must give.
func label(t *testing.T, args ...string) []row {
	t.Helper()
	dir := t.TempDir()
	input, out := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.jsonl")
	report := filepath.Join(dir, "summary.json")
	lines := bytes.SplitAfter(demo.Reviews, []byte("\n"))[:items]
	write(t, input, bytes.Join(lines, nil))

	args = append([]string{
		"run", input, "-o", out, "-m", model, "--base-url", baseURL, "--summary", report,
		"-p", "Is this review good, bad or mixed? Answer in one word.\n{{.text}}",
		"--concurrency", "4", "--param", "temperature=0", "--param", "seed=1", "--quiet",
	}, args...)
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("paceline %s: %v\n%s", strings.Join(args, " "), err, text)
	}
	rows := readRows(t, out)
	checkRows(t, rows, lines)
	checkSummary(t, report, rows)
	return rows
}

func readRows(t *testing.T, name string) (rows []row) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		rows = append(rows, r)
	}
	return rows
}

// checkRows checks that each item has one whole, successful row.
func checkRows(t *testing.T, rows []row, lines [][]byte) {
	t.Helper()
	if len(rows) != len(lines) {
		t.Fatalf("%d rows for %d items", len(rows), len(lines))
	}
	seen := make(map[int]bool)
	for _, r := range rows {
		if r.Index == nil || *r.Index < 0 || *r.Index >= len(lines) || seen[*r.Index] {
			t.Fatalf("a row's index is missing, repeated or out of range: %+v", r)
		}
		seen[*r.Index] = true
		var item struct{ ID, Text string }
		if err := json.Unmarshal(lines[*r.Index], &item); err != nil {
			t.Fatal(err)
		}
		llm := r.LLM
		switch {
		case r.ID != item.ID || r.Text != item.Text:
			t.Errorf("item %d came back as %q %q", *r.Index, r.ID, r.Text)
		case len(llm.Error) > 0:
			t.Errorf("item %d failed: %s", *r.Index, llm.Error)
		case llm.Response == "":
			t.Errorf("item %d: an empty answer", *r.Index)
		case llm.Usage.Prompt <= 0 || llm.Usage.Completion <= 0 || llm.Requests < 1:
			t.Errorf("item %d: usage %+v after %d requests", *r.Index, llm.Usage, llm.Requests)
		case llm.FinishReason != "stop" && llm.FinishReason != "length":
			t.Errorf("item %d: finish reason %q", *r.Index, llm.FinishReason)
		case llm.Model != model || llm.Total <= 0:
			t.Errorf("item %d: model %q, %v ms", *r.Index, llm.Model, llm.Total)
		case llm.Cost != nil:
			t.Errorf("item %d: a local model costs %v", *r.Index, *llm.Cost)
		}
	}
}

// checkSummary checks that a run's summary adds up to its rows.
func checkSummary(t *testing.T, name string, rows []row) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got summary
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := summary{Items: len(rows), Done: len(rows)}
	for _, r := range rows {
		want.Requests += r.LLM.Requests
		want.PromptTokens += r.LLM.Usage.Prompt
		want.CompletionTokens += r.LLM.Usage.Completion
	}
	t.Logf("%d items in %d requests", got.Items, got.Requests) // more where a busy machine missed a deadline
	if got != want {
		t.Errorf("summary: got %+v, want %+v (a cost of nil is unknown)", got, want)
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(answerSchema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("answer.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("answer.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
