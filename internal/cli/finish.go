package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/journal"
)

// finish orders the rows if asked to, closes the journal, writes the summary
// and says how it all ended.
func (s *session) finish(ctx context.Context, sum paceline.Summary, err error) error {
	if err == nil && !s.idle && sum.Items == 0 {
		return errors.Join(&dataset.FileError{Path: strings.Join(s.input.Paths(), ", "), Err: dataset.ErrEmpty}, s.discard())
	}
	causes, closeErr := s.closeJournal(ctx, err == nil)
	if closeErr != nil && !errors.Is(closeErr, cause(err)) {
		err = errors.Join(err, closeErr)
	}
	if err != nil {
		err = s.stopped(sum, err)
	}
	report := s.summary(sum, causes)
	if err := s.writeSummary(report); err != nil {
		return &exit{ExitStopped, err}
	}
	if err == nil && report.Failed+report.Invalid > 0 {
		err = &exit{code: ExitFailed}
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

// discard closes the journal, and removes it if it was made for nothing.
func (s *session) discard() error {
	if s.journal == nil {
		return nil
	}
	if err := s.journal.Close(); err != nil || !s.journal.Recovered().Created {
		return err
	}
	return journal.Remove(s.target.path)
}

// closeJournal puts the rows in order, if the run is whole, counts the causes
// of failure and closes the journal. The journal is closed in any case.
func (s *session) closeJournal(ctx context.Context, whole bool) (causes map[paceline.Code]int64, err error) {
	if s.journal == nil {
		return s.failures.counts, nil
	}
	if s.flags.ordered && whole {
		err = s.journal.Rewrite(ctx, journal.RewriteOptions{Ordered: true})
	}
	causes, countErr := countCauses(s.journal)
	return causes, errors.Join(err, countErr, s.journal.Close())
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

func (s *session) summary(sum paceline.Summary, causes map[paceline.Code]int64) *summary {
	r := summarize(sum, s.before, s.survey.items)
	r.Output = s.target.path
	r.Failures = s.failures.list(causes)
	return r
}

// writeSummary shows the summary, and writes it as JSON where that was asked
// for.
func (s *session) writeSummary(sum *summary) error {
	if !s.flags.quiet && !s.idle {
		columns, _ := s.env.Size()
		if columns < 60 {
			columns = 100
		}
		report{summary: sum, width: columns, pricing: s.pricing.source, next: s.nextStep(sum)}.write(s.env.Stderr)
	}
	if s.flags.summary == "" {
		return nil
	}
	if err := s.env.WriteFile(s.flags.summary, sum.encode()); err != nil {
		return fmt.Errorf("--summary: %s: %w", s.flags.summary, reason(err))
	}
	return nil
}

// nextStep returns what the user may want to do next.
func (s *session) nextStep(sum *summary) string {
	switch {
	case s.target.toStdout:
		return ""
	case sum.ended() < sum.Items || sum.StoppedBy != nil:
		return "the same command continues"
	case sum.Failed+sum.Invalid > 0:
		return "the same command with --retry-failed sends the failed ones again"
	case s.flags.format == "jsonl" && sum.Done > 0:
		return fmt.Sprintf("jq -r .llm.response %s | head", s.target.path)
	}
	return ""
}
