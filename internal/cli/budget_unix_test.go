//go:build unix

package cli

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/sim"
)

// A budget holds for processes that are killed while calls are in flight, and
// the run goes on from there to its end once it is raised.
func TestABudgetHoldsForKilledProcesses(t *testing.T) {
	const n = 1200
	const usd = 0.06
	b := newBench(t, n, sim.Config{
		TTFT: sim.MustDurations("uniform:20ms,80ms"), ITL: sim.MustDurations("1ms"), Tokens: mustCounts(t, "uniform:5,40"),
		Errors: mustFaults(t, "500:0.03,cut:0.03,no-usage:0.03"),
	}, plain)
	flags := []string{"--param", "max_tokens=40", "--price", "in=1,out=4", "--concurrency", "32", "--attempts", "20", "--summary", "s.json", "--max-cost"}
	for range 3 {
		p := b.start(append(flags, "0.06")...)
		b.saw(b.provider.Ledger().Requests + 1 + rand.Int64N(40))
		p.Process.Kill()
		p.end()
	}
	p := b.start(append(flags, "0.06")...)
	if code := p.end(); code != command.ExitStopped {
		t.Fatalf("exit %d, want %d", code, command.ExitStopped)
	}
	b.settled()
	l := b.provider.Ledger()
	spent := float64(l.Complete.PromptTokens+l.Partial.PromptTokens)*1e-6 + float64(l.Complete.CompletionTokens+l.Partial.CompletionTokens)*4e-6
	if spent > usd {
		t.Errorf("$%g spent by the provider's ledger, of $%g", spent, usd)
	}
	text, err := os.ReadFile(filepath.Join(b.folder, "s.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := gjson.ParseBytes(text).Get("budget")
	if got := sum.Get("spent_usd").Float(); got < spent || got > usd || sum.Get("left_usd").Float() > usd/50 {
		t.Errorf("the ledger has $%g; the summary %s", spent, sum.Raw)
	}
	p = b.start(append(flags, "20")...)
	if code := p.end(); code != command.ExitDone {
		t.Fatalf("exit %d with a higher budget", code)
	}
	b.whole(n)
}

func mustCounts(t *testing.T, s string) sim.Counts {
	t.Helper()
	c, err := sim.ParseCounts(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustFaults(t *testing.T, s string) sim.Rates {
	t.Helper()
	r, err := sim.ParseFaults(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
