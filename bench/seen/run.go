package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/bench/peers/serve"
	"github.com/seed-1814a72b/paceline/bench/usage"
)

// A running is a run that has been started.
type running struct {
	kind    kind
	dir     string // its own
	server  *server
	earlier int64 // calls that its server had answered before
	cmd     *exec.Cmd
	readers readers
	began   time.Time
	over    chan struct{}
	err     error // once over is closed
}

// start starts a run of a kind in a folder of its own, and reads what it serves
// as people and Prometheus would. The caller stops it.
func (b *bench) start(k kind, s *server) (*running, error) {
	counters, err := serve.Ask(s.address)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, k.name+"-")
	if err != nil {
		return nil, err
	}
	r := &running{kind: k, dir: dir, server: s, earlier: counters.Calls, over: make(chan struct{})}
	r.cmd = exec.Command(b.o.paceline, "run", b.input, "-o", r.out(), "-p", "Label: {{.text}}", "-m", "bench",
		"--base-url", "http://"+s.address+"/json", "--no-stream", "--rps", strconv.Itoa(b.o.rate), "--concurrency", "64")
	r.cmd.Env = append(os.Environ(), "OPENAI_API_KEY=none")
	if b.o.profile != "" {
		r.cmd.Args = append(r.cmd.Args, "--profile", filepath.Join(b.o.profile, filepath.Base(dir)))
	}
	if err := errors.Join(k.furnish(r.cmd, dir, &r.readers), r.readers.terminal(r.cmd)); err != nil {
		r.readers.stop()
		return nil, err
	}
	r.began = time.Now()
	go func() {
		r.err = r.cmd.Wait()
		close(r.over)
	}()
	return r, nil
}

func (r *running) out() string { return filepath.Join(r.dir, "out.jsonl") }

// stop ends it, if it still runs, and all who look at it, and removes its folder.
func (r *running) stop() {
	_ = r.cmd.Process.Kill() // it may be over
	<-r.over
	r.readers.stop()
	_ = os.RemoveAll(r.dir)
}

// furnish adds the flags of a kind, and readers of what they serve.
func (k kind) furnish(cmd *exec.Cmd, dir string, r *readers) error {
	if !k.view {
		cmd.Args = append(cmd.Args, "--quiet")
	}
	if k.log != "" {
		cmd.Args = append(cmd.Args, "--log", filepath.Join(dir, "log"), "--log-level", k.log)
	}
	if k.metrics {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		cmd.Args = append(cmd.Args, "--metrics", address)
		r.scrape("http://" + address + "/metrics")
	}
	if k.ui {
		address, err := freeAddress()
		if err != nil {
			return err
		}
		cmd.Args = append(cmd.Args, "--ui", address)
		r.follow("http://" + address + "/events")
	}
	return nil
}

// used returns what its process has used so far. It errs once that is over.
func (r *running) used() (time.Duration, error) {
	select {
	case <-r.over:
		return 0, r.failed(errors.New("it ended before it was measured"))
	default:
		return usage.Of(r.cmd.Process.Pid)
	}
}

// calls returns how many of its calls were answered so far.
func (r *running) calls() (int64, error) {
	counters, err := serve.Ask(r.server.address)
	return counters.Calls - r.earlier, err
}

// startsIn is how long a run may take until its first call is answered.
const startsIn = time.Minute

// answered waits until a call was answered.
func (r *running) answered() error {
	for until := time.Now().Add(startsIn); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if _, err := r.used(); err != nil {
			return err
		}
		if n, err := r.calls(); err != nil || n > 0 {
			return err
		}
	}
	return r.failed(fmt.Errorf("no call was answered within %v", startsIn))
}

// complete waits for its end, and errs where a row is missing, or somebody who
// looks saw less than there was to see.
func (r *running) complete(items int) error {
	<-r.over
	took := time.Since(r.began)
	r.readers.stop()
	if r.err != nil {
		return r.failed(r.err)
	}
	data, err := os.ReadFile(r.out())
	if err != nil {
		return err
	}
	if rows := bytes.Count(data, []byte("\n")); rows != items {
		return fmt.Errorf("%d items went in, %d rows came out", items, rows)
	}
	return r.readers.check(r.kind, took)
}

// failed says of an error whose it is, with the run's last words once it is over.
func (r *running) failed(err error) error {
	select {
	case <-r.over:
		r.readers.stop()
		return fmt.Errorf("%s: %w: %v: %s", r.kind.name, err, r.cmd.ProcessState, r.readers.screen.last)
	default:
		return fmt.Errorf("%s: %w", r.kind.name, err)
	}
}

// freeAddress returns an address of this machine that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// writeItems writes n small items.
func writeItems(path string, n int) error {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"r%07d","text":"Review %d: arrived on time, works as described, would buy again."}`+"\n", i, i)
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
