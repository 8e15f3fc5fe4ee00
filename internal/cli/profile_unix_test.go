//go:build unix

package cli

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

// A profile is written by a run that ends, and by one that is interrupted, once
// or twice.
func TestProfileIsWrittenHoweverARunEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		stops int // how often Ctrl-C is pressed
		code  int
	}{{"done", 0, command.ExitDone}, {"drained", 1, command.ExitInterrupted}, {"cut off", 2, command.ExitInterrupted}} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, 20+tt.stops*1000, sim.Config{TTFT: sim.MustDurations("100ms")}, plain)
			p := b.start("--concurrency", "2", "--profile", "deep/profile")
			if tt.stops > 0 {
				b.saw(4)
				p.Process.Signal(syscall.SIGINT)
				p.log.wait(t, "paceline: stopping: calls in flight may take 30s; Ctrl-C again stops at once")
			}
			if tt.stops > 1 {
				p.Process.Signal(syscall.SIGINT)
			}
			if code := p.end(); code != tt.code {
				t.Fatalf("ended with %d", code)
			}
			profileHas(t, filepath.Join(b.folder, "deep/profile", cpuProfile), "nanoseconds")
			profileHas(t, filepath.Join(b.folder, "deep/profile", memoryProfile), "alloc_space")
		})
	}
}

// profileHas fails the test unless a profile's table of strings has text.
func profileHas(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	plain, err := io.ReadAll(r)
	if err != nil || !bytes.Contains(plain, []byte(text)) {
		t.Errorf("%s: no %q in %d bytes, %v", path, text, len(plain), err)
	}
}

// A folder that cannot be made stops the run before anything is sent.
func TestProfileFolderIsProbedFirst(t *testing.T) {
	b := newBench(t, 1, sim.Config{}, plain)
	p := b.start("--profile", "in.jsonl/profile")
	p.log.wait(t, "paceline: --profile: mkdir in.jsonl: not a directory; give a folder that can be written to")
	if code := p.end(); code != command.ExitUsage {
		t.Errorf("ended with %d", code)
	}
	if n := b.provider.Ledger().Requests; n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}
