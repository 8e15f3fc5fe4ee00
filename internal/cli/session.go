package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/interrupt"
	"github.com/seed-1814a72b/paceline/internal/live"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/prompt"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/internal/tamed"
	"github.com/seed-1814a72b/paceline/journal"
)

// A session is one execution of `paceline run`, from its flags to its report.
// Its methods are called in the order in which they stand in run.
type session struct {
	env    *command.Env
	flags  *runFlags
	inputs []string // as they were given

	pool     *pool.Pool
	wording  wording
	checks   checks
	prompt   *prompt.Prompt
	drafts   prompt.Draft // of the survey
	pricing  pricing
	priority priorityField
	input    *dataset.Input
	source   paceline.Source // of the items that are to be sent, in order
	feed     *feed           // under source, of an input that can be read only once; else nil
	target   target
	survey   survey

	journal    *journal.Journal // nil when the rows go to standard output
	before     summary.Earlier
	doubts     doubts
	resend     *resend // nil: nothing is sent again
	idle       bool    // every item had its row
	interrupts *interrupt.Interrupts
	metrics    *metricsServer            // nil: nobody wants any
	telemetry  command.Telemetry         // likewise
	log        *runLog                   // nil: none was asked for
	view       atomic.Pointer[live.View] // nil: nothing is shown
	watching   *watch                    // by whom; nil: likewise
	failures   failureLog
	answers    answers
	web        *web // nil: there is no page
}

// run does all of it. Its error ends the program.
func (s *session) run(ctx context.Context) error {
	ctx, s.interrupts = interrupt.Watch(ctx, s.env.Signals, s.flags.grace, s.env.Stderr)
	defer s.interrupts.Stop()
	if err := s.settle(ctx); err != nil {
		return err
	}
	defer s.closeInput()
	defer s.web.close()
	if s.flags.dryRun {
		return s.interruptible(s.dryRun(ctx))
	}
	if err := s.openLog(); err != nil {
		return err
	}
	defer s.log.close()
	stop, err := s.serveMetrics()
	if err != nil {
		return err
	}
	defer stop(ctx)
	finish, err := s.startTelemetry(ctx)
	if err != nil {
		return err
	}
	defer finish()
	if err := s.begin(ctx); err != nil {
		return s.interruptible(err)
	}
	err = s.work(ctx)
	s.web.stay(ctx, s.interrupts)
	return err
}

// settle makes all parts of the run from the flags. It reads nothing but the
// files that the flags name, and the beginnings of the input.
func (s *session) settle(ctx context.Context) (err error) {
	if s.pool, err = pool.Find(s.env, &s.flags.Flags, !s.flags.dryRun); err != nil {
		return err
	}
	if err := errors.Join(s.pool.LimitModels(s.flags.ModelLimits), s.pool.Validate()); err != nil {
		return err
	}
	cfg := s.flags.config()
	cfg.Price = pool.AnyPrice
	if err := cfg.Validate(); err != nil {
		return err
	}
	if s.wording, err = readWording(s.env, s.flags); err != nil {
		return err
	}
	if s.checks, err = newChecks(s.env, &s.flags.checkFlags); err != nil {
		return err
	}
	if s.prompt, err = s.wording.compile(s.flags, &s.checks); err != nil {
		return err
	}
	s.priority = newPriorityField(s.flags.priorityField)
	if s.pricing, err = newPricing(s.flags, s.pool.BaseURLs()); err != nil {
		return err
	}
	if err := s.openInput(ctx); err != nil || s.flags.dryRun {
		return err
	}
	s.web, err = openWeb(s.env, &s.flags.webFlags, s.flags.quiet)
	return err
}

// openInput opens the input and checks where the rows are to go.
func (s *session) openInput(ctx context.Context) (err error) {
	format, err := dataset.ParseFormat(s.flags.inputFormat)
	if err != nil {
		return err
	}
	s.input, err = dataset.Open(s.inputs, dataset.Options{
		Format: format, Strict: s.flags.strict, Stdin: s.env.Stdin, Fields: s.prompt.Fields(),
	})
	if err != nil {
		return err
	}
	if s.flags.sample > 0 && !s.input.Rereadable() {
		return errors.New("--sample needs files: standard input and pipes can be read only once; -n takes the first items")
	}
	if s.target, err = findTarget(s.env, s.flags, s.inputs, s.input); err != nil {
		return err
	}
	if err := s.refuseForeign(ctx); err != nil {
		return err
	}
	if slices.Contains(s.inputs, "-") && s.env.StdinTerminal {
		s.say("reading items from the terminal, one a line; Ctrl-D ends them")
	}
	return errors.Join(checkSummary(s.env, s.flags, s.target, s.input), s.checkLogFile())
}

// look reads the input once and settles what the source is. Of an input that
// can be read only once it looks at the first items.
func (s *session) look(ctx context.Context, unchanged func(*paceline.Item) error) error {
	s.source = s.input
	if s.flags.first > 0 {
		s.source = dataset.Limit(s.input, s.flags.first)
	}
	err := s.examine(ctx, unchanged)
	if err == nil && s.flags.strict {
		err = s.survey.cautions.strict()
	}
	return err
}

// examine surveys the source, or as much of it as can be seen beforehand.
func (s *session) examine(ctx context.Context, unchanged func(*paceline.Item) error) error {
	if !s.input.Rereadable() {
		return s.preview(ctx, unchanged)
	}
	if s.flags.sample > 0 {
		if err := s.drawSample(ctx); err != nil {
			return err
		}
	}
	surveyor := surveyor{render: s.draft, unchanged: unchanged, tick: s.patience(), settled: s.settled}
	fit := s.budgetFit()
	surveyor.fits = fit.look
	err := surveyor.look(ctx, s.source.(dataset.Rewinder))
	s.survey = surveyor.survey
	if err != nil {
		return err
	}
	return errors.Join(s.priority.missed(), s.flags.checkHedge(s.survey.items), s.checkLimits(), fit.missed())
}

// patience returns what tells the user, once and after a second, that the
// input is being read.
func (s *session) patience() func() {
	start, said := s.env.Now(), false
	return func() {
		if !said && s.env.Now().Sub(start) > time.Second {
			said = true
			s.say("checking every item of the input before anything is sent")
		}
	}
}

// drawSample narrows the source down to a random part of it.
func (s *session) drawSample(ctx context.Context) error {
	all, err := dataset.Check(ctx, s.source.(dataset.Rewinder), nil)
	if err != nil {
		return surveyError(err)
	}
	s.source = dataset.Sample(s.source, all.Items, s.flags.sample, uint64(s.flags.seed))
	return nil
}

// request renders an item's request.
func (s *session) request(it *paceline.Item) (*paceline.Request, error) {
	req, err := s.prompt.Request(it)
	if err != nil {
		return nil, err
	}
	return s.sendable(it, req)
}

// draft renders an item's request, which is valid until the next one is drafted.
func (s *session) draft(it *paceline.Item) (*paceline.Request, error) {
	req, err := s.prompt.Draft(&s.drafts, it)
	if err != nil {
		return nil, err
	}
	return s.sendable(it, req)
}

// sendable puts an item's priority into its request. One without a model, or with
// a priority that is none, cannot be sent.
func (s *session) sendable(it *paceline.Item, req *paceline.Request) (_ *paceline.Request, err error) {
	if s.flags.model == "" && !named(req) {
		return nil, fmt.Errorf("%s: no model; name one for all items with -m MODEL", itemPlace(it))
	}
	if req.Priority, err = s.priority.of(it); err != nil {
		return nil, err
	}
	return req, nil
}

// named reports whether a request names its model.
func named(req *paceline.Request) bool {
	model, _, _ := req.Asks()
	return model != ""
}

// interruptible lets an error that a signal caused end the program as such.
func (s *session) interruptible(err error) error {
	if err != nil && s.interrupts.Interrupted() {
		return &command.Exit{Code: command.ExitInterrupted, Err: errors.New("interrupted; nothing was sent")}
	}
	return err
}

// say prints a line for people, unless they want quiet.
func (s *session) say(format string, args ...any) {
	if !s.flags.quiet {
		fmt.Fprint(s.env.Stderr, tamed.Text(fmt.Sprintf("paceline: "+format+"\n", args...)))
	}
}

// warn is say for what the user should know of.
func (s *session) warn(format string, args ...any) {
	if !s.flags.quiet {
		command.Warn(s.env.Stderr, format, args...)
	}
}
