package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

func TestFault50DiskFull(t *testing.T) {
	// However late the commit that fails comes, not everything is sent before it, as
	// in TestFault50ShortWritesAtAFileSizeLimit.
	const n = 600
	b := newBench(t, n, sim.Config{}, func(i int) string { return plain(i) + strings.Repeat(" more", 4000) })
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1300k"); err != nil {
		t.Skipf("no small disk can be made here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, 0) })
	b.args[3] = filepath.Join(disk, "out.jsonl")

	p := b.start("--concurrency", "16", "--disk-wait", "1s", "--summary", filepath.Join(b.folder, "summary.json"))
	p.log.wait(t, "the disk is full: stops in ")
	p.log.wait(t, "Stopped: the disk is full; ")
	line := p.log.wait(t, "no space left on device")
	if code := p.end(); code != command.ExitStopped || !strings.HasSuffix(line, "; all answers that came are in "+b.args[3]+"; the same command continues once the disk takes it") {
		t.Errorf("ended with %d and %q", code, line)
	}
	if sent := b.provider.Ledger().Requests; sent == n {
		t.Error("everything was sent although the disk was full")
	}
	summary, _ := os.ReadFile(filepath.Join(b.folder, "summary.json"))
	if done, lost := gjson.GetBytes(summary, "done").Int(), gjson.GetBytes(summary, "not_kept.items.#").Int(); done != b.settled() || lost != 0 {
		t.Errorf("%d answers of %d calls were kept, %d lost", done, b.settled(), lost)
	}
	// On the disk that is still full nothing more is paid for.
	sent := b.settled()
	p = b.start()
	p.log.wait(t, "no space left on device; nothing was sent")
	if code := p.end(); code != command.ExitUsage || b.settled() != sent {
		t.Errorf("the second run ended with %d and sent %d", code, b.settled()-sent)
	}
	resize := func(size string) {
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size="+size); err != nil {
			t.Fatal(err)
		}
	}
	// With more room it goes on, waits where that is used up, and goes on with more.
	resize("3m")
	p = b.start("--concurrency", "16", "--disk-wait", "10m")
	p.log.wait(t, "the disk is full: stops in ")
	resize("60m")
	if code := p.end(); code != command.ExitDone {
		t.Fatalf("with room on the disk the run ended with %d", code)
	}
	b.whole(n)
	if sent := b.provider.Ledger().Requests; sent != n {
		t.Errorf("%d requests for %d items", sent, n)
	}
}
