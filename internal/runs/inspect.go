package runs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// inspectFlags is what `paceline inspect` is told.
type inspectFlags struct {
	item      string
	slowest   int64
	costliest int64
	failures  bool
	attempts  bool
	json      bool
}

// mostListed bounds --slowest and --costliest, which are held in memory.
const mostListed = 100_000

// NewInspectCommand returns `paceline inspect`.
func NewInspectCommand(env *command.Env) *cobra.Command {
	f := &inspectFlags{}
	p := inspectPage()
	s := p.Group("Questions (one at a time; none: the overview)")
	value.Text(s, &f.item, "item", "", "N|ID", "the history of one item, each request of it, and its row: by its \"index\", which counts from 0, or by its \"id\" or \"custom_id\" (id=N for one that is a number)")
	s.BoolVar(&f.failures, "failures", false, "items without an accepted answer, grouped by cause and message, with an example each")
	s.VarP(value.Count{To: &f.slowest, Min: 1}, "slowest", "", "the N items that took longest, from their first request on")
	s.VarP(value.Count{To: &f.costliest, Min: 1}, "costliest", "", "the N most expensive items")
	s.BoolVar(&f.attempts, "attempts", false, "every request, those that brought a row too")
	s = p.Group("Form")
	s.BoolVar(&f.json, "json", false, "print JSON: one object, or one a line for a list")
	return p.Command(func(_ context.Context, args []string) error {
		if len(args) != 1 {
			return errors.New("name one run by its output file, as in 'paceline inspect labels.jsonl'")
		}
		if err := f.check(); err != nil {
			return err
		}
		r, err := findRun(env, args[0])
		if err != nil {
			return err
		}
		return inspectRun(r, f)
	})
}

func inspectPage() *manual.Page {
	return &manual.Page{
		Use:   "inspect RUN",
		Short: "ask what happened: an item's history, failures, the slowest, the costs",
		About: "Answers questions from the journal of a run, which is named by its output file. The run may go on, " +
			"have ended or been killed; nothing is changed and nobody disturbed.",
		Examples: []manual.Example{
			{What: "What came of it", Line: "paceline inspect labels.jsonl"},
			{What: "Why did this item fail? By its index, or its id", Line: "paceline inspect labels.jsonl --item 17\npaceline inspect labels.jsonl --item order-4711"},
			{What: "What failed, by cause", Line: "paceline inspect labels.jsonl --failures"},
			{What: "The ten slowest items", Line: "paceline inspect labels.jsonl --slowest 10"},
			{What: "Request ids of all that was throttled, for the provider's support", Line: "paceline inspect labels.jsonl --attempts --json |\n  jq -r 'select(.cause == \"throttled\") | .request_id'"},
		},
		Sections: []manual.Section{
			{Title: "JSON", Text: inspectJSON},
			{Title: "Exit codes", Text: "  0    done\n  1    wrong usage, no such run or item, a damaged journal\n  130  interrupted"},
		},
	}
}

const inspectJSON = `  Times are RFC 3339, _ms milliseconds; what is not known is null.
  overview     {"output", "state" (running, done, ended, stopped or killed),
               "pid", "items", "done", "failed", "invalid", "truncated",
               "filtered", "refused", "requests", "prompt_tokens",
               "completion_tokens", "cost_usd", "answered", "waste",
               "ttft_ms", "total_ms", "lost" {"calls", "cost_usd"},
               "in_flight" [{"index", "calls"}], "sessions" [{"began", "last",
               "pid", "rows", "requests"}], "failures" [a failure],
               "slowest", "costliest" [an item]}
  an item      {"index", "status", "cause", "started", "took_ms", "requests",
               "attempts", "ttft_ms", "total_ms", "prompt_tokens",
               "completion_tokens", "cost_usd", "http", "request_id",
               "message"}, a line each of --slowest and --costliest
  a failure    {"cause", "http", "message", "count", "example" {an item, its
               "message" as the row has it}}, a line each of --failures;
               in its own message numbers are #; of answers that were not
               accepted it is the first fault, with … for what they had there
  a request    {"index", "brought_row", "cause" (null: its answer was accepted),
               "started", "ttft_ms", "total_ms", "http", "bytes", "endpoint",
               "model" (null: the item's), "request_id", "hedge", "message",
               "prompt_tokens", "completion_tokens", "cost_usd"}, a line each of
               --attempts
  --item       an item, with "open" (requests whose end is not known),
               "history" [a request] and "row"; null where there is none yet`

// check refuses questions that do not go together.
func (f *inspectFlags) check() error {
	asked := 0
	for _, is := range []bool{f.item != "", f.failures, f.slowest > 0, f.costliest > 0, f.attempts} {
		if is {
			asked++
		}
	}
	if asked > 1 {
		return errors.New("one question at a time: --item, --failures, --slowest, --costliest or --attempts")
	}
	if most := max(f.slowest, f.costliest); most > mostListed {
		return fmt.Errorf("%s items are too many to hold at once; --attempts --json has all, to be sorted elsewhere", numeral.Grouped(most))
	}
	return nil
}

// inspectRun answers the question.
func inspectRun(r *runFile, f *inspectFlags) error {
	w := bufio.NewWriterSize(r.env.Stdout, 64<<10)
	err := f.answer(r, &findings{w: w, json: f.json})
	if flushed := w.Flush(); err == nil {
		err = flushed
	}
	if errors.Is(err, syscall.EPIPE) { // the reader has seen enough
		return nil
	}
	return err
}

func (f *inspectFlags) answer(r *runFile, out *findings) error {
	switch {
	case f.item != "":
		return r.showItem(out, f.item)
	case f.failures:
		return r.showFailures(out)
	case f.slowest > 0:
		return r.showTop(out, f.slowest, true)
	case f.costliest > 0:
		return r.showTop(out, f.costliest, false)
	case f.attempts:
		return r.showAttempts(out)
	}
	return r.showOverview(out)
}
