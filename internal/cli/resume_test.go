package cli

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/sim"
)

func TestFreshAsksOnATerminal(t *testing.T) {
	folder := t.TempDir()
	input, output := filepath.Join(folder, "in.txt"), filepath.Join(folder, "out.jsonl")
	if err := os.WriteFile(input, []byte("hello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	provider, err := sim.New(sim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(provider)
	t.Cleanup(server.Close)
	terminal := func(env *command.Env) { env.StdinTerminal, env.StderrTerminal = true, true }
	run := func(answer string, flags ...string) (int, string) {
		args := append([]string{"run", input, "-o", output, "-m", "m", "-p", "{{.}}", "--base-url", server.URL + "/v1"}, flags...)
		code, _, said := runMain(t, answer, terminal, args...)
		return code, said
	}
	if code, said := run("", "--fresh"); code != 0 || strings.Contains(said, "[y/N]") {
		t.Fatalf("a first run: exit %d, %s", code, said)
	}
	code, said := run("n\n", "--fresh")
	if code != command.ExitUsage || !strings.Contains(said, "Delete them and start over? [y/N]") || !strings.Contains(said, "nothing was deleted") {
		t.Errorf("no: exit %d, %s", code, said)
	}
	if code, _ := run("", "--fresh"); code != command.ExitUsage {
		t.Errorf("no answer: exit %d", code)
	}
	if got := provider.Ledger().Requests; got != 1 {
		t.Errorf("%d requests before the answer was yes", got)
	}
	if code, _ := run("Yes\n", "--fresh"); code != 0 || provider.Ledger().Requests != 2 {
		t.Errorf("yes: exit %d, %d requests", code, provider.Ledger().Requests)
	}
}

func TestRowEntryReadsARowBack(t *testing.T) {
	row := `{"x":1,"index":7,"llm":{"response":null,"requests":3,"usage":{"prompt_tokens":5,"completion_tokens":6},"cost_usd":0.000123,` +
		`"ttft_ms":1.5,"total_ms":2,"error":{"code":"timeout","message":"m","status":null,"attempts":2}}}`
	e, err := rowEntry([]byte(row))
	if err != nil {
		t.Fatal(err)
	}
	if e.Index != 7 || e.Status != journal.Failed || e.Code != uint8(paceline.CodeTimeout) ||
		e.Requests != 3 || e.Attempts != 2 || e.PromptTokens != 5 || e.CompletionTokens != 6 || e.Cost != 123_000 {
		t.Errorf("got %+v", e)
	}
	if _, err := rowEntry([]byte("precious")); err == nil {
		t.Error("a foreign line was taken for a row")
	}
}
