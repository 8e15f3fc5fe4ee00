package runs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/control"
	"github.com/seed-1814a72b/paceline/internal/identity"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	reports "github.com/seed-1814a72b/paceline/internal/report"
	"github.com/seed-1814a72b/paceline/internal/tamed"
	"github.com/seed-1814a72b/paceline/internal/value"
	"github.com/seed-1814a72b/paceline/journal"
)

// reportFlags is what `paceline report` is told.
type reportFlags struct {
	out    string
	format string
	open   bool
	noText bool
	seed   int64
}

// NewReportCommand returns `paceline report`.
func NewReportCommand(env *command.Env) *cobra.Command {
	flags := &reportFlags{format: "html", seed: 1}
	p := reportPage()
	s := p.Group("Flags")
	value.Text(s, &flags.out, "out", "o", "FILE", "where the report goes, - for standard output (default the run's name with .report.html; md and json go to standard output)")
	s.Var(&value.Choice{To: &flags.format, Allowed: []string{"html", "md", "json"}}, "format", "a page, Markdown, or JSON for programs")
	s.BoolVar(&flags.open, "open", false, "show the page in the browser")
	s.BoolVar(&flags.noText, "no-text", false, "leave out what prompts, items, answers and messages say")
	s.Var(value.Count{To: &flags.seed, Min: 0}, "seed", "another seed draws other items for the samples")
	return p.Command(func(ctx context.Context, args []string) error {
		switch {
		case len(args) == 0:
			return errors.New("no run; name its output file, as in 'paceline report reviews.out.jsonl'")
		case len(args) > 1:
			return fmt.Errorf("%q: a report is of one run", args[1])
		}
		return writeReport(ctx, env, flags, args[0])
	})
}

func reportPage() *manual.Page {
	return &manual.Page{
		Use:   "report RUN",
		Short: "a page that shows what a run was like, to read and to mail",
		About: "Writes one HTML file that needs nothing else and loads nothing: how fast the run was and what " +
			"limited it, latencies, tokens, cost, where every request went, the slowest and the failed items with " +
			"each of their requests, and a sample of rows.\n\n" +
			"RUN is the output file of a 'paceline run'. The report is made from its journal and its rows: also " +
			"of a run that was killed, and of one that goes on, which it does not disturb.",
		Examples: []manual.Example{
			{What: "Look at a run", Line: "paceline report reviews.out.jsonl --open"},
			{What: "For a mail, without what items and answers say", Line: "paceline report reviews.out.jsonl --no-text -o report.html"},
			{What: "For a script", Line: "paceline report reviews.out.jsonl --format json | jq '.limited_by'"},
		},
		Sections: []manual.Section{{Title: "Exit codes", Text: "  0    the report is written\n  1    wrong usage, or no such run"}},
	}
}

// writeReport makes the report and puts it where it is to go.
func writeReport(ctx context.Context, env *command.Env, f *reportFlags, run string) error {
	out, err := f.target(env, run)
	if err != nil {
		return err
	}
	r, err := reports.Read(run, reports.Options{
		Now: env.Now(), Running: goesOn(ctx, env, run), Seed: uint64(f.seed), NoText: f.noText, About: aboutRun,
	})
	if err != nil {
		return noReport(env, run, err)
	}
	if out != "-" && slices.ContainsFunc(r.Run.Inputs, func(in string) bool { return sameFile(env, in, out) }) {
		return fmt.Errorf("-o: %s is the input of the run; give the report another name", out)
	}
	text, err := f.render(r)
	if err != nil {
		return err
	}
	if out == "-" {
		_, err := env.Stdout.Write(text)
		return err
	}
	if err := env.WriteFile(out, text); err != nil {
		return fmt.Errorf("-o: %s: %w", out, command.Reason(err))
	}
	fmt.Fprintf(env.Stderr, "%s\n%s (%s)\n", tamed.Text(r.Headline), tamed.Text(out), numeral.Bytes(int64(len(text))))
	if f.open {
		if err := env.Open(out); err != nil {
			return fmt.Errorf("--open: no browser could be started: %w; the report is %s", err, out)
		}
	}
	return nil
}

// target returns where the report goes. It is never a file that a run needs.
func (f *reportFlags) target(env *command.Env, run string) (string, error) {
	out := f.out
	if out == "" && f.format == "html" {
		out = strings.TrimSuffix(run, filepath.Ext(run)) + ".report.html"
	}
	if out == "" || out == "-" {
		if f.open {
			return "", errors.New("--open needs a page in a file: leave out --format, and give its name with -o")
		}
		return "-", nil
	}
	if f.open && f.format != "html" {
		return "", fmt.Errorf("--open shows pages, and --format %s is none", f.format)
	}
	if _, err := env.Stat(filepath.Join(journal.Dir(out), "journal")); err == nil {
		return "", fmt.Errorf("-o: %s holds the rows of a run; give the report another name", out)
	}
	return out, nil
}

// sameFile reports whether two paths are of one file that is there.
func sameFile(env *command.Env, a, b string) bool {
	x, err := env.Stat(a)
	if err != nil {
		return false
	}
	y, err := env.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// render writes a report in its format.
func (f *reportFlags) render(r *reports.Report) ([]byte, error) {
	var b bytes.Buffer
	switch f.format {
	case "json":
		e := json.NewEncoder(&b)
		e.SetIndent("", " ")
		e.SetEscapeHTML(false)
		err := e.Encode(r)
		return b.Bytes(), err
	case "md":
		b.WriteString(r.Markdown())
		return b.Bytes(), nil
	}
	err := r.Page(&b)
	return b.Bytes(), err
}

// goesOn reports whether a run writes to an output now, and can be asked.
func goesOn(ctx context.Context, env *command.Env, output string) bool {
	a, err := control.Deliver(ctx, env, output, &control.Order{Do: "status"})
	return err == nil && a.Status != nil
}

// noReport says why a run cannot be read, and which one may have been meant.
func noReport(env *command.Env, run string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return remedied(err)
	}
	if other, bad := command.DefaultOutput([]string{run}); bad == nil {
		if _, bad := env.Stat(filepath.Join(journal.Dir(other), "journal")); bad == nil {
			return fmt.Errorf("%s is not the output of a run; did you mean %s?", run, other)
		}
	}
	return fmt.Errorf("%s is not the output of a run: there is no %s", run, filepath.Join(journal.Dir(run), "journal"))
}

// aboutRun says what a run was.
func aboutRun(b []byte) (reports.About, error) {
	id, err := identity.Decode(b)
	if err != nil {
		return reports.About{}, err
	}
	about := reports.About{
		Model: id.Model, Host: id.Host, Inputs: id.Inputs, Items: id.Items, Format: id.Format,
		Prompt: id.Prompt, System: id.System, Params: id.Params, Check: id.Check,
	}
	if about.Prompt == "" {
		about.Prompt = id.Messages
	}
	return about, nil
}
