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
)

// A cost is what one run has used.
type cost struct {
	cpu  time.Duration // of the process, in user and system mode, from start to end
	took time.Duration
}

// run makes one run of a kind in a folder of its own, and reads what it serves
// as people and Prometheus would.
func (b *bench) run(k kind) (c cost, err error) {
	dir, err := os.MkdirTemp(b.dir, k.name+"-")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out.jsonl")
	cmd := exec.Command(b.o.paceline, "run", b.input, "-o", out, "-p", "Label: {{.text}}", "-m", "bench",
		"--base-url", "http://"+b.server.address+"/json", "--no-stream", "--rps", strconv.Itoa(b.o.rate), "--concurrency", "64")
	cmd.Env = append(os.Environ(), "OPENAI_API_KEY=none")
	if b.o.profile != "" {
		cmd.Args = append(cmd.Args, "--profile", filepath.Join(b.o.profile, k.name))
	}
	var readers readers
	defer readers.stop()
	if err := k.furnish(cmd, dir, &readers); err != nil {
		return c, err
	}
	began := time.Now()
	if err := readers.terminal(cmd); err != nil {
		return c, err
	}
	if err := cmd.Wait(); err != nil {
		readers.stop()
		return c, fmt.Errorf("%s: %w: %s", k.name, err, readers.screen.last)
	}
	c.took = time.Since(began)
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	readers.stop()
	return c, errors.Join(b.complete(out), readers.check(k, c.took))
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

// complete errs where the output lacks a row.
func (b *bench) complete(out string) error {
	data, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	if rows := bytes.Count(data, []byte("\n")); rows != b.items {
		return fmt.Errorf("%d items went in, %d rows came out", b.items, rows)
	}
	return nil
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
