//go:build unix

package flow

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

func TestStrictRealStopped(t *testing.T) {
	tb := table(t, titleStrictRealStopped, "Real timers, real sockets on loopback; the server is a process of its own that is stopped by a signal for 50 ms every 3 s, and counts by sliding window. "+strictText+" A seed is a repetition.")
	var loads Sample
	for _, kind := range answering() {
		for _, l := range size([]strictLimit{
			{2, time.Second, 121}, {200, time.Second, 12_001}, {2_000, time.Second, 120_001},
		}, []strictLimit{{200, time.Second, 801}}) {
			name := l.String() + ", " + kind.name
			var used, refused Sample
			t.Run(name, func(t *testing.T) {
				for range min(size(3, 1), seeds()) {
					r := l.realStopped(t, kind.think)
					used = append(used, float64(lastStart(l.calls, l.n, l.window))/float64(r.span()))
					refused = append(refused, float64(r.refused))
					loads = append(loads, load()...)
				}
			})
			tb.Rows = append(tb.Rows,
				Row{name, "limit used", Percent, AtLeast(0.97), used},
				Row{name, "refused of " + Count(float64(l.calls)), Count, AtMost(0), refused})
		}
	}
	tb.loadRow(loads)
}

// realStopped runs the limit's calls against a process that is stopped at times.
func (l strictLimit) realStopped(t *testing.T, think string) *report {
	t.Helper()
	child, address := serveApart(t, served{l.n, think})
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		stopAtTimes(child, over)
	}()
	r := l.drive(t, address)
	close(over)
	<-ended
	res, err := http.Get("http://" + address + "/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var seen sim.Ledger
	if err := json.NewDecoder(res.Body).Decode(&seen); err != nil {
		t.Fatal(err)
	}
	for i := range seen.Records {
		r.arrive(&seen.Records[i])
	}
	slices.SortStableFunc(r.arrivals, func(a, b sim.Record) int { return a.At.Compare(b.At) })
	r.check(t, false)
	return r
}

// stopAtTimes stops a process for 50 ms every 3 s until over is closed.
func stopAtTimes(p *os.Process, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(3 * time.Second):
		}
		p.Signal(syscall.SIGSTOP)
		<-time.After(50 * time.Millisecond)
		p.Signal(syscall.SIGCONT)
	}
}

// apart is the environment's name of what the process that only serves is told.
const apart = "PACELINE_BENCH_SERVER"

// serveApart serves from a process of its own until the test is over.
func serveApart(t *testing.T, what served) (*os.Process, string) {
	t.Helper()
	text, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeApart$")
	cmd.Env = append(os.Environ(), apart+"="+string(text))
	cmd.Stderr = os.Stderr
	in, _ := cmd.StdinPipe()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd.Process, strings.TrimSpace(line)
}

// served is what a process that only serves is told.
type served struct {
	RPS  int
	TTFT string
}

// TestServeApart is that process: it serves until its input ends.
func TestServeApart(t *testing.T) {
	text := os.Getenv(apart)
	if text == "" {
		t.Skip("it is run by others")
	}
	var told served
	if err := json.Unmarshal([]byte(text), &told); err != nil {
		t.Fatal(err)
	}
	cfg := strictLimit{n: told.RPS, window: time.Second}.thinking(sim.SlidingWindow, told.TTFT)
	cfg.KeepRequests = true
	s, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := s.HTTPServer()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	fmt.Println(l.Addr())
	io.Copy(io.Discard, os.Stdin)
	server.Close()
	<-ended
	s.Close()
}
