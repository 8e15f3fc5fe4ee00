package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

// onLine is standard error, and calls do, once, on a goroutine of its own, when
// what was written contains a text.
type onLine struct {
	text string
	do   func(written string)

	mu      sync.Mutex
	written bytes.Buffer
	once    sync.Once
	did     sync.WaitGroup
}

func (o *onLine) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.written.Write(p)
	if all := o.written.String(); strings.Contains(all, o.text) {
		o.once.Do(func() { o.did.Go(func() { o.do(all) }) })
	}
	return len(p), nil
}

// fetched returns what is served at url.
func fetched(t *testing.T, url string) string {
	resp, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s, %v: %s", url, resp.Status, err, body)
	}
	return string(body)
}

// served runs 20 items with metrics, and calls do when the run is over and they
// stay for an hour.
func served(t *testing.T, cfg sim.Config, do func(url string), signals chan os.Signal) (summary []byte, said string) {
	t.Helper()
	server, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(server)
	t.Cleanup(func() {
		hs.Close()
		server.Close()
	})
	dir := t.TempDir()
	input, report := filepath.Join(dir, "in.txt"), filepath.Join(dir, "s.json")
	if err := os.WriteFile(input, []byte(strings.Repeat("hello\n", 20)), 0o644); err != nil {
		t.Fatal(err)
	}
	stderr := &onLine{text: "the metrics stay", do: func(written string) {
		do(regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(written))
	}}
	runMain(t, "", func(env *command.Env) {
		env.Stderr, env.Signals = stderr, signals
		env.WriteFile = func(path string, data []byte) error { return os.WriteFile(path, data, 0o644) }
	}, "run", input, "-m", "m", "-p", "{{.text}}", "--base-url", hs.URL+"/v1", "--hedge", "off",
		"--metrics", "0", "--metrics-linger", "1h", "--summary", report, "--price", "in=1,out=2", "--rps", "1000")
	stderr.did.Wait()
	if summary, err = os.ReadFile(report); err != nil {
		t.Fatalf("%v\n%s", err, stderr.written.String())
	}
	return summary, stderr.written.String()
}

func TestMetricsAreThoseOfTheSummary(t *testing.T) {
	var index, text string
	summary, _ := served(t, sim.Config{Seed: 3, Errors: sim.Rates{{Fault: "500", Share: 0.2}}}, func(url string) {
		index = fetched(t, url)
		text = fetched(t, url+"metrics")
	}, nil)
	if !strings.Contains(index, `href="/metrics"`) {
		t.Errorf("the first page leads nowhere: %s", index)
	}
	of := func(path string) string { return gjson.GetBytes(summary, path).Raw }
	for _, want := range []string{
		`paceline_items_total{status="done"} ` + of("done"),
		`paceline_requests_total{endpoint="1",model="m"} ` + of("requests"),
		`paceline_retries_total ` + of("retries"),
		`paceline_tokens_total{endpoint="1",model="m",type="input"} ` + of("prompt_tokens"),
		`paceline_tokens_total{endpoint="1",model="m",type="output"} ` + of("completion_tokens"),
		`paceline_request_duration_seconds_count ` + of("done"),
		`paceline_items_expected 20`, `paceline_in_flight 0`, `paceline_limit_requests_per_second 1000`,
		`paceline_endpoint_up{endpoint="1"} 1`, `paceline_build_info{`, `go_goroutines `,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if run, process := strings.LastIndex(text, "# HELP paceline_"), strings.Index(text, "# HELP go_"); !strings.HasPrefix(text, "# HELP paceline_") || process < run {
		t.Errorf("what every Go program tells stands before what the run tells:\n%s", text)
	}
	if strings.Contains(text, "sk-") || of("retries") == "0" {
		t.Errorf("a key, or nothing was retried:\n%s", text)
	}
}

func TestCtrlCEndsTheWaitForAScrape(t *testing.T) {
	signals := make(chan os.Signal, 1)
	_, said := served(t, sim.Config{}, func(string) { signals <- os.Interrupt }, signals)
	if strings.Contains(said, "stopping") || !strings.Contains(said, "20 done") {
		t.Errorf("said:\n%s", said)
	}
}

func TestMetricsAddress(t *testing.T) {
	for given, want := range map[string]string{
		"9090": "127.0.0.1:9090", ":9090": ":9090", "127.0.0.1:0": "127.0.0.1:0", "[::1]:9090": "[::1]:9090",
		"metrics.internal:80": "metrics.internal:80",
	} {
		if got, err := metricsAddress(given); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", given, got, err, want)
		}
	}
	for _, given := range []string{"", "localhost", "127.0.0.1:http", "70000", "1:2:3", "http://127.0.0.1:9090", ":"} {
		if got, err := metricsAddress(given); err == nil || !strings.Contains(err.Error(), "127.0.0.1:9090") {
			t.Errorf("%q is taken for %q, %v", given, got, err)
		}
	}
}

func TestAnAddressThatIsTakenStopsTheRunBeforeAnything(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	input := filepath.Join(t.TempDir(), "in.txt")
	if err := os.WriteFile(input, []byte("hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, said := runMain(t, "", nil, "run", input, "-m", "m", "-p", "{{.text}}", "--base-url", "http://127.0.0.1:1/v1", "--metrics", l.Addr().String())
	want := fmt.Sprintf("paceline: --metrics: %s is taken by another program; name another port, or port 0 for any that is free\n", l.Addr())
	if code != command.ExitUsage || said != want {
		t.Errorf("exit %d, %q; want %q", code, said, want)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(input), "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// What is read before the run is over does not end the wait for the last values,
// nor does one that came too early for them.
func TestOnlyAScrapeThatBeginsAfterwardsIsTheLast(t *testing.T) {
	m, err := startMetrics("0")
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	fetched(t, m.url)
	if m.wanted() != nil {
		t.Error("somebody waits already")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	linger(ended, m.want(), time.Hour) // returns at once
	scraped := m.want()
	fetched(t, strings.TrimSuffix(m.url, "metrics"))
	select {
	case <-scraped:
		t.Error("the first page is no scrape")
	default:
	}
	fetched(t, m.url)
	linger(t.Context(), scraped, time.Hour)
}
