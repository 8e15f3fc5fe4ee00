package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/journal"
)

// finish orders the rows if asked to, closes the journal, gives the terminal back,
// writes the summary and says how it all ended.
func (s *session) finish(ctx context.Context, sum paceline.Summary, err error) error {
	failed := s.before.NotDone() > 0 || sum.Ended() > sum.Done
	causes, closeErr := s.closeJournal(ctx, err == nil, failed)
	if lost := astray(closeErr); lost != nil {
		err = lost
		sum.StoppedBy = cmp.Or(sum.StoppedBy, "journal")
	} else if closeErr != nil && outOfRoom(err) {
		err = closeErr // what was to be kept in the end did not fit either
	} else if closeErr != nil && !errors.Is(closeErr, cause(err)) {
		err = errors.Join(err, closeErr)
	}
	s.endView()
	if n := sum.Causes[paceline.CodeLocal]; n > 0 {
		s.warn("%s could not be sent at once since this machine had no file descriptors or ports left; "+
			"they went out later, fewer at a time (raise 'ulimit -n', or lower --concurrency)", numeral.Counted(n, "request"))
	}
	report := s.summary(sum, causes)
	why := ""
	if err != nil {
		why = summary.StopReason(sum.StoppedBy, err)
		err = s.stopped(sum, err)
	}
	report.PaidTwice = s.paidTwice(err == nil)
	report.NotKept = summary.NotKeptOf(s.journal)
	s.log.end(report, why)
	writeErr := s.writeSummary(report, why)
	s.web.end(report)
	if writeErr != nil {
		return &command.Exit{Code: command.ExitStopped, Err: writeErr}
	}
	if err == nil && report.NotDone() > 0 {
		err = &command.Exit{Code: command.ExitFailed}
	}
	return err
}

// cause returns the journal's own error in err, if there is one: a journal that
// failed says the same again when it is closed.
func cause(err error) error {
	if e, ok := errors.AsType[*journal.Error](err); ok {
		return e
	}
	return nil
}

// outOfRoom reports whether a run was stopped since its disk had been full for too long.
func outOfRoom(err error) bool {
	e, ok := errors.AsType[*journal.Error](err)
	return ok && e.Code == journal.CodeFull
}

// astray returns what a journal says whose files were removed or replaced during
// the run, nil if err is another error.
func astray(err error) *journal.Error {
	if e, ok := errors.AsType[*journal.Error](err); ok && e.Code == journal.CodeOutput {
		return e
	}
	return nil
}

// closeJournal puts the rows in order, if the run is whole, counts the causes
// of failure, if any row has failed, and closes the journal. The journal is closed
// in any case.
func (s *session) closeJournal(ctx context.Context, whole, failed bool) (causes map[paceline.Code]int64, err error) {
	if s.journal == nil {
		return s.failures.counts, nil
	}
	if s.flags.ordered && whole {
		err = s.journal.Rewrite(ctx, journal.RewriteOptions{Ordered: true})
	}
	var countErr error
	if failed { // reading ten million rows takes seconds
		causes, countErr = countCauses(s.journal)
	}
	closeErr := s.journal.Close()
	if astray(closeErr) != nil { // which explains the others
		return causes, closeErr
	}
	return causes, errors.Join(err, countErr, closeErr)
}

// countCauses counts the failed rows of all sessions by their cause.
func countCauses(j *journal.Journal) (map[paceline.Code]int64, error) {
	causes := map[paceline.Code]int64{}
	for e, err := range j.Entries() {
		if err != nil {
			return causes, err
		}
		if e.Status != journal.Done {
			causes[paceline.Code(e.Code)]++
		}
	}
	return causes, nil
}

func (s *session) summary(sum paceline.Summary, causes map[paceline.Code]int64) *summary.Summary {
	r := summary.Of(sum, s.before, s.survey.items)
	r.Output = s.target.path
	if s.target.toStdout {
		r.Output = "standard output"
	}
	r.Failures = s.failures.list(causes)
	if s.unpriced("") != "" {
		r.DoubtZeroCost()
	}
	return r
}

// paidTwice returns what may have been paid twice. A run that stopped left calls
// of its own behind: its journal is read again for them, as the next run will.
func (s *session) paidTwice(whole bool) summary.PaidTwice {
	if s.journal == nil {
		return summary.PaidTwiceOf(journal.Totals{})
	}
	if !whole {
		if r, err := journal.Read(s.target.path); err == nil {
			return summary.PaidTwiceOf(r.Recovered().Totals)
		}
	}
	return summary.PaidTwiceOf(s.journal.Recovered().Totals)
}

// writeSummary shows the summary, and writes it as JSON where that was asked
// for. why is what stopped the run, "" if nothing did.
func (s *session) writeSummary(sum *summary.Summary, why string) error {
	if j, ok := s.env.Stderr.(*command.JSONNotices); ok && !s.flags.quiet {
		tellSummary(j, sum, why, s.nextStep(sum))
	} else if !s.flags.quiet && !s.idle {
		summary.Report{
			Summary: sum, Stopped: why, Width: s.reportWidth(),
			Pricing: s.pricing.source, Next: s.nextStep(sum),
		}.Write(s.env.Stderr)
	}
	if s.flags.summary == "" {
		return nil
	}
	if err := s.env.WriteFile(s.flags.summary, sum.Encode()); err != nil {
		return fmt.Errorf("--summary: %s: %w", s.flags.summary, command.Reason(err))
	}
	return nil
}

// reportWidth returns the columns that a summary may take. Only a terminal has
// an end: in a log nothing is to be cut off.
func (s *session) reportWidth() int {
	if !s.env.StderrTerminal {
		return 0
	}
	columns, _ := s.env.Size()
	return max(columns, 60)
}

// shownBy returns the arguments by which jq shows the answers, or what a check
// has made of them.
func (s *session) shownBy() string {
	if s.checks.rule != nil {
		return "-c .llm.value"
	}
	return s.answers.filter()
}

// nextStep returns what the user may want to do next.
func (s *session) nextStep(sum *summary.Summary) string {
	file := prose.ShellQuoted(s.target.path)
	switch {
	case s.target.toStdout:
		return ""
	case s.journal != nil && s.journal.AstrayErr() != nil: // the error says it
		return ""
	case sum.StoppedBy != nil && summary.ByRefusal(*sum.StoppedBy) && sum.NotDone() > 0:
		return "mend what the server refuses; then the same command with --retry-failed"
	case sum.StoppedBy != nil && sum.Budget != nil && *sum.StoppedBy == paceline.CodeBudget.String():
		return "the same command with a higher " + sum.Budget.Reached().Flag + " continues"
	case sum.Ended() < sum.Items || sum.StoppedBy != nil:
		return "the same command continues"
	case sum.WorthAnother():
		return "the same command with --retry-failed sends the failed ones again"
	case sum.Truncated > 0 && sum.Truncated == sum.NotDone():
		return "raise the limit, --param max_tokens=N; then the same command with --retry-failed --allow-changes"
	case sum.NotDone() > 0 && s.flags.format == "jsonl":
		return fmt.Sprintf("jq -c 'select(.llm.error)' %s shows them; once mended, --retry-failed sends them", file)
	case sum.NotDone() > 0:
		return "mend these items, then the same command with --retry-failed sends them"
	case s.flags.format == "jsonl" && sum.Done > 0:
		return fmt.Sprintf("jq %s %s | head", s.shownBy(), file)
	}
	return ""
}

// tellSummary says what a run came to, where standard error takes objects.
func tellSummary(j *command.JSONNotices, s *summary.Summary, stopped, next string) {
	level, msg := slog.LevelInfo, "run ended"
	if stopped != "" {
		level = slog.LevelWarn
	}
	j.Log(context.Background(), level, msg, "stopped", stopped, "next", next, "summary", json.RawMessage(s.Encode()))
}
