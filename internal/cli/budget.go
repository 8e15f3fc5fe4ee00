package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/journal"
)

// budget returns what the run may use up.
func (f *runFlags) budget() paceline.Budget {
	return paceline.Budget{USD: f.maxCost, Tokens: f.maxTokens, Requests: f.maxRequests}
}

// budgets are what the run may use up, and what earlier sessions have.
func (s *session) budgets() paceline.BudgetState {
	tokens := s.before.Usage.Prompt + s.before.Usage.Completion
	return paceline.BudgetState{
		Limit: s.flags.budget(),
		Spent: paceline.Budget{USD: s.before.Cost.USD, Tokens: tokens, Requests: s.before.Requests},
	}
}

// A budgetFit finds budgets into which not a single request of the input fits, so
// that nothing could be sent. Its methods are called from one goroutine.
type budgetFit struct {
	budgets []*fitting
	price   func(model string, u paceline.Usage) paceline.Cost
}

// A fitting is one budget with its flag, and whether any request fits.
type fitting struct {
	flag   string
	budget paceline.Budget
	fits   bool
	why    error // of the first request that does not
}

func (s *session) budgetFit() *budgetFit {
	f := &budgetFit{price: s.pricing.cost}
	if s.flags.maxCost > 0 {
		f.budgets = append(f.budgets, &fitting{flag: "--max-cost", budget: paceline.Budget{USD: s.flags.maxCost}})
	}
	if s.flags.maxTokens > 0 {
		f.budgets = append(f.budgets, &fitting{flag: "--max-tokens-total", budget: paceline.Budget{Tokens: s.flags.maxTokens}})
	}
	return f
}

func (f *budgetFit) look(req *paceline.Request) {
	for _, b := range f.budgets {
		if b.fits {
			continue
		}
		why := b.budget.Fits(req, f.price)
		if b.fits = why == nil; b.why == nil {
			b.why = why
		}
	}
}

// missed returns the error of the first such budget, nil if there is none.
func (f *budgetFit) missed() error {
	for _, b := range f.budgets {
		if !b.fits && b.why != nil {
			return fmt.Errorf("%s: %w; nothing was sent", b.flag, b.why)
		}
	}
	return nil
}

// checkSpent refuses a budget of which nobody knows how much earlier sessions have
// spent: those that knew no prices, or whose server did not tell tokens.
func (f *runFlags) checkSpent(rec *journal.Recovery) error {
	_, tokens, cost := rec.Spent()
	remedy := "so the budget cannot be kept; leave it out, or start over with --fresh"
	switch {
	case f.maxCost > 0 && cost == journal.Unknown:
		return errors.New("--max-cost: what earlier sessions of this run have cost is not known, " + remedy)
	case f.maxTokens > 0 && tokens == journal.Unknown:
		return errors.New("--max-tokens-total: how many tokens earlier sessions of this run have used is not known, " + remedy)
	}
	return nil
}

// overBudget turns the error of a run that its budget stopped into the one that
// ends the program. Where it is too small for a single call nothing was sent.
func (s *session) overBudget(sum paceline.Summary, e *paceline.Error) error {
	b := summary.BudgetOf(sum.Budget)
	if b == nil {
		return &command.Exit{Code: command.ExitStopped, Err: fmt.Errorf("%s; the same command continues", e.Message)}
	}
	r := b.Reached()
	if sum.Requests == 0 && s.before.Requests == 0 {
		return fmt.Errorf("%s: %s; nothing was sent", r.Flag, e.Message)
	}
	text := "stopped by the budget: " + r.Spent
	if _, why, ok := strings.Cut(e.Message, ", and "); ok && r.Left > muchLeft {
		text += ", and " + why // why that was not enough
	}
	if !s.target.toStdout {
		text += fmt.Sprintf("; raise %s to continue", r.Flag)
	}
	return &command.Exit{Code: command.ExitStopped, Err: errors.New(text)}
}

// muchLeft is the share of a budget that may be left without a word on why.
const muchLeft = 0.05
