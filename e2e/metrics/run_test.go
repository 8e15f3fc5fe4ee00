//go:build e2e

package metrics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

const items = 600

// build returns the program.
var build = sync.OnceValues(func() (string, error) {
	binary, err := filepath.Abs(filepath.Join(folder, "paceline"))
	if err != nil {
		return "", err
	}
	return binary, in(".", "go", "build", "-o", binary, "../../cmd/paceline")
})

// simulate starts a simulated provider and returns its base URL.
func simulate(t *testing.T, binary string, flags ...string) string {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"sim", "-q", "--addr", freeAddress(t)}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line := make([]byte, 256)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(line[:n]))
}

// A run is what is known of one, when it has ended.
type run struct {
	middle     time.Time // a moment at which it went on
	end        time.Time
	exposition []byte // what was served at about that moment
	summary    gjson.Result
}

// runAgainst runs the items over two endpoints with every kind of trouble.
func runAgainst(t *testing.T, address string) (r run) {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	trouble := []string{"--errors", "500:0.05,429:0.03", "--hang", "1%", "--invalid", "10%", "--ttft", "lognormal:300ms,0.5"}
	one, two := simulate(t, binary, trouble...), simulate(t, binary, append(trouble, "--seed", "2")...)
	dir := t.TempDir()
	input, report := filepath.Join(dir, "in.txt"), filepath.Join(dir, "summary.json")
	if err := os.WriteFile(input, []byte(strings.Repeat("How was it?\n", items)), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "run", input, "-o", filepath.Join(dir, "out.jsonl"), "-m", "m", "--summary", report,
		"-p", "One of: positive, negative, mixed. {{.text}}", "--one-of", "positive,negative,mixed",
		"--endpoint", one+",name=east,rps=25,tpm=200k,usd-per-hour=1000,concurrency=60", "--endpoint", two+",name=west,rps=25,tpm=200k,usd-per-hour=1000,concurrency=60",
		"--model-limit", "m,rps=24", "--first-token-timeout", "3s", "--price", "in=1,out=2", "--max-cost", "50",
		"--metrics", address, "--metrics-linger", "30s")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	wait(t, "half of the items have ended", func() bool {
		r.exposition = get("http://" + address + "/metrics")
		var done int
		for line := range strings.Lines(string(r.exposition)) {
			fmt.Sscanf(line, `paceline_items_total{status="done"} %d`, &done)
		}
		return done > items/2
	})
	r.middle = time.Now()
	if err := <-ended; err != nil && cmd.ProcessState.ExitCode() > 2 {
		t.Fatalf("%v\n%s", err, &said)
	}
	r.end = time.Now()
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	r.summary = gjson.ParseBytes(text)
	return r
}

// get returns what is served at url, nil if nothing is.
func get(url string) []byte {
	resp, err := http.Get(url)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil
	}
	return body
}

func TestPrometheus(t *testing.T) {
	address := freeAddress(t)
	p := start(t, address)
	r := runAgainst(t, address)
	t.Run("final values are the summary's", func(t *testing.T) { checkFinal(t, p, r) })
	t.Run("quantiles are the summary's", func(t *testing.T) { checkQuantiles(t, p, r) })
	t.Run("dashboard", func(t *testing.T) { checkDashboard(t, p, r) })
	t.Run("promtool", func(t *testing.T) { checkMetrics(t, r.exposition) })
}

// The same with native histograms, which take the place of the classic ones.
func TestPrometheusWithNativeHistograms(t *testing.T) {
	address := freeAddress(t)
	p := start(t, address, "--enable-feature=native-histograms")
	r := runAgainst(t, address)
	got, err := p.query(t, r.end, `histogram_count(paceline_first_token_seconds)`)
	if err != nil || len(got) != 1 || got[0].value < r.summary.Get("done").Float() {
		t.Errorf("%v durations, %v; %v items are done", got, err, r.summary.Get("done"))
	}
	if old, err := p.query(t, r.middle, `paceline_first_token_seconds_bucket`); err != nil || len(old) > 0 {
		t.Errorf("%d classic buckets, %v: this is not what is to be tried", len(old), err)
	}
	checkQuantiles(t, p, r)
	checkDashboard(t, p, r)
}

// final returns the last value of an expression's series before the run's end.
func final(t *testing.T, p prometheus, r run, format string) float64 {
	t.Helper()
	expr := fmt.Sprintf(format, "[10m]")
	got, err := p.query(t, r.end, expr)
	if err != nil || len(got) != 1 {
		t.Errorf("%s: %v, %v", expr, got, err)
		return math.NaN()
	}
	return got[0].value
}

func checkFinal(t *testing.T, p prometheus, r run) {
	for format, path := range map[string]string{
		`last_over_time(paceline_items_total{status="done"}%s)`:       "done",
		`last_over_time(paceline_items_total{status="failed"}%s)`:     "failed",
		`last_over_time(paceline_items_total{status="invalid"}%s)`:    "invalid",
		`sum(last_over_time(paceline_requests_total%s))`:              "requests",
		`last_over_time(paceline_retries_total%s)`:                    "retries",
		`last_over_time(paceline_throttled_total%s)`:                  "throttled",
		`last_over_time(paceline_hedges_total%s)`:                     "hedges",
		`last_over_time(paceline_asked_again_total%s)`:                "asked_again",
		`sum(last_over_time(paceline_tokens_total{type="input"}%s))`:  "prompt_tokens",
		`sum(last_over_time(paceline_tokens_total{type="output"}%s))`: "completion_tokens",
		`sum(last_over_time(paceline_cost_usd_total%s))`:              "cost_usd",
		`sum(last_over_time(paceline_answers_rejected_total%s))`:      "not_accepted.answers",
		`last_over_time(paceline_items_expected%s)`:                   "items",
		`last_over_time(paceline_budget_usd%s)`:                       "budget.max_cost_usd",
	} {
		want := r.summary.Get(path)
		if got := final(t, p, r, format); !want.Exists() || math.Abs(got-want.Float()) > 1e-6*want.Float() {
			t.Errorf("%s is %v, %s of the summary %v", format, got, path, want)
		}
	}
	checkLimited(t, p, r)
	for _, path := range []string{"retries", "throttled", "asked_again", "not_accepted.answers"} {
		if r.summary.Get(path).Int() == 0 {
			t.Errorf("%s is 0: too little happened for a trial", path)
		}
	}
	requests, ended := final(t, p, r, `sum(last_over_time(paceline_requests_total%s))`), final(t, p, r, `sum(last_over_time(paceline_request_outcomes_total%s))`)
	if requests != ended {
		t.Errorf("%v requests, %v outcomes", requests, ended)
	}
}

// checkLimited compares what held the run back. The engine is there a moment
// before the run.
func checkLimited(t *testing.T, p prometheus, r run) {
	total := final(t, p, r, `sum(last_over_time(paceline_limited_seconds_total%s))`)
	if took := r.summary.Get("elapsed_s").Float(); math.Abs(total-took) > 1 {
		t.Errorf("limited for %v s in all, the run took %v s", total, took)
	}
	for _, cause := range r.summary.Get("limited_by.by_cause").Array() {
		name, want := cause.Get("cause").String(), cause.Get("seconds").Float()
		if name == "" {
			name = "none"
		}
		if got := final(t, p, r, `last_over_time(paceline_limited_seconds_total{by="`+name+`"}%s)`); math.Abs(got-want) > 1 {
			t.Errorf("limited by %q for %v s, the summary has %v s", name, got, want)
		}
	}
}

// checkQuantiles compares Prometheus' estimates by buckets with the engine's own.
func checkQuantiles(t *testing.T, p prometheus, r run) {
	for metric, path := range map[string]string{"paceline_first_token_seconds": "ttft_ms", "paceline_request_duration_seconds": "total_ms"} {
		for q, name := range map[string]string{"0.5": "p50", "0.9": "p90"} {
			// At the end, where the last values are: not every version has
			// last_over_time for native histograms.
			got, err := p.query(t, r.end, "histogram_quantile("+q+", sum by (le) ("+metric+"_bucket)) or histogram_quantile("+q+", sum("+metric+"))")
			want := r.summary.Get(path+"."+name).Float() / 1000
			if err != nil || len(got) != 1 || !(got[0].value > want*0.7 && got[0].value < want*1.4) {
				t.Errorf("%s, %s: %v, %v; the summary has %v s", metric, name, got, err, want)
			}
		}
	}
}

// quiet are panels for which nothing may have happened in a run.
var quiet = map[string]bool{"Paused": true}

func checkDashboard(t *testing.T, p prometheus, r run) {
	text, err := os.ReadFile("../../contrib/grafana/paceline.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	given := strings.NewReplacer("$__rate_interval", "5s", "$job", ".*", "$instance", ".*")
	queries := 0
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			queries++
			got, err := p.query(t, r.middle, given.Replace(target.Expr))
			if err != nil {
				t.Errorf("panel %s: %v: %s", panel.Title, err, target.Expr)
			} else if len(got) == 0 && !quiet[panel.Title] {
				t.Errorf("panel %s has no data: %s", panel.Title, target.Expr)
			}
		}
	}
	if queries < 30 {
		t.Errorf("only %d queries", queries)
	}
	t.Logf("%d queries of %d panels", queries, len(board.Panels))
}

// checkMetrics has promtool judge names, types and help texts.
func checkMetrics(t *testing.T, exposition []byte) {
	cmd := exec.Command(program(t, "promtool"), "check", "metrics")
	cmd.Stdin = bytes.NewReader(exposition)
	if text, err := cmd.CombinedOutput(); err != nil || len(text) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, text)
	}
}
