package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

// A straced run has a system call of its own go wrong, or is killed in it.

// straced runs the command line under strace with an injection, such as
// "pwrite64:error=ENOSPC:when=3+", and returns its exit code, -1 for a kill, and
// what it said.
func (b *bench) straced(inject string, flags ...string) (code int, said string) {
	b.t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		b.t.Skip("skipped: strace is not installed, and these faults cannot be injected without it")
	}
	cmd := exec.Command(strace, slices.Concat([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call(inject),
		"-e", "inject=" + inject}, b.tracing, []string{b.program()}, b.args, flags)...)
	var log bytes.Buffer
	cmd.Dir, cmd.Stderr = b.folder, &log
	cmd.Env = append(os.Environ(), "OPENAI_BASE_URL="+b.url, "OPENAI_API_KEY=sk-canary")
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	if strings.Contains(log.String(), "ptrace") || strings.Contains(log.String(), "strace:") {
		b.t.Skipf("skipped: strace may not trace here: %.200s", log.String())
	}
	return cmd.ProcessState.ExitCode(), log.String()
}

func call(inject string) string {
	name, _, _ := strings.Cut(inject, ":")
	return name
}

// program returns a link to this binary by the name that makes it `paceline`.
func (b *bench) program() string {
	b.t.Helper()
	link := filepath.Join(b.folder, "bin", "paceline")
	if _, err := os.Lstat(link); err == nil {
		return link
	}
	self, err := os.Executable()
	if err == nil {
		err = os.Mkdir(filepath.Dir(link), 0o755)
	}
	if err == nil {
		err = os.Symlink(self, link)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return link
}

// A process that is killed in any system call by which it changes files leaves
// what the same command continues.
func TestFault43KilledInEachSystemCall(t *testing.T) {
	const n = 12
	killed := 0
	for syscall, most := range map[string]int{"pwrite64": 14, "fdatasync": 8, "fsync": 4, "ftruncate": 2, "renameat": 1, "unlinkat": 2} {
		for when := 1; when <= most; when++ {
			for _, flag := range []string{"--concurrency=2", "--ordered"} {
				if testing.Short() && when > 3 {
					continue
				}
				b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("1ms")}, plain)
				inject := fmt.Sprintf("%s:signal=SIGKILL:when=%d", syscall, when)
				if code, _ := b.straced(inject, flag); code < 0 || code == 137 {
					killed++
				}
				if code := b.start(flag).end(); code != command.ExitDone {
					t.Fatalf("%s: the same command ended with %d", inject, code)
				}
				b.whole(n)
			}
		}
	}
	t.Logf("%d processes were killed", killed)
	if killed < 10 {
		t.Errorf("only %d processes were killed", killed)
	}
}

// A disk that fills up at any write: nothing more is sent, the run ends as one
// that can be continued, and is.
func TestFault50NoSpaceAtEachWrite(t *testing.T) {
	const n = 40
	for when := 1; when <= 40; when += 3 {
		b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("1ms")}, plain)
		b.failsAndContinues(n, fmt.Sprintf("pwrite64:error=ENOSPC:when=%d+", when), "no space left on device")
	}
}

// A limit on the size of files makes the write that reaches it a short one, and
// the next one fail.
func TestFault50ShortWritesAtAFileSizeLimit(t *testing.T) {
	// However late the commit that fails comes, not everything is sent before it:
	// 4 MiB of rows may wait for one, and as many be on the way to the disk; these are 12.
	const n = 600
	for _, kib := range []int{1100, 1200, 1330} { // the first MiB tries the disk
		b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("1ms")}, func(i int) string { return plain(i) + strings.Repeat(" more", 4000) })
		cmd := exec.Command("sh", "-c", fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, kib*2), b.program())
		cmd.Args = append(append(cmd.Args, b.args...), "--concurrency", "32")
		var log bytes.Buffer
		cmd.Dir, cmd.Stderr = b.folder, &log
		cmd.Env = append(os.Environ(), "OPENAI_BASE_URL="+b.url, "OPENAI_API_KEY=sk-canary")
		cmd.Run()
		if code, said := cmd.ProcessState.ExitCode(), log.String(); code != command.ExitStopped || !strings.Contains(said, "file too large") ||
			!strings.Contains(said, "the same command continues") {
			t.Fatalf("at %d KiB it ended with %d: %.600s", kib, code, said)
		}
		data, err := os.ReadFile(filepath.Join(b.folder, "out.jsonl"))
		if err != nil || len(data) > 0 && data[len(data)-1] != '\n' {
			t.Errorf("the output does not end with a whole row: %v", err)
		}
		if sent := b.settled(); sent >= n {
			t.Errorf("%d requests for %d items were sent although the file could not grow", sent, n)
		}
		if code := b.start().end(); code != command.ExitDone {
			t.Fatalf("the same command ended with %d", code)
		}
		b.whole(n)
	}
}

// A disk that says that it wrote and did not: what is missing, the next start
// finds out and refuses, instead of going on behind a hole; or nothing is, and it
// goes on. strace counts the calls of each thread for itself, so that which of
// them are left out, and whether any are, is a matter of chance.
func TestFault50WritesThatNeverHappened(t *testing.T) {
	const n = 40
	for _, when := range []string{"17+", "30+"} {
		b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("1ms")}, plain)
		code, said := b.straced("pwrite64:retval=1:when="+when, "--concurrency=2")
		again, line := b.ran(nil)
		if again == command.ExitDone {
			b.whole(n)
		} else if again != command.ExitUsage || !strings.Contains(line, "--allow-changes makes the journal anew from the rows") {
			t.Errorf("from %s on: ended with %d, %s; the next one with %d: %s; %d rows", when, code, said, again, line, len(b.tryRows()))
		}
	}
}

// The same for the output alone, of which every row is missing: that is always
// found out.
func TestFault50RowsThatWereNeverWritten(t *testing.T) {
	const n = 40
	b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("1ms")}, plain)
	b.tracing = []string{"-P", filepath.Join(b.folder, "out.jsonl")}
	if code, said := b.straced("pwrite64:retval=1"); code != command.ExitDone || len(b.tryRows()) != 0 {
		t.Fatalf("the run that was lied to ended with %d and %d rows: %s", code, len(b.tryRows()), said)
	}
	sent := b.settled()
	if code, said := b.ran(nil); code != command.ExitUsage || !strings.Contains(said, "--allow-changes makes the journal anew from the rows") || b.settled() != sent {
		t.Errorf("the next run ended with %d after %d requests: %s", code, b.settled()-sent, said)
	}
	if code, said := b.ran(nil, "--allow-changes"); code != command.ExitDone {
		t.Errorf("what it advises ended with %d: %s", code, said)
	}
	b.whole(n)
}

// A sync that fails is the end of the run, and is not tried again.
func TestFault51SyncFails(t *testing.T) {
	const n = 40
	for _, syscall := range []string{"fdatasync", "fsync"} {
		for when := 1; when <= 8; when += 2 {
			b := newBench(t, n, sim.Config{TTFT: sim.MustDurations("1ms")}, plain)
			b.failsAndContinues(n, fmt.Sprintf("%s:error=EIO:when=%d", syscall, when), "input/output error")
		}
	}
}

// failsAndContinues runs into an injected failure, unless the run is over before
// it, and continues without.
func (b *bench) failsAndContinues(n int, inject, words string) {
	t := b.t
	t.Helper()
	code, said := b.straced(inject, "--concurrency=2", "--disk-wait=300ms")
	sent := b.settled()
	switch code {
	case command.ExitDone: // the call did not come so often
	case command.ExitUsage:
		if sent > 0 || !strings.Contains(said, "nothing was sent") {
			t.Errorf("%s: ended with 1 after %d requests: %s", inject, sent, said)
		}
	case command.ExitStopped:
		if !strings.Contains(said, words) || !strings.Contains(said, "the same command continues") {
			t.Errorf("%s: it said %s", inject, said)
		}
		if sent == int64(n) && len(b.tryRows()) == n {
			break // the last commit failed
		}
	default:
		t.Errorf("%s: ended with %d: %s", inject, code, said)
	}
	if rows := b.tryRows(); len(rows) > 0 && strings.Contains(rows[len(rows)-1], "\x00") {
		t.Errorf("%s: padding was left in the output", inject)
	}
	if code := b.start().end(); code != command.ExitDone {
		t.Fatalf("%s: the same command ended with %d", inject, code)
	}
	b.whole(n)
	if twice := b.provider.Ledger().Requests - int64(n); twice > sent {
		t.Errorf("%s: %d requests more than items, of %d before the failure", inject, twice, sent)
	}
}
