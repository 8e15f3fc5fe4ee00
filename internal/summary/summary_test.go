package summary

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

func someSummary() *Summary {
	before := Earlier{
		done: 400, Failed: 2, Requests: 410,
		Usage: paceline.Usage{Prompt: 40_000, Completion: 4_000, Known: true},
		Cost:  paceline.Cost{USD: 0.01, Known: true},
	}
	s := Of(paceline.Summary{Stats: paceline.Stats{
		Done: 586, Failed: 9, Invalid: 3, Requests: 634, Retries: 31, Throttled: 3, Asked: 12,
		NotAccepted: 15, Rejected: paceline.Usage{Prompt: 1500, Completion: 150, Known: true}, RejectedCost: paceline.Cost{USD: 0.0005, Known: true},
		Usage:   paceline.Usage{Prompt: 60_000, Completion: 6_000, Known: true},
		Cost:    paceline.Cost{USD: 0.02, Known: true},
		Elapsed: 72 * time.Second,
		Causes:  map[paceline.Code]int64{paceline.CodeServer: 12, paceline.CodeThrottled: 3, paceline.CodeInvalidAnswer: 13, paceline.CodeTruncated: 2, paceline.CodeCanceled: 9},
		FirstToken: paceline.Latency{Count: 590, P50: 810 * time.Millisecond,
			P90: 1900 * time.Millisecond, P99: 4200 * time.Millisecond},
		Total: paceline.Latency{Count: 590, P50: time.Second, P90: 2 * time.Second, P99: 5 * time.Second},
	}}, before, 1000)
	s.Output = "out.jsonl"
	s.PaidTwice = PaidTwiceOf(journal.Totals{Lost: 2, LostCost: 1_000_000})
	s.Failures = []Failure{{"context_too_long", 7, "in.jsonl:18: HTTP 400 this model takes 8,192 tokens at most and was given rather more"}, {"invalid_answer", 3, ""}}
	return s
}

func TestSummaryAddsUpSessions(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal(someSummary().Encode(), &got); err != nil {
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
	known, unknown := Earlier{Cost: paceline.Cost{USD: 1, Known: true}}, Earlier{done: 1}
	for name, s := range map[string]*Summary{
		"unknown now": Of(unpriced, known, 0), "unknown before": Of(priced, unknown, 0),
	} {
		if s.CostUSD != nil || !strings.Contains(Report{Summary: s}.MoneyText(), "unknown") {
			t.Errorf("%s: cost %v, shown as %q", name, *s.CostUSD, Report{Summary: s}.MoneyText())
		}
	}
	if s := Of(paceline.Summary{}, known, 0); s.CostUSD == nil || *s.CostUSD != 1 {
		t.Error("a session that sent nothing made the cost unknown")
	}
}

const wantReport = `
Finished: 1,000 items (this session: 598 items in 1 min 12 s, 8.31 a second)

  items        986 done   11 failed   3 invalid   402 from earlier
  requests     634 sent   31 retried   3 throttled   12 asked again   12 failed   410 in earlier sessions
  first token  p50 810 ms   p90 1.90 s   p99 4.20 s
  answer       p50 1.00 s   p90 2.00 s   p99 5.00 s
  tokens       100,000 in   10,000 out
  money        $0.03 (prices as of today)
  in vain      15 answers not accepted   1,500 in   150 out   $0.0005
  paid twice?  2 calls that brought no row, at most $0.001
  failures     7 context_too_long, such as in.jsonl:18: HTTP 400 this model ta…
               3 invalid_answer
  rows         out.jsonl
  next         go on
`

func TestReport(t *testing.T) {
	var b strings.Builder
	Report{Summary: someSummary(), Width: 80, Pricing: "prices as of today", Next: "go on"}.Write(&b)
	if b.String() != wantReport {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), wantReport)
	}
	b.Reset()
	Report{Summary: someSummary()}.Write(&b)
	if !strings.Contains(b.String(), "takes 8,192 tokens at most and was given rather more\n") {
		t.Errorf("without an end of the page a line was cut:\n%s", b.String())
	}
}

func TestARunThatStoppedAtOnceHasNoSpeed(t *testing.T) {
	s := paceline.Summary{Stats: paceline.Stats{Requests: 20, Done: 17, Elapsed: 12 * time.Millisecond}, StoppedBy: "quota"}
	r := Report{Summary: Of(s, Earlier{}, 100), Stopped: StopReason("quota", errors.New("x"))}
	if got, want := r.headline(), "Stopped: no quota or credit is left; 17 of 100 items in 12 ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatNeverLeftIsNotSent(t *testing.T) {
	s := paceline.Summary{Stats: paceline.Stats{Requests: 20, Done: 17}}
	for range 3 {
		s.Account.Waste(uint8(paceline.CodeLocal), journal.Used{})
	}
	if got := (Report{Summary: Of(s, Earlier{}, 17)}).requests(); !strings.HasPrefix(got, "17 sent") {
		t.Errorf("got %q", got)
	}
}

func TestABudgetSpentBeyondItsLimitIsAnUpperBound(t *testing.T) {
	b := BudgetOf(paceline.BudgetState{Limit: paceline.Budget{USD: 0.03}, Spent: paceline.Budget{USD: 0.030170001}})
	if got, want := b.String(), "at most $0.03 of $0.03 spent"; got != want || *b.LeftUSD != 0 {
		t.Errorf("got %q, %g left; want %q", got, *b.LeftUSD, want)
	}
}

// What is spent beyond the money of the summary is what requests of unknown cost
// took at most; the line says so.
func TestABudgetIsSpentAtMostWhereACostIsNotKnown(t *testing.T) {
	s := paceline.Summary{Stats: paceline.Stats{Requests: 3, Done: 2, Cost: paceline.Cost{USD: 0.012, Known: true}}}
	for spent, want := range map[float64]string{0.012: "$0.012 of $1.00 spent", 0.028: "at most $0.028 of $1.00 spent"} {
		s.Budget = paceline.BudgetState{Limit: paceline.Budget{USD: 1}, Spent: paceline.Budget{USD: spent}}
		before := Earlier{Cost: paceline.Cost{Known: true}}
		if got := Of(s, before, 2).Budget.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestReportHeadline(t *testing.T) {
	stats := func(requests, done int64) paceline.Stats {
		return paceline.Stats{Requests: requests, Done: done, Elapsed: 2 * time.Second}
	}
	full := fmt.Errorf("journal: %w", syscall.ENOSPC)
	for _, tt := range []struct {
		stats  paceline.Stats
		before Earlier
		total  int64
		by     string
		err    error
		want   string
	}{
		{stats(10, 10), Earlier{}, 10, "", nil, "Finished: 10 items in 2.00 s, 5.00 a second"},
		{stats(1, 1), Earlier{}, 1, "", nil, "Finished: 1 item in 2.00 s, 0.50 a second"},
		{stats(2, 2), Earlier{done: 5}, 7, "", nil, "Finished: 7 items (this session: 2 items in 2.00 s, 1.00 a second)"},
		{stats(0, 0), Earlier{done: 50}, 50, "", nil, "Finished: 50 items, nothing was sent in this session"},
		{stats(0, 5), Earlier{}, 5, "", nil, "Finished: 5 items in 2.00 s"}, // none could be sent
		{stats(9, 4), Earlier{}, 20, "quota", errors.New("x"), "Stopped: no quota or credit is left; 4 of 20 items in 2.00 s, 2.00 a second"},
		{stats(9, 4), Earlier{done: 3}, 20, "journal", full, "Stopped: the disk is full; 7 of 20 items (this session: 4 items in 2.00 s, 2.00 a second)"},
		{stats(9, 4), Earlier{}, 20, "journal", errors.New("x"), "Stopped: the rows cannot be kept; "},
		{stats(9, 4), Earlier{}, 20, "sink", syscall.EPIPE, "Stopped: the output was closed; "},
		{stats(9, 4), Earlier{}, 20, "outage", errors.New("x"), "Stopped: the server does not answer; "},
		{stats(9, 0), Earlier{}, 20, "invalid_request", errors.New("x"), "Stopped: the server refuses the requests; 0 of 20 items in 2.00 s"},
		{stats(9, 0), Earlier{}, 20, "content_filter", errors.New("x"), "Stopped: the provider's filter refuses the requests; "},
		{stats(9, 4), Earlier{}, 20, "something", errors.New("x"), "Stopped: the run cannot go on; "},
		{stats(9, 4), Earlier{}, 20, "interrupted", errors.New("interrupted"), "Interrupted: 4 of 20 items in 2.00 s, 2.00 a second"},
	} {
		r := Report{Summary: Of(paceline.Summary{Stats: tt.stats, StoppedBy: tt.by}, tt.before, tt.total)}
		if tt.err != nil {
			r.Stopped = StopReason(tt.by, tt.err)
		}
		if got := r.headline(); got != tt.want && !(strings.HasSuffix(tt.want, "; ") && strings.HasPrefix(got, tt.want)) {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
}

func TestUnknownTokensAreNotZero(t *testing.T) {
	silent := paceline.Stats{Requests: 3, Done: 3}
	s := Of(paceline.Summary{Stats: silent}, Earlier{}, 3)
	if s.PromptTokens != nil || s.CompletionTokens != nil || !strings.Contains(string(s.Encode()), `"prompt_tokens": null`) {
		t.Errorf("the JSON is %s", s.Encode())
	}
	if got := (Report{Summary: s}).TokensText(); got != "unknown (the server does not tell)" {
		t.Errorf("the summary says %q", got)
	}
	if s := Of(paceline.Summary{Stats: paceline.Stats{Requests: 3, Failed: 3}}, Earlier{}, 3); *s.PromptTokens != 0 {
		t.Error("where nothing was answered nothing is unknown")
	}
}

func TestWorthAnother(t *testing.T) {
	s := &Summary{Failures: []Failure{{Code: "bad_item"}, {Code: "invalid_request"}, {Code: "content_filter"}}}
	if s.WorthAnother() {
		t.Error("what the items themselves are at fault for would be sent again in vain")
	}
	s.Failures = append(s.Failures, Failure{Code: "server_error"})
	if !s.WorthAnother() {
		t.Error("a server's fault is worth another attempt")
	}
}

func TestReportOfManyCauses(t *testing.T) {
	s := Of(paceline.Summary{}, Earlier{}, 0)
	for range 8 {
		s.Failures = append(s.Failures, Failure{Code: "server_error", Count: 1})
	}
	lines := Report{Summary: s, Width: 80}.failures()
	if len(lines) != MaxFailures+1 || lines[MaxFailures] != "and 3 more causes" {
		t.Errorf("got %q", lines)
	}
}

// A session that died between a connection that was cut and the next attempt
// leaves a request of unknown cost. That makes the cost of the answers no less
// known than it was while the session lasted.
func TestCutRequestsOfAKilledSessionLeaveTheCostKnown(t *testing.T) {
	unknown := journal.Used{PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: journal.Unknown}
	rec := journal.Recovery{Done: 1, Totals: journal.Totals{Requests: 2, PromptTokens: 10, Cost: 3_000_000, Unpriced: 1}}
	rec.Account.Answer(journal.Used{PromptTokens: 10, Cost: 3_000_000})
	rec.Account.Waste(uint8(paceline.CodeCut), unknown)
	s := Of(paceline.Summary{}, EarlierOf(rec), 2)
	if s.CostUSD == nil || *s.CostUSD != 0.003 {
		t.Errorf("the cost is %v", s.CostUSD)
	}
	rec.Account.Answer(unknown)
	if s := Of(paceline.Summary{}, EarlierOf(rec), 2); s.CostUSD != nil {
		t.Errorf("an answer of unknown cost, and the cost is %v", *s.CostUSD)
	}
}
