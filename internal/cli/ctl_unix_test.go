//go:build unix

package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/sim"
)

// ctl gives the bench's run an order and returns its state, as JSON.
func (b *bench) ctl(args ...string) gjson.Result {
	b.t.Helper()
	code, out, said := runMain(b.t, "", nil, append(append([]string{"ctl", b.output()}, args...), "--json")...)
	if code != command.ExitDone {
		b.t.Fatalf("ctl %q: exit %d, %s", args, code, said)
	}
	return gjson.Parse(out)
}

// output returns the absolute path of the bench's output.
func (b *bench) output() string {
	if filepath.IsAbs(b.args[3]) {
		return b.args[3]
	}
	return filepath.Join(b.folder, b.args[3])
}

func TestCtlPausesResumesAndSetsLimits(t *testing.T) {
	const n = 300
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("uniform:5ms,20ms")}, plain)
	b.args = append(b.args, noSecond...)
	p := b.start("--rpm", "300", "--concurrency", "8")
	b.saw(5)
	if s := b.ctl("pause"); !s.Get("paused").Bool() || s.Get("limited_by").String() != "hold" {
		t.Errorf("paused: %s", s.Raw)
	}
	b.until(func() bool { return b.ctl().Get("in_flight").Int() == 0 })
	if held := b.settled(); held >= n || held != b.ctl().Get("requests").Int() {
		t.Errorf("%d requests arrived, the run counts %s", held, b.ctl().Get("requests"))
	}
	s := b.ctl("set", "rpm=off", "concurrency=3")
	if e := s.Get("endpoints.0"); s.Get("in_force.concurrency").Int() != 3 || e.Get("rpm").Type != gjson.Null || e.Get("concurrency").Int() != 3 {
		t.Errorf("set: %s", s.Raw)
	}
	if s := b.ctl("resume"); s.Get("paused").Bool() || s.Get("limited_by").String() == "hold" {
		t.Errorf("resumed: %s", s.Raw)
	}
	if code := p.end(); code != command.ExitDone {
		t.Fatalf("ended with %d", code)
	}
	b.whole(n)
	if l := b.provider.Ledger(); l.Requests != n || l.Gone != 0 {
		t.Errorf("%d requests, %d cut off; no call was to be lost", l.Requests, l.Gone)
	}
	if files, _ := filepath.Glob(filepath.Join(journal.Dir(b.output()), "*ctl*")); len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
	code, _, said := runMain(t, "", nil, "ctl", b.output())
	if code != command.ExitUsage || !strings.HasPrefix(said, "paceline: no run goes on with "+b.output()+" for its output") {
		t.Errorf("after the end: exit %d, %s", code, said)
	}
}

func TestCtlSocketIsItsOwnersAndReplacesAStaleOne(t *testing.T) {
	const n = 100
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("20ms")}, plain)
	p := b.start("--rpm", "120", "--concurrency", "1")
	b.saw(2)
	socket := filepath.Join(journal.Dir(b.output()), "ctl.sock")
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 || info.Mode().Type() != os.ModeSocket {
		t.Errorf("the socket: %v, %v", info, err)
	}
	b.ctl("pause")
	p.Process.Kill()
	p.end()
	if _, err := os.Stat(socket); err != nil {
		t.Fatalf("a killed run leaves its socket: %v", err)
	}
	if code, _, said := runMain(t, "", nil, "ctl", b.output(), "resume"); code != command.ExitUsage || !strings.Contains(said, "no run goes on") {
		t.Errorf("of a killed run: exit %d, %s", code, said)
	}
	p = b.start("--rpm", "120", "--concurrency", "1")
	b.saw(b.provider.Ledger().Requests + 2)
	if s := b.ctl("set", "concurrency=16", "rpm=off"); s.Get("paused").Bool() {
		t.Errorf("a continued run is paused: %s", s.Raw)
	}
	if code := p.end(); code != command.ExitDone {
		t.Fatalf("ended with %d", code)
	}
	b.whole(n)
}

func TestCtlReachesARunWhosePathIsLong(t *testing.T) {
	const n = 40
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("20ms")}, plain)
	folder := filepath.Join(b.folder, strings.Repeat("long/", 25))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	b.args[3] = filepath.Join(folder, "out.jsonl")
	p := b.start("--rpm", "60", "--concurrency", "1")
	b.saw(2)
	note, err := os.ReadFile(filepath.Join(journal.Dir(b.output()), "ctl.path"))
	socket := strings.TrimSpace(string(note))
	if err != nil || len(socket) > 103 {
		t.Fatalf("the note says %q, %v", note, err)
	}
	if s := b.ctl("set", "concurrency=8", "rpm=off"); s.Get("in_force.concurrency").Int() != 8 {
		t.Errorf("set: %s", s.Raw)
	}
	if code := p.end(); code != command.ExitDone {
		t.Fatalf("ended with %d", code)
	}
	b.whole(n)
	for _, name := range []string{socket, filepath.Dir(socket), filepath.Join(journal.Dir(b.output()), "ctl.path")} {
		if _, err := os.Lstat(name); err == nil {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestCtlThroughALink(t *testing.T) {
	b := newBench(t, 30, sim.Config{TTFT: sim.MustDurations("20ms")}, plain)
	p := b.start("--rpm", "60", "--concurrency", "1")
	b.saw(2)
	link := filepath.Join(t.TempDir(), "link.jsonl")
	if err := os.Symlink(b.output(), link); err != nil {
		t.Fatal(err)
	}
	if code, out, said := runMain(t, "", nil, "ctl", link, "set", "concurrency=off", "rpm=off"); code != command.ExitDone || !strings.HasPrefix(out, link+": ") {
		t.Errorf("exit %d, %s%s", code, out, said)
	}
	if code := p.end(); code != command.ExitDone {
		t.Fatalf("ended with %d", code)
	}
}

func TestAPoolOutlivesOneOfItsServers(t *testing.T) {
	const n = 400
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("uniform:5ms,20ms")}, plain)
	mortal, err := sim.New(sim.Config{TTFT: sim.MustDurations("uniform:5ms,20ms")})
	if err != nil {
		t.Fatal(err)
	}
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if mortal.Ledger().Requests >= 20 {
			server.Listener.Close()
			panic(http.ErrAbortHandler)
		}
		mortal.ServeHTTP(w, r)
	}))
	defer server.Close()
	p := b.start("--endpoint", b.url+",name=lasting,concurrency=2,rpm=600",
		"--endpoint", server.URL+"/v1,name=mortal,concurrency=2", "--summary", "summary.json")
	b.until(func() bool { return mortal.Ledger().Requests >= 20 && b.provider.Ledger().Requests >= 20 })
	if s := b.ctl("set", "--endpoint", "lasting", "concurrency=16", "rpm=off"); len(s.Get("endpoints").Array()) != 2 ||
		s.Get("endpoints.0.concurrency").Int() != 16 || s.Get("endpoints.1.concurrency").Int() != 2 {
		t.Errorf("set: %s", s.Raw)
	}
	if code := p.end(); code != command.ExitDone {
		t.Fatalf("ended with %d", code)
	}
	b.whole(n)
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	if done := gjson.GetBytes(summary, "done").Int(); done != n {
		t.Errorf("the summary counts %d done", done)
	}
	if died := mortal.Ledger().Requests; died >= n/2 {
		t.Errorf("%d requests went to the server that died", died)
	}
	if code := b.start("--endpoint", b.url).end(); code != command.ExitUsage {
		t.Errorf("a run on fewer hosts than before ended with %d; it is another one", code)
	}
}
