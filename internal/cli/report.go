package cli

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

	reports "github.com/seed-1814a72b/paceline/internal/report"
	"github.com/seed-1814a72b/paceline/internal/tamed"
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

func newReportCommand(env *Env) *cobra.Command {
	flags := &reportFlags{format: "html", seed: 1}
	p := reportPage()
	s := p.group("Flags")
	text(s, &flags.out, "out", "o", "FILE", "where the report goes, - for standard output (default the run's name with .report.html; md and json go to standard output)")
	s.Var(&choice{&flags.format, []string{"html", "md", "json"}}, "format", "a page, Markdown, or JSON for programs")
	s.BoolVar(&flags.open, "open", false, "show the page in the browser")
	s.BoolVar(&flags.noText, "no-text", false, "leave out what prompts, items, answers and messages say")
	s.Var(count{&flags.seed, 0}, "seed", "another seed draws other items for the samples")
	return p.command(func(ctx context.Context, args []string) error {
		switch {
		case len(args) == 0:
			return errors.New("no run; name its output file, as in 'paceline report reviews.out.jsonl'")
		case len(args) > 1:
			return fmt.Errorf("%q: a report is of one run", args[1])
		}
		return writeReport(ctx, env, flags, args[0])
	})
}

func reportPage() *page {
	return &page{
		use:   "report RUN",
		short: "a page that shows what a run was like, to read and to mail",
		about: "Writes one HTML file that needs nothing else and loads nothing: how fast the run was and what " +
			"limited it, latencies, tokens, cost, where every request went, the slowest and the failed items with " +
			"each of their requests, and a sample of rows.\n\n" +
			"RUN is the output file of a 'paceline run'. The report is made from its journal and its rows: also " +
			"of a run that was killed, and of one that goes on, which it does not disturb.",
		examples: []example{
			{"Look at a run", "paceline report reviews.out.jsonl --open"},
			{"For a mail, without what items and answers say", "paceline report reviews.out.jsonl --no-text -o report.html"},
			{"For a script", "paceline report reviews.out.jsonl --format json | jq '.limited_by'"},
		},
		sections: []section{{"Exit codes", "  0    the report is written\n  1    wrong usage, or no such run"}},
	}
}

// writeReport makes the report and puts it where it is to go.
func writeReport(ctx context.Context, env *Env, f *reportFlags, run string) error {
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
		return fmt.Errorf("-o: %s: %w", out, reason(err))
	}
	fmt.Fprintf(env.Stderr, "%s\n%s (%s)\n", tamed.Text(r.Headline), tamed.Text(out), byteSize(int64(len(text))))
	if f.open {
		if err := env.Open(out); err != nil {
			return fmt.Errorf("--open: no browser could be started: %w; the report is %s", err, out)
		}
	}
	return nil
}

// target returns where the report goes. It is never a file that a run needs.
func (f *reportFlags) target(env *Env, run string) (string, error) {
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
func sameFile(env *Env, a, b string) bool {
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
func goesOn(ctx context.Context, env *Env, output string) bool {
	a, err := deliver(ctx, env, output, &order{Do: "status"})
	return err == nil && a.Status != nil
}

// noReport says why a run cannot be read, and which one may have been meant.
func noReport(env *Env, run string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if other, bad := defaultOutput([]string{run}); bad == nil {
		if _, bad := env.Stat(filepath.Join(journal.Dir(other), "journal")); bad == nil {
			return fmt.Errorf("%s is not the output of a run; did you mean %s?", run, other)
		}
	}
	return fmt.Errorf("%s is not the output of a run: there is no %s", run, filepath.Join(journal.Dir(run), "journal"))
}

// aboutRun says what a run was.
func aboutRun(b []byte) (reports.About, error) {
	id, err := decodeIdentity(b)
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
