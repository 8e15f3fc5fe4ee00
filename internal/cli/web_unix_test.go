//go:build unix

package cli

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

// A visitor is who reads a run's page, as far as it is no visitor.
type visitor struct {
	t    *testing.T
	base string // with the token, if there is one
	run  *process
}

// openPage starts a run with a page.
func (b *bench) openPage(flags ...string) *visitor {
	b.t.Helper()
	p := &visitor{t: b.t, run: b.start(flags...)}
	_, p.base, _ = strings.Cut(p.run.log.wait(b.t, "watch it at "), "watch it at ")
	return p
}

// get returns what the page answers, as JSON.
func (p *visitor) get(path string) gjson.Result {
	p.t.Helper()
	resp, err := http.Get(p.base + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return gjson.ParseBytes(body)
}

// post gives an order.
func (p *visitor) post(path, body string) gjson.Result {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Paceline-Csrf", p.get("state").Get("csrf").String())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return gjson.ParseBytes(answer)
}

func TestThePageAndCtlAreOneHand(t *testing.T) {
	const n = 300
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("uniform:5ms,20ms")}, plain)
	p := b.openPage("--ui", "127.0.0.1:0", "--rpm", "300", "--concurrency", "8", "--hedge", "off")
	b.saw(5)
	if s := p.post("pause", "{}"); !s.Get("status.paused").Bool() || !b.ctl().Get("paused").Bool() {
		t.Errorf("paused by the page: %s, ctl says %s", s, b.ctl())
	}
	b.until(func() bool { return p.get("state").Get("status.in_flight").Int() == 0 })
	if held := b.settled(); held != b.ctl().Get("requests").Int() || held >= n {
		t.Errorf("%d requests arrived in the pause", held)
	}
	if s := p.post("limits", `{"limits":{"rpm":"off","concurrency":"3"}}`); s.Get("status.in_force.concurrency").Int() != 3 ||
		b.ctl().Get("endpoints.0.concurrency").Int() != 3 || b.ctl().Get("endpoints.0.rpm").Type != gjson.Null {
		t.Errorf("set by the page: %s, ctl says %s", s, b.ctl())
	}
	if s := p.post("limits", `{"limits":{"rpm":"0"}}`); s.Get("error").String() != b.ctlError("set", "rpm=0") {
		t.Errorf("a limit of 0: the page says %s, ctl %q", s, b.ctlError("set", "rpm=0"))
	}
	for _, part := range []string{"state", "page.js", ""} {
		if text := p.get(part).Raw; strings.Contains(text, "sk-canary") {
			t.Errorf("/%s holds the key", part)
		}
	}
	b.ctl("resume")
	b.until(func() bool { return !p.get("state").Get("status.paused").Bool() })
	if code := p.run.end(); code != command.ExitDone {
		t.Fatalf("ended with %d", code)
	}
	b.whole(n)
}

// ctlError returns why ctl refuses an order.
func (b *bench) ctlError(args ...string) string {
	_, _, said := runMain(b.t, "", nil, append([]string{"ctl", b.output()}, args...)...)
	return strings.TrimSuffix(strings.TrimPrefix(said, "paceline: "), "\n")
}

func TestAPageStaysUntilItIsEnded(t *testing.T) {
	b := newBench(t, 20, sim.Config{}, plain)
	p := b.openPage("--ui=127.0.0.1:0", "--ui-stay", "--summary", "summary.json")
	b.until(func() bool { return p.get("state").Get("ended").Bool() })
	state := p.get("state")
	summary, err := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"items", "done", "requests", "prompt_tokens", "completion_tokens", "ttft_ms.p50"} {
		if got, want := state.Get("summary."+field), gjson.GetBytes(summary, field); got.Raw != want.Raw || !want.Exists() {
			t.Errorf("%s: the page says %s, the summary %s", field, got.Raw, want.Raw)
		}
	}
	if got := state.Get("status.done").Int(); got != 20 {
		t.Errorf("the status ends with %d done", got)
	}
	if s := p.post("pause", "{}"); s.Get("error").String() != "the run has ended" {
		t.Errorf("an order then: %s", s)
	}
	p.run.log.wait(t, "paceline: the page stays at "+p.base+"; Ctrl-C ends it")
	if err := p.run.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.run.end(); code != command.ExitDone {
		t.Errorf("ended with %d", code)
	}
}

func TestAnInterruptedRunDoesNotStay(t *testing.T) {
	b := newBench(t, 500, sim.Config{TTFT: sim.MustDurations("20ms")}, plain)
	p := b.openPage("--ui=127.0.0.1:0", "--ui-stay", "--rpm", "600")
	b.saw(3)
	if err := p.run.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	// If it stayed, this would have no end.
	if code := p.run.end(); code != command.ExitInterrupted {
		t.Errorf("ended with %d", code)
	}
}

func TestAPageWithATokenIsClosedWithoutIt(t *testing.T) {
	b := newBench(t, 500, sim.Config{TTFT: sim.MustDurations("20ms")}, plain)
	p := b.openPage("--ui=127.0.0.1:0", "--rpm", "600", "--ui-token", "a-token-of-my-own-0123")
	defer p.run.end()
	defer p.run.Process.Signal(syscall.SIGINT)
	base, query, _ := strings.Cut(p.base, "?")
	if query != "token=a-token-of-my-own-0123" {
		t.Errorf("it is to be opened at %s", p.base)
	}
	for header, want := range map[string]int{"": 401, "Bearer a-token-of-my-own-0124": 401, "Bearer a-token-of-my-own-0123": 200} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"state", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", header)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("with %q: %s, want %d", header, resp.Status, want)
		}
	}
}

func TestAPortThatIsTakenIsToldBeforeAnythingIsSent(t *testing.T) {
	b := newBench(t, 5, sim.Config{}, plain)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	code, said := b.ran(nil, "--ui", taken.Addr().String())
	want := "paceline: --ui: " + taken.Addr().String() + ": address already in use; name another port, or auto for one that is free\n"
	if code != command.ExitUsage || said != want || b.provider.Ledger().Requests != 0 {
		t.Errorf("ended with %d, %d requests: %q, want %q", code, b.provider.Ledger().Requests, said, want)
	}
}
