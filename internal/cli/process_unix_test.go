//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

// A bench is a folder with an input and a provider, for runs in processes of
// their own.
type bench struct {
	t        *testing.T
	folder   string
	url      string
	provider *sim.Server
	args     []string
	tracing  []string // further arguments of strace, for straced
}

// newBench makes a bench with n items; text makes the i-th one's text.
func newBench(t *testing.T, n int, cfg sim.Config, text func(i int) string) *bench {
	t.Helper()
	b := &bench{t: t, folder: t.TempDir()}
	var input strings.Builder
	for i := range n {
		fmt.Fprintf(&input, "{\"id\":\"item-%d\",\"text\":%q}\n", i, text(i))
	}
	if err := os.WriteFile(filepath.Join(b.folder, "in.jsonl"), []byte(input.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	server, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hs := server.HTTPServer()
	go hs.Serve(l)
	t.Cleanup(func() { hs.Close(); server.Close() })
	b.provider, b.url = server, "http://"+l.Addr().String()+"/v1"
	b.args = []string{"run", "in.jsonl", "-o", "out.jsonl", "-m", "m", "-p", "{{.text}}"}
	return b
}

// A process is a running `paceline run`.
type process struct {
	*exec.Cmd
	log *lineLog
}

// start starts the command line with further flags.
func (b *bench) start(flags ...string) *process {
	b.t.Helper()
	return b.startWith(nil, flags...)
}

// startWith is start with a standard input; nil: none.
func (b *bench) startWith(stdin io.Reader, flags ...string) *process {
	b.t.Helper()
	self, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(self), log: newLineLog()}
	p.Args = append(append([]string{"paceline"}, b.args...), flags...) // TestMain goes by the name
	p.Dir, p.Stdin, p.Stderr = b.folder, stdin, p.log
	p.Env = append(os.Environ(), "OPENAI_BASE_URL="+b.url, "OPENAI_API_KEY=sk-canary")
	if err := p.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { p.Process.Kill() })
	return p
}

// end waits for the process and returns its exit code.
func (p *process) end() int {
	p.Wait()
	return p.ProcessState.ExitCode()
}

// whole fails the test unless every item has exactly one row.
func (b *bench) whole(n int) {
	b.t.Helper()
	seen := map[int64]int{}
	for _, row := range b.rows() {
		if !gjson.Valid(row) {
			b.t.Fatalf("a torn row: %q", row)
		}
		index := gjson.Get(row, "index").Int()
		if id := gjson.Get(row, "id").String(); id != fmt.Sprintf("item-%d", index) {
			b.t.Errorf("row %d has the fields of %s", index, id)
		}
		seen[index]++
	}
	for i := range n {
		if seen[int64(i)] != 1 {
			b.t.Errorf("item %d has %d rows", i, seen[int64(i)])
		}
	}
	if len(seen) != n {
		b.t.Errorf("%d items have rows, want %d", len(seen), n)
	}
}

func (b *bench) rows() []string {
	b.t.Helper()
	rows := b.tryRows()
	if rows == nil {
		b.t.Fatal("there is no output, or it is empty")
	}
	return rows
}

// tryRows returns the rows so far, nil for none.
func (b *bench) tryRows() []string {
	output := b.args[3]
	if !filepath.IsAbs(output) {
		output = filepath.Join(b.folder, output)
	}
	data, err := os.ReadFile(output)
	if err != nil || len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// saw waits until the provider has seen n requests.
func (b *bench) saw(n int64) {
	b.t.Helper()
	b.until(func() bool { return b.provider.Ledger().Requests >= n })
}

// settled returns how many requests the provider has seen, once it has read
// what a process that is gone left in the sockets.
func (b *bench) settled() int64 {
	b.t.Helper()
	last, since := int64(-1), 0
	b.until(func() bool {
		if n := b.provider.Ledger().Requests; n != last {
			last, since = n, 0
		}
		since++
		return since > 200 // ms
	})
	return last
}

func (b *bench) until(ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited for %v", patience)
		}
		<-time.After(time.Millisecond)
	}
}

// lineLog collects output and tells when a text has come.
type lineLog struct {
	w    *io.PipeWriter
	said chan string
}

func newLineLog() *lineLog {
	r, w := io.Pipe()
	l := &lineLog{w: w, said: make(chan string, 1000)}
	go func() {
		for s := bufio.NewScanner(r); s.Scan(); {
			l.said <- s.Text()
		}
	}()
	return l
}

func (l *lineLog) Write(b []byte) (int, error) { return l.w.Write(b) }

// wait returns the first line that contains text.
func (l *lineLog) wait(t *testing.T, text string) string {
	t.Helper()
	var before bytes.Buffer
	for {
		select {
		case line := <-l.said:
			if strings.Contains(line, text) {
				return line
			}
			before.WriteString(line + "\n")
		case <-time.After(patience):
			t.Fatalf("nobody said %q; said was:\n%s", text, &before)
		}
	}
}

// noSecond are the flags without which a call may rightly be sent again on a busy
// machine.
var noSecond = []string{"--first-token-timeout", "off", "--stall-timeout", "off", "--hedge", "0"}

func plain(i int) string { return fmt.Sprintf("text %d", i) }

func TestFault43KillAndContinue(t *testing.T) {
	const n, rounds = 400, 8
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("uniform:1ms,8ms")}, plain)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range rounds {
		p := b.start("--concurrency", "8")
		before := b.provider.Ledger().Requests
		more := 1 + rng.Int64N(n/rounds)
		b.until(func() bool {
			return b.provider.Ledger().Requests >= before+more || b.provider.Ledger().Complete.Requests >= n
		})
		p.Process.Kill()
		p.end()
	}
	if code := b.start("--summary", "summary.json").end(); code != command.ExitDone {
		t.Fatalf("the last run ended with %d", code)
	}
	b.whole(n)
	// Nothing was paid unknowingly: the journal knows of every request, and at
	// most of those in flight at a kill besides, which may not have arrived.
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	known, sent := gjson.GetBytes(summary, "requests").Int(), b.provider.Ledger().Requests
	if known < sent || known > sent+rounds*8 {
		t.Errorf("the summary counts %d requests, the provider saw %d", known, sent)
	}
}

func TestFault43InFlightCallsAreNamed(t *testing.T) {
	b := newBench(t, 3, sim.Config{}, func(int) string { return "[[sim:fault=hang times=1]]" })
	p := b.start("--price", "in=1,out=1")
	b.saw(3)
	p.Process.Kill()
	p.end()
	p = b.start("--price", "in=1,out=1", "--summary", "summary.json")
	if line := p.log.wait(t, "brought no row"); !strings.Contains(line, "3 calls of the last run brought no row (in.jsonl:1, in.jsonl:2, in.jsonl:3); at most $") {
		t.Errorf("said %q", line)
	}
	if code := p.end(); code != command.ExitDone {
		t.Errorf("ended with %d", code)
	}
	b.whole(3)
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	twice := gjson.GetBytes(summary, "possibly_paid_twice")
	if twice.Get("calls").Int() != 3 || !(twice.Get("cost_usd").Float() > 0) {
		t.Errorf("the summary has %s", twice.Raw)
	}
}

func TestFault44Interrupted(t *testing.T) {
	const n = 400
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("100ms")}, plain)
	b.args = append(b.args, noSecond...)
	p := b.start("--concurrency", "4", "--summary", "summary.json")
	b.saw(8)
	p.Process.Signal(syscall.SIGINT)
	p.log.wait(t, "paceline: stopping: calls in flight may take 30s; Ctrl-C again stops at once")
	p.log.wait(t, "interrupted; the same command continues")
	if code := p.end(); code != command.ExitInterrupted {
		t.Fatalf("ended with %d", code)
	}
	l := b.provider.Ledger()
	if rows := int64(len(b.rows())); rows != l.Requests || l.Gone != 0 {
		t.Errorf("%d rows of %d requests, %d cut off: those in flight should have been finished", rows, l.Requests, l.Gone)
	}
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	if by := gjson.GetBytes(summary, "stopped_by").String(); by != "interrupted" {
		t.Errorf("stopped_by is %q", by)
	}
	if code := b.start().end(); code != command.ExitDone {
		t.Fatalf("the second run ended with %d", code)
	}
	b.whole(n)
	if sent := b.provider.Ledger().Requests; sent != n {
		t.Errorf("%d requests for %d items: something was paid twice", sent, n)
	}
}

func TestFault44InterruptedTwice(t *testing.T) {
	b := newBench(t, 3, sim.Config{}, func(i int) string { return fmt.Sprintf("%d [[sim:fault=hang times=1]]", i) })
	p := b.start()
	b.saw(3)
	p.Process.Signal(syscall.SIGINT)
	p.log.wait(t, "stopping")
	p.Process.Signal(syscall.SIGINT)
	if code := p.end(); code != command.ExitInterrupted {
		t.Fatalf("ended with %d", code)
	}
	p = b.start("--summary", "summary.json")
	p.log.wait(t, "3 calls of the last run brought no row") // they were broken off, and may be paid twice
	if code := p.end(); code != command.ExitDone {
		t.Fatalf("the second run ended with %d", code)
	}
	b.whole(3)
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	if lost := gjson.GetBytes(summary, `waste.by_cause.#(cause=="possibly_paid_twice").requests`).Int(); lost != 3 {
		t.Errorf("%d calls are told as possibly paid twice, want 3: %s", lost, summary)
	}
}

func TestFault45TerminatedWhileThrottled(t *testing.T) {
	b := newBench(t, 5, sim.Config{Limits: sim.Limits{RPM: 1, Window: sim.FixedWindow}}, plain)
	p := b.start()
	b.until(func() bool { return b.provider.Ledger().Refused > 0 })
	p.Process.Signal(syscall.SIGTERM)
	p.log.wait(t, "paceline: stopping: calls in flight may take 5s; a second signal stops at once")
	if code := p.end(); code != command.ExitInterrupted {
		t.Errorf("ended with %d", code)
	}
}

// A terminal that is closed sends SIGHUP, often twice.
func TestHangupDrains(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("whoever runs the tests has it ignored, as nohup does, and so do processes that they start")
	}
	b := newBench(t, 5, sim.Config{Limits: sim.Limits{RPM: 1, Window: sim.FixedWindow}}, plain)
	p := b.start()
	b.until(func() bool { return b.provider.Ledger().Refused > 0 })
	p.Process.Signal(syscall.SIGHUP)
	p.log.wait(t, "paceline: stopping: calls in flight may take 5s; a second signal stops at once")
	p.Process.Signal(syscall.SIGHUP)
	p.log.wait(t, "Interrupted: ") // the summary
	if code := p.end(); code != command.ExitInterrupted {
		t.Errorf("ended with %d", code)
	}
}

// Who waits for standard input can be interrupted: before anything has come, in
// the middle of the first item, and behind it.
func TestFault44InterruptedWhileWaitingForInput(t *testing.T) {
	half := strings.Repeat("half an item ", 1<<16) // more than a pipe takes, so that it is written once it is read
	for _, sent := range []string{"", half, "one\n"} {
		b := newBench(t, 1, sim.Config{}, plain)
		b.args[1] = "-"
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		p := b.startWith(r, "--profile", "profile") // the folder is made once signals are taken
		r.Close()
		io.WriteString(w, sent)
		b.until(func() bool { _, err := os.Stat(filepath.Join(b.folder, "profile")); return err == nil })
		if strings.HasSuffix(sent, "\n") {
			b.saw(1)
			b.until(func() bool { return len(b.tryRows()) > 0 })
		}
		p.Process.Signal(syscall.SIGINT)
		if code := p.end(); code != command.ExitInterrupted {
			t.Errorf("after %.20q it ended with %d", sent, code)
		}
	}
}

func TestFault49TwoRunsOnOneOutput(t *testing.T) {
	b := newBench(t, 2, sim.Config{}, func(int) string { return "[[sim:fault=hang times=1]]" })
	first := b.start()
	b.saw(2)
	second := b.start()
	line := second.log.wait(t, "paceline: ")
	if code := second.end(); code != command.ExitUsage || !strings.Contains(line, fmt.Sprint(first.Process.Pid)) {
		t.Errorf("the second run ended with %d and said %q; want 1 and the first one's process", code, line)
	}
	first.Process.Kill()
	first.end()
	if sent := b.provider.Ledger().Requests; sent != 2 {
		t.Errorf("%d requests: the second run sent something", sent)
	}
}
