package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func someSummary() *summary {
	before := earlier{
		done: 400, failed: 2, requests: 410,
		usage: paceline.Usage{Prompt: 40_000, Completion: 4_000, Known: true},
		cost:  paceline.Cost{USD: 0.01, Known: true},
	}
	s := summarize(paceline.Summary{Stats: paceline.Stats{
		Done: 586, Failed: 9, Invalid: 3, Requests: 634, Retries: 31, Throttled: 3,
		Usage:   paceline.Usage{Prompt: 60_000, Completion: 6_000, Known: true},
		Cost:    paceline.Cost{USD: 0.02, Known: true},
		Elapsed: 72 * time.Second,
		FirstToken: paceline.Latency{Count: 590, P50: 810 * time.Millisecond,
			P90: 1900 * time.Millisecond, P99: 4200 * time.Millisecond},
		Total: paceline.Latency{Count: 590, P50: time.Second, P90: 2 * time.Second, P99: 5 * time.Second},
	}}, before, 1000)
	s.Output = "out.jsonl"
	s.Failures = []failure{{"context_too_long", 7, "in.jsonl:18: HTTP 400 this model takes 8,192 tokens at most and was given rather more"}, {"invalid_answer", 3, ""}}
	return s
}

func TestSummaryAddsUpSessions(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal(someSummary().encode(), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"items": 1000.0, "done": 986.0, "failed": 11.0, "invalid": 3.0, "resumed": 402.0, "requests": 1044.0,
		"retries": 31.0, "throttled": 3.0, "hedges": 0.0, "prompt_tokens": 100_000.0, "completion_tokens": 10_000.0,
		"cost_usd": 0.03, "elapsed_s": 72.0, "stopped_by": nil, "output": "out.jsonl",
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if ttft := got["ttft_ms"].(map[string]any); ttft["p50"] != 810.0 || ttft["p90"] != 1900.0 || ttft["p99"] != 4200.0 {
		t.Errorf("ttft_ms is %v", ttft)
	}
}

func TestFault38UnknownCostIsNull(t *testing.T) {
	priced := paceline.Summary{Stats: paceline.Stats{Requests: 1, Cost: paceline.Cost{USD: 1, Known: true}}}
	unpriced := paceline.Summary{Stats: paceline.Stats{Requests: 1}}
	known, unknown := earlier{cost: paceline.Cost{USD: 1, Known: true}}, earlier{done: 1}
	for name, s := range map[string]*summary{
		"unknown now": summarize(unpriced, known, 0), "unknown before": summarize(priced, unknown, 0),
	} {
		if s.CostUSD != nil || !strings.Contains(report{summary: s}.money(), "unknown") {
			t.Errorf("%s: cost %v, shown as %q", name, *s.CostUSD, report{summary: s}.money())
		}
	}
	if s := summarize(paceline.Summary{}, known, 0); s.CostUSD == nil || *s.CostUSD != 1 {
		t.Error("a session that sent nothing made the cost unknown")
	}
}

const wantReport = `
Finished: 1,000 items in 1 min 12 s, 8.31 a second

  items        986 done   11 failed   3 invalid   402 from earlier
  requests     1,044 sent   31 retried   3 throttled
  first token  p50 810 ms   p90 1.90 s   p99 4.20 s
  answer       p50 1.00 s   p90 2.00 s   p99 5.00 s
  tokens       100,000 in   10,000 out
  money        $0.03 (prices as of today)
  failures     7 context_too_long, such as in.jsonl:18: HTTP 400 this model ta…
               3 invalid_answer
  rows         out.jsonl
  next         go on
`

func TestReport(t *testing.T) {
	var b strings.Builder
	report{summary: someSummary(), width: 80, pricing: "prices as of today", next: "go on"}.write(&b)
	if b.String() != wantReport {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), wantReport)
	}
	stopped := someSummary()
	by := "quota"
	stopped.StoppedBy, stopped.Items = &by, 2000
	if got, want := (report{summary: stopped}).headline(), "Stopped (quota): 1,000 of 2,000 items in"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReportOfManyCauses(t *testing.T) {
	s := summarize(paceline.Summary{}, earlier{}, 0)
	for range 8 {
		s.Failures = append(s.Failures, failure{Code: "server_error", Count: 1})
	}
	lines := report{summary: s, width: 80}.failures()
	if len(lines) != maxFailures+1 || lines[maxFailures] != "and 3 more causes" {
		t.Errorf("got %q", lines)
	}
}
