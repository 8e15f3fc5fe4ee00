package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

// patience is how long anything may take.
const patience = 60 * time.Second

// A run is a `paceline run` with a page.
type run struct {
	t      *testing.T
	dir    string
	url    string      // of the page, with its token
	server *sim.Server // nil: one of the test's own
	cmd    *exec.Cmd
	ended  chan error

	mu  sync.Mutex
	log bytes.Buffer
}

// startRun begins a run of so many items against a simulated server, with further
// flags. It is ended with the test.
func startRun(t *testing.T, cfg sim.Config, items int, flags ...string) *run {
	t.Helper()
	server, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := startRunAt(t, server, items, flags...)
	r.server = server
	return r
}

// startRunAt is startRun against a server of the test's own.
func startRunAt(t *testing.T, server http.Handler, items int, flags ...string) *run {
	t.Helper()
	at := httptest.NewServer(server)
	t.Cleanup(at.Close)
	r := &run{t: t, dir: t.TempDir(), ended: make(chan error, 1)}
	r.writeItems(items)
	args := append([]string{"run", "in.jsonl", "-o", "out.jsonl", "--base-url", at.URL + "/v1", "-m", "gpt-4o-mini",
		"-p", "Label this: {{.text}}", "--price", "in=0.15,out=0.6", "--ui", "127.0.0.1:0", "--summary", "summary.json"}, flags...)
	r.cmd = exec.Command(binary, args...)
	r.cmd.Dir, r.cmd.Stderr = r.dir, r
	r.cmd.Env = append(os.Environ(), "OPENAI_API_KEY=sk-secret-of-the-test")
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.cmd.Wait() }()
	t.Cleanup(r.stop)
	r.url = r.find(regexp.MustCompile(`watch it at (\S+)`))
	return r
}

func (r *run) writeItems(n int) {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "{\"id\":\"item-%d\",\"text\":\"the lamp number %d is bright\"}\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "in.jsonl"), b.Bytes(), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// Write takes what the run says.
func (r *run) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *run) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// find waits until the run has said something, and returns the first group.
func (r *run) find(what *regexp.Regexp) string {
	r.t.Helper()
	var found []string
	eventually(r.t, "the run says "+what.String(), func() bool {
		found = what.FindStringSubmatch(r.said())
		return found != nil
	})
	return found[len(found)-1]
}

// stop ends the run, if it has not ended.
func (r *run) stop() {
	select {
	case err := <-r.ended:
		r.ended <- err
		return
	default:
	}
	// It may end by itself at this moment.
	_ = r.cmd.Process.Signal(syscall.SIGINT)
	select {
	case err := <-r.ended:
		r.ended <- err
	case <-time.After(patience):
		_ = r.cmd.Process.Kill()
		r.t.Errorf("the run did not end:\n%s", r.said())
	}
}

// ctl asks `paceline ctl` how the run stands.
func (r *run) ctl(order ...string) (status struct {
	Paused  bool `json:"paused"`
	InForce struct {
		RequestsPerMin *float64 `json:"requests_per_min"`
		Concurrency    int      `json:"concurrency"`
	} `json:"in_force"`
}) {
	r.t.Helper()
	cmd := exec.Command(binary, append([]string{"ctl", "out.jsonl", "--json"}, order...)...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("ctl: %v\n%s", err, out)
	}
	if err := json.Unmarshal(out, &status); err != nil {
		r.t.Fatal(err)
	}
	return status
}

// A summary is what is compared of the run's own.
type summary struct {
	Items, Done, Failed, Requests, Retries int64
	PromptTokens                           int64 `json:"prompt_tokens"`
	CompletionTokens                       int64 `json:"completion_tokens"`
	Cost                                   struct{ USD float64 }
	CostUSD                                *float64              `json:"cost_usd"`
	TTFT                                   struct{ P50 float64 } `json:"ttft_ms"`
	Total                                  struct{ P50 float64 } `json:"total_ms"`
}

// summary waits for the run's summary.
func (r *run) summary() (s summary) {
	r.t.Helper()
	eventually(r.t, "the summary is written", func() bool {
		b, err := os.ReadFile(filepath.Join(r.dir, "summary.json"))
		return err == nil && json.Unmarshal(b, &s) == nil
	})
	return s
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("in %s it did not come to be that %s", patience, what)
}

// base returns the page's address without its token.
func (r *run) base() string {
	before, _, _ := strings.Cut(r.url, "?")
	return before
}
