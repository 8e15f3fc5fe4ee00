package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/journal"
)

func TestReportOpensThePageThatItHasWritten(t *testing.T) {
	output := filepath.Join(t.TempDir(), "labels.jsonl")
	j, err := journal.Open(output, journal.Options{Identity: []byte(`{"version":1,"model":"m","items":1}`), NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Append(journal.Entry{Index: 0}, []byte("{}\n"), func() {}), j.Close()); err != nil {
		t.Fatal(err)
	}
	env, stop := command.System()
	defer stop()
	var errs bytes.Buffer
	opened := ""
	env.Args, env.Stderr = []string{"report", output, "--open"}, &errs
	env.Open = func(path string) error { opened = path; return nil }
	if code := Main(context.Background(), env); code != command.ExitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	if want := strings.TrimSuffix(output, ".jsonl") + ".report.html"; opened != want {
		t.Errorf("opened %q, want %q", opened, want)
	}
	if text, err := os.ReadFile(opened); err != nil || !bytes.HasPrefix(text, []byte("<!doctype html>")) {
		t.Errorf("%v: %.80s", err, text)
	}
	env.Open = func(string) error { return errors.New("no display") }
	if code := Main(context.Background(), env); code != command.ExitUsage || !strings.Contains(errs.String(), "--open: no browser could be started: no display; the report is "+opened) {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}
