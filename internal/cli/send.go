package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/status"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/journal"
)

// work sends what is to be sent, closes the journal and reports.
func (s *session) work(ctx context.Context) error {
	if s.idle = s.nothingToDo(); s.idle {
		return s.finish(ctx, paceline.Summary{}, nil)
	}
	if s.survey.bad > 0 {
		s.warn("%s cannot be read and will have the error for an answer, such as %v",
			numeral.Items(s.survey.bad), s.survey.firstBad)
	}
	s.survey.cautions.tell(s.warn, s.flags.format == "jsonl")
	s.log.begin(s)
	defer s.endView()
	sum, err := s.send(ctx)
	return s.finish(ctx, sum, err)
}

// endView gives the terminal back, if a run was shown. It waits for a terminal that
// takes nothing, as after Ctrl-S: what is durable must be so before. It may be
// called more than once.
func (s *session) endView() {
	if s.watching != nil {
		s.watching.close()
	}
}

// nothingToDo reports, and says, that every item has its row already.
func (s *session) nothingToDo() bool {
	if s.journal == nil || s.survey.items == 0 || s.before.Rows() < s.survey.items {
		return false
	}
	if failed := s.before.NotDone(); failed > 0 {
		s.say("nothing to do: all %s have their row; --retry-failed sends the %s that failed again, --fresh starts over",
			numeral.Items(s.survey.items), numeral.Grouped(failed))
		return true
	}
	s.say("nothing to do: all %s are done; --fresh starts over", numeral.Items(s.survey.items))
	return true
}

// send runs the engine from its making to its end. What shows the run goes on until
// [session.endView].
func (s *session) send(ctx context.Context) (paceline.Summary, error) {
	var events eventReaders
	w := s.watch(&events)
	eng, err := paceline.NewPool(s.endpoints(w.tellFormat), s.engine(&events))
	if err != nil {
		return paceline.Summary{}, err
	}
	defer shutDown(eng)
	w.begin(eng)
	s.watching = w
	sum, err := eng.Run(ctx, s.job())
	w.end(&sum)
	return sum, err
}

// engine returns what the engine is to be like.
func (s *session) engine(events *eventReaders) paceline.Config {
	cfg := s.flags.config()
	cfg.Price = s.pricing.cost
	s.checks.apply(&cfg, &s.flags.checkFlags)
	events.tell(&cfg)
	return cfg
}

// endpoints returns the pool for the engine. refused is told, once for each,
// that an endpoint refuses our response_format and does without.
func (s *session) endpoints(refused func(error)) []paceline.Endpoint {
	list := s.pool.Library()
	if s.telemetry != nil {
		for i := range list {
			list[i].Provider = s.telemetry.Wrap(list[i].Provider, s.pool.Endpoints[i].BaseURL)
		}
	}
	if s.checks.format == nil || s.flags.schemaMode != "auto" {
		return list
	}
	for i := range list {
		list[i].Provider = withoutFormat(list[i].Provider, string(s.checks.format), refused)
	}
	return list
}

// notices returns where to tell of what is no error: nowhere, if quiet.
func (s *session) notices(view io.Writer) io.Writer {
	if s.flags.quiet {
		return io.Discard
	}
	return view
}

// shutDown gives an engine back that runs nothing any more.
func shutDown(eng *paceline.Engine) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// Nothing is in flight that this could cut short.
	_ = eng.Shutdown(ctx)
}

// rowsOnTerminal reports whether the rows go to the terminal, where a live view
// would tear them.
func (s *session) rowsOnTerminal() bool { return s.target.toStdout && s.env.StdoutTerminal }

// facts are what the live view shows besides the counters.
func (s *session) facts() status.Facts {
	return status.Facts{
		Total: s.survey.items, Done: s.before.Rows(), Model: s.flags.model, Output: s.target.path,
		Budget: paceline.Cost{USD: s.flags.maxCost, Known: s.flags.maxCost > 0}, Spent: s.before.Cost,
	}
}

func (s *session) job() paceline.Job {
	return paceline.Job{
		Source:  paceline.SourceFunc(s.next),
		Prepare: s.request,
		Journal: s.journal,
		Encode:  s.encoder(),
		Sum:     dataset.Sum,
		Sink:    paceline.SinkFunc(s.put),
		Budget:  s.flags.budget(),
	}
}

// next yields the items that are to be sent. Input that could not be surveyed
// is compared here with what it was.
func (s *session) next(ctx context.Context) (paceline.Item, error) {
	it, err := s.source.Next(ctx)
	if err != nil {
		return it, err
	}
	if s.journal != nil && s.survey.items == 0 {
		if err := s.unchanged(&it); err != nil {
			return it, err
		}
	}
	return it, nil
}

// encoder returns what makes a row, in the format that was asked for.
func (s *session) encoder() func([]byte, *paceline.Result) []byte {
	row := map[string]func([]byte, *paceline.Result) []byte{
		"jsonl": dataset.AppendRow, "batch": dataset.AppendBatch, "response": dataset.AppendResponse,
	}[s.flags.format]
	return func(dst []byte, r *paceline.Result) []byte { return append(row(dst, r), '\n') }
}

// put notes what failed and, without a journal, writes the row to standard
// output.
func (s *session) put(_ context.Context, r *paceline.Result) error {
	s.failures.add(r)
	s.answers.add(r)
	s.web.finished(r)
	if !s.target.toStdout {
		return nil
	}
	if _, err := s.env.Stdout.Write(s.encoder()(nil, r)); err != nil {
		return fmt.Errorf("standard output: %w", command.Reason(err))
	}
	return nil
}

// goesOn says how a run whose output went astray is continued.
func (s *session) goesOn(lost *journal.Error) string {
	own, err := filepath.EvalSymlinks(s.target.path)
	switch abs, absErr := filepath.Abs(own); {
	case lost.Kept == "":
		return ""
	case err == nil && absErr == nil && lost.Kept == abs || lost.Kept == own:
		return "; the same command continues"
	}
	return "; the same command with -o " + prose.ShellQuoted(lost.Kept) + " continues"
}

// kept says what became of the answers of a run whose disk takes nothing more.
func (s *session) kept() string {
	if lost := summary.NotKeptOf(s.journal); len(lost.Items) > 0 {
		return lost.String() + "; all others are in " + s.target.path
	}
	return "all answers that came are in " + s.target.path
}

// stopped turns the error of a run into the one that ends the program.
func (s *session) stopped(sum paceline.Summary, err error) error {
	again := "; the same command continues"
	switch {
	case s.target.toStdout:
		again = ""
	case summary.ByRefusal(sum.StoppedBy) && sum.Ended() > sum.Done:
		again = "; then the same command with --retry-failed continues"
	}
	if e, ok := errors.AsType[*paceline.Error](err); ok && sum.StoppedBy == e.Code.String() {
		if e.Code == paceline.CodeBudget {
			return s.overBudget(sum, e)
		}
		return &command.Exit{Code: command.ExitStopped, Err: fmt.Errorf("%s (%w)%s", s.advice(e), e, again)}
	}
	if lost := astray(err); lost != nil {
		return &command.Exit{Code: command.ExitStopped, Err: fmt.Errorf("%w%s", err, s.goesOn(lost))}
	}
	switch {
	case s.interrupts.Interrupted():
		return &command.Exit{Code: command.ExitInterrupted, Err: errors.New("interrupted" + again)}
	case sum.StoppedBy == "source" && sum.Requests == 0:
		return err
	case sum.StoppedBy == summary.InterruptedBy:
		return &command.Exit{Code: command.ExitInterrupted, Err: fmt.Errorf("%w%s", err, again)}
	}
	if e, ok := errors.AsType[*journal.Error](err); ok && (e.Code == journal.CodeIO || outOfRoom(err)) {
		return &command.Exit{Code: command.ExitStopped, Err: fmt.Errorf("%w; %s%s once the disk takes it", err, s.kept(), again)}
	}
	return &command.Exit{Code: command.ExitStopped, Err: fmt.Errorf("%w%s", err, again)}
}
