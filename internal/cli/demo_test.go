package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/demo"
	"github.com/seed-1814a72b/paceline/internal/prose"
)

// testEnv is an environment without terminal, signals and variables.
func testEnv(args ...string) (env command.Env, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return command.Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr,
		Getenv: func(string) string { return "" }, Now: time.Now,
		Size:     func() (int, int) { return 0, 0 },
		ReadFile: os.ReadFile, Stat: os.Stat,
		TempDir: func(pattern string) (string, error) { return os.MkdirTemp("", pattern) },
	}, stdout, stderr
}

// TestDemo runs the whole demo in virtual time: every review has its one row
// with a label, within the time that was promised.
func TestDemo(t *testing.T) {
	output := filepath.Join(t.TempDir(), "labels.jsonl")
	synctest.Test(t, func(t *testing.T) {
		env, stdout, stderr := testEnv("demo", "--out", output)
		began := time.Now()
		if code := Main(t.Context(), env); code != command.ExitDone {
			t.Fatalf("exit %d\n%s", code, stderr)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("the demo took %v, more than 20 s", took)
		}
		if stdout.Len() > 0 {
			t.Errorf("standard output has %q; the report goes to standard error", stdout)
		}
		for _, want := range []string{
			"paceline: 2,000 items, a simulated model on a bad day\n", "2,000 done", "never answered",
			"reset the connection", "said 429, wait 1 s", "The rows are in " + output,
		} {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("standard error lacks %q", want)
			}
		}
		if strings.Contains(stderr.String(), "\x1b") {
			t.Error("escapes were written where there is no terminal")
		}
		if t.Failed() {
			t.Log(stderr)
		}
	})
	checkLabels(t, output, demo.Count)
}

// checkLabels checks that the rows of the first n reviews are there, each once
// and with a label that fits its stars.
func checkLabels(t *testing.T, path string, n int) {
	t.Helper()
	rows, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fits := map[int]string{1: "negative", 2: "negative", 3: "mixed", 4: "positive", 5: "positive"}
	seen := map[string]bool{}
	for line := range bytes.Lines(rows) {
		var row struct {
			ID    string
			Stars int
			LLM   struct{ Response string }
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		if seen[row.ID] || row.LLM.Response != fits[row.Stars] {
			t.Errorf("%s: seen before: %t, %d stars, label %q", row.ID, seen[row.ID], row.Stars, row.LLM.Response)
		}
		seen[row.ID] = true
	}
	for i := 1; i <= n; i++ {
		if !seen[fmt.Sprintf("r%04d", i)] {
			t.Errorf("r%04d has no row", i)
		}
	}
	if len(seen) != n {
		t.Errorf("%d rows, want %d", len(seen), n)
	}
}

// TestDemoSeeds runs short demos with many seeds: nothing that goes wrong at
// random may cost a label.
func TestDemoSeeds(t *testing.T) {
	for seed := range 20 {
		output := filepath.Join(t.TempDir(), "labels.jsonl")
		synctest.Test(t, func(t *testing.T) {
			env, _, stderr := testEnv("demo", "--items", "150", "--seed", fmt.Sprint(seed), "--quiet", "--out", output)
			if code := Main(t.Context(), env); code != command.ExitDone || stderr.Len() > 0 {
				t.Errorf("seed %d: exit %d, standard error %q", seed, code, stderr)
			}
		})
		checkLabels(t, output, 150)
	}
}

func TestFault44DemoInterrupted(t *testing.T) {
	output := filepath.Join(t.TempDir(), "labels.jsonl")
	synctest.Test(t, func(t *testing.T) {
		env, _, stderr := testEnv("demo", "--out", output)
		signals := make(chan os.Signal, 1)
		env.Signals = signals
		go func() {
			time.Sleep(3 * time.Second)
			signals <- os.Interrupt
		}()
		began := time.Now()
		if code := Main(t.Context(), env); code != command.ExitInterrupted {
			t.Errorf("exit %d, want %d", code, command.ExitInterrupted)
		}
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("it took %v to stop", took-3*time.Second)
		}
		for _, want := range []string{"paceline: stopping: ", "Interrupted: ", "paceline: interrupted\n", output} {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("standard error lacks %q:\n%s", want, stderr)
			}
		}
	})
}

func TestShellQuoted(t *testing.T) {
	for path, want := range map[string]string{
		"/tmp/a-1/labels.jsonl": "/tmp/a-1/labels.jsonl",
		"my rows.jsonl":         "'my rows.jsonl'",
		"it's":                  `'it'\''s'`,
		"$HOME":                 "'$HOME'",
	} {
		if got := prose.ShellQuoted(path); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
}
