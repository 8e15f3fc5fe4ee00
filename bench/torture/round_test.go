//go:build unix

package torture

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

// score is what rounds came to.
type score struct {
	killed, sessions, stopped, interrupted int
	rows, requests, lost, cut              int64
}

func (s *score) add(o score) {
	s.killed += o.killed
	s.sessions += o.sessions
	s.stopped += o.stopped
	s.interrupted += o.interrupted
	s.rows += o.rows
	s.requests += o.requests
	s.lost += o.lost
	s.cut += o.cut
}

func (s *score) String() string {
	return fmt.Sprintf("%d killed of %d processes, %d stopped by a fault, %d interrupted; %d rows of %d requests, %d calls possibly paid twice, %d bytes of rows cut back",
		s.killed, s.sessions, s.stopped, s.interrupted, s.rows, s.requests, s.lost, s.cut)
}

// round is one input on its way through kills.
type round struct {
	score
	t        *testing.T
	rng      *rand.Rand
	folder   folder
	provider *provider
	items    int
	most     int  // kills
	ordered  bool // all sessions order their rows
	known    committed
	said     []string // by every process
}

func newRound(t *testing.T, rng *rand.Rand, items, most int) *round {
	t.Helper()
	r := &round{t: t, rng: rng, folder: newFolder(t), items: items, most: most, ordered: rng.IntN(3) == 0}
	var b strings.Builder
	for i := range items {
		fmt.Fprintf(&b, "{\"id\":\"i%d\",\"text\":\"item-%d %s\"}\n", i, i, strings.Repeat("word ", rng.IntN(12)))
	}
	if err := os.WriteFile(r.folder.file("in.jsonl"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	r.provider = startProvider(r.folder, r.faults()...)
	return r
}

// faults are the flags of a simulator that does everything that one can do
// wrong, in one call of five.
func (r *round) faults() []string {
	all := sim.Faults()
	var list []string
	for _, f := range all {
		share := 0.2 / float64(len(all))
		switch f.Name {
		case "gzip-bomb", "endless-line", "huge-headers", "long-line": // they cost a second of a processor each
			share /= 10
		case "401", "401-vllm", "403", "quota", "402", "spend-limit", "model-not-found", "redirect", "redirect-307":
			share /= 5 // they stop the run: how is not what this is about
		}
		list = append(list, fmt.Sprintf("%s:%.6f", f.Name, share))
	}
	return []string{
		"--seed", fmt.Sprint(r.rng.Uint32()), "--ttft", "uniform:1ms,30ms", "--itl", "uniform:0s,1ms",
		"--tokens", "uniform:3,20", "--errors", strings.Join(list, ","),
		"--rps", "1500", "--window", []string{"token-bucket", "fixed", "sliding"}[r.rng.IntN(3)],
	}
}

// flags are the command line; all that identifies the run is the same in every
// session.
func (r *round) flags(last bool) []string {
	args := []string{"run", "in.jsonl", "-o", "out.jsonl", "-m", "m", "-p", "{{.text}}", "--price", "in=1,out=2",
		"--base-url", r.provider.url, "--summary", "summary.json", "--concurrency", "24", "--hedge", "20%",
		"--first-token-timeout", "300ms", "--stall-timeout", "300ms", "--timeout", "1s", "--grace", "200ms"}
	if r.ordered {
		args = append(args, "--ordered")
	}
	if !last && r.rng.IntN(4) == 0 {
		args = append(args, "--retry-failed")
	}
	if how := []string{"100ms", "10ms", "each", "off"}[r.rng.IntN(4)]; !last {
		args = append(args, "--sync", how)
	}
	return args
}

// run kills and continues until the budget of kills is spent or the input is
// done, and judges.
func (r *round) run() {
	defer r.provider.stop()
	r.known = committed{}
	for r.killed < r.most && !r.session(r.rng.IntN(400)) {
		if r.t.Failed() {
			return
		}
	}
	r.finish()
	if !r.t.Failed() {
		r.judge()
	}
}

// session runs one process and kills it within so many milliseconds, unless it
// has ended before. It reports whether the input was done.
func (r *round) session(ms int) (done bool) {
	args := r.flags(false)
	again := slices.Contains(args, "--retry-failed")
	p := r.folder.start(args...)
	r.sessions++
	over := r.wait(p, time.Duration(ms)*time.Millisecond)
	if !over && r.rng.IntN(8) == 0 {
		r.interrupted++
		p.Process.Signal(syscall.SIGINT)
		over = p.within(time.Duration(r.rng.IntN(250)) * time.Millisecond)
	}
	if !over && p.kill() {
		r.killed++
	}
	r.said = append(r.said, p.said.String())
	code := p.ProcessState.ExitCode()
	r.code(code, p)
	r.known = r.known.next(r.t, r.folder, again)
	r.cut += max(r.folder.size("out.jsonl")-r.known.end(), 0)
	return code == 0 || code == 2 && !again && r.rng.IntN(2) == 0
}

// wait waits for the moment to kill, or until the process has ended, and reports
// which: some time, most often; else until rows are being rewritten, or, as far
// as another process can tell, written.
func (r *round) wait(p *process, d time.Duration) (over bool) {
	var seen func() bool
	switch r.rng.IntN(6) {
	case 0:
		seen = func() bool { return r.folder.size("out.jsonl.paceline/journal.tmp") >= 0 }
	case 1:
		before := r.folder.size("out.jsonl")
		seen = func() bool { return r.folder.size("out.jsonl") > before }
	default:
		return p.within(d)
	}
	for end := time.Now().Add(time.Second); time.Now().Before(end) && !seen(); {
		if p.within(100 * time.Microsecond) {
			return true
		}
	}
	return p.within(time.Duration(r.rng.IntN(1000)) * time.Microsecond)
}

// code notes how a process ended, and refuses ends that nothing explains.
func (r *round) code(code int, p *process) {
	if said := p.said.String(); strings.Contains(said, "goroutine ") { // a crash ends with 2, too
		r.t.Errorf("a process crashed: %s", said)
	}
	switch code {
	case -1, 0, 2, 130:
	case 3:
		r.stopped++
	default:
		r.t.Errorf("a process ended with %d: %s", code, p.said.String())
	}
}

// finish runs the command until every item has its row.
func (r *round) finish() {
	for range 200 {
		p := r.folder.start(r.flags(true)...)
		r.sessions++
		if !p.within(10 * time.Second) { // a pause of a day that a fault asked for
			p.kill()
		}
		r.said = append(r.said, p.said.String())
		code := p.ProcessState.ExitCode()
		r.code(code, p)
		r.known = r.known.next(r.t, r.folder, false)
		if r.t.Failed() || code == 0 || code == 2 {
			return
		}
	}
	r.t.Error("after 200 sessions there is still an item without a row")
}
