package runs

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/identity"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/internal/tamed"
	"github.com/seed-1814a72b/paceline/journal"
)

// lsFlags is what `paceline ls` is told.
type lsFlags struct {
	recursive bool
	json      bool
}

// NewLsCommand returns `paceline ls`.
func NewLsCommand(env *command.Env) *cobra.Command {
	f := &lsFlags{}
	p := lsPage()
	s := p.Group("Flags")
	s.BoolVarP(&f.recursive, "recursive", "r", false, "look into the folders below, too")
	s.BoolVar(&f.json, "json", false, "print a JSON object a line")
	return p.Command(func(_ context.Context, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("%q: name one folder, or none for this one", args[1])
		}
		return listRuns(env, f, append(args, ".")[0])
	})
}

func lsPage() *manual.Page {
	return &manual.Page{
		Use:   "ls [DIR]",
		Short: "find the runs in a folder, and how they stand",
		About: "Lists the runs whose outputs lie in a folder, the one written last first: by the journals " +
			"beside them (OUTPUT.paceline). Nothing is changed and nobody disturbed.",
		Examples: []manual.Example{
			{What: "What is there, and what still runs?", Line: "paceline ls"},
			{What: "All below a folder that were killed, for a script", Line: "paceline ls -r /data --json | jq -r 'select(.state == \"killed\") | .output'"},
		},
		Sections: []manual.Section{
			{Title: "States", Text: "" +
				"  running  a process writes it\n" +
				"  done     each item of the input has its row\n" +
				"  ended    in good order; how many items the input has is not known\n" +
				"  stopped  in good order, and items are left: the same command continues\n" +
				"  killed   not in good order; the same command continues\n" +
				"  damaged  its journal cannot be read: the error says why"},
			{Title: "JSON", Text: "" +
				"  {\"output\", \"state\", \"pid\", \"items\" (of the input), \"done\", \"failed\" (all\n" +
				"  rows without an accepted answer), \"requests\", \"cost_usd\", \"began\",\n" +
				"  \"written\", \"error\"}; times are RFC 3339, what is not known is null"},
			{Title: "Exit codes", Text: "  0    done, also if there is no run\n  1    wrong usage, no such folder\n  130  interrupted"},
		},
	}
}

// A listed is a run as ls shows it.
type listed struct {
	Output   string     `json:"output"`
	State    string     `json:"state"`
	PID      *int       `json:"pid"`
	Items    *int64     `json:"items"`
	Done     int64      `json:"done"`
	Failed   int64      `json:"failed"`
	Requests int64      `json:"requests"`
	CostUSD  *float64   `json:"cost_usd"`
	Began    *time.Time `json:"began"`
	Written  *time.Time `json:"written"`
	Error    *string    `json:"error"`
}

// stateDamaged is the state of a run whose journal cannot be read.
const stateDamaged = "damaged"

func listRuns(env *command.Env, f *lsFlags, folder string) error {
	wait := command.StartPatience(env, "reading the journals in "+folder)
	outputs, err := findOutputs(folder, f.recursive, wait)
	var runs []listed
	for _, output := range outputs {
		if wait.Stopped.Load() {
			err = command.ErrEndedByUser
		}
		if err != nil {
			break
		}
		runs = append(runs, newListed(env, output))
	}
	wait.End()
	if err != nil {
		return err
	}
	slices.SortStableFunc(runs, func(a, b listed) int { return cmp.Compare(b.when(), a.when()) })
	return writeListed(env, f, folder, runs)
}

func (l *listed) when() int64 {
	if l.Written == nil {
		return 0
	}
	return l.Written.UnixNano()
}

// findOutputs returns the outputs in a folder that have a journal. Folders below
// that cannot be read are passed over.
func findOutputs(folder string, below bool, wait *command.Patience) (outputs []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case wait.Stopped.Load():
			return command.ErrEndedByUser
		case err != nil && path == folder:
			return fmt.Errorf("%s: %w", folder, command.Reason(err))
		case err != nil || !d.IsDir():
			return nil
		}
		if output, ok := strings.CutSuffix(path, ".paceline"); ok && hasJournal(path) {
			outputs = append(outputs, output)
			return filepath.SkipDir
		}
		if path != folder && !below {
			return filepath.SkipDir
		}
		return nil
	})
	return outputs, err
}

func hasJournal(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, "journal"))
	return err == nil && info.Mode().IsRegular()
}

// newListed reads one run.
func newListed(env *command.Env, output string) listed {
	l := listed{Output: output, State: stateDamaged}
	if info, err := env.Stat(filepath.Join(journal.Dir(output), "journal")); err == nil {
		l.Written = moment(info.ModTime())
	}
	reader, err := journal.Read(output)
	if err != nil {
		l.Error = known(prose.OneLine(remedied(err)), "")
		return l
	}
	rec := reader.Recovered()
	id, _ := identity.Decode(rec.Identity)
	state, pid, err := stateOf(output, &rec, id)
	if err != nil {
		l.Error = known(prose.OneLine(err), "")
		return l
	}
	s := summary.Of(paceline.Summary{}, summary.EarlierOf(rec), 0)
	s.DoubtZeroCost()
	l.State, l.PID = state, known(pid, 0)
	l.Done, l.Failed, l.Requests, l.CostUSD = s.Done, s.NotDone(), s.Requests, s.CostUSD
	l.Began = moment(rec.Began)
	if id != nil {
		l.Items = known(id.Items, 0)
	}
	return l
}

func writeListed(env *command.Env, f *lsFlags, folder string, runs []listed) error {
	w := bufio.NewWriter(env.Stdout)
	out := &findings{w: w}
	if len(runs) == 0 && !f.json {
		hint := ""
		if !f.recursive {
			hint = "; -r looks into the folders below, too"
		}
		fmt.Fprintf(env.Stderr, "paceline: no run in %s%s\n", tamed.Text(folder), hint)
		return nil
	}
	if !f.json {
		out.line("%-8s  %15s  %9s  %-16s  %-16s  %10s  %s", "state", "done", "failed", "began", "written", "cost", "output")
	}
	for i := range runs {
		var err error
		if f.json {
			err = out.object(&runs[i])
		} else {
			err = out.line("%s", runs[i].String())
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(w.Flush())
}

// String is the run on a line.
func (l *listed) String() string {
	day := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return t.Local().Format(clock[:16])
	}
	done := numeral.Grouped(l.Done)
	if l.Items != nil && *l.Items != l.Done {
		done += "/" + numeral.Grouped(*l.Items)
	}
	cost := "-"
	if l.CostUSD != nil {
		cost = price.Dollars(*l.CostUSD)
	}
	line := fmt.Sprintf("%-8s  %15s  %9s  %-16s  %-16s  %10s  %s", l.State, done, numeral.Grouped(l.Failed), day(l.Began), day(l.Written), cost, l.Output)
	if l.Error != nil {
		line += "  (" + *l.Error + ")"
	}
	return line
}
