package cli

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/journal"
)

// budget returns what the run may use up.
func (f *runFlags) budget() paceline.Budget {
	return paceline.Budget{USD: f.maxCost, Tokens: f.maxTokens, Requests: f.maxRequests}
}

// budgets are what the run may use up, and what earlier sessions have.
func (s *session) budgets() paceline.BudgetState {
	tokens := s.before.usage.Prompt + s.before.usage.Completion
	return paceline.BudgetState{
		Limit: s.flags.budget(),
		Spent: paceline.Budget{USD: s.before.cost.USD, Tokens: tokens, Requests: s.before.requests},
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

// A budgetSummary is how a run with budgets stands by them, over all its
// sessions. What is not limited is null.
type budgetSummary struct {
	MaxCostUSD   *float64 `json:"max_cost_usd"`
	SpentUSD     *float64 `json:"spent_usd"` // at most: what may be billed and is not known counts in full
	LeftUSD      *float64 `json:"left_usd"`
	MaxTokens    *int64   `json:"max_tokens_total"`
	SpentTokens  *int64   `json:"spent_tokens"` // likewise
	LeftTokens   *int64   `json:"left_tokens"`
	MaxRequests  *int64   `json:"max_requests"`
	SentRequests int64    `json:"sent_requests"`
	LeftRequests *int64   `json:"left_requests"`

	bound bool // SpentUSD is more than the answers cost
}

// newBudgetSummary returns nil for a run without a budget.
func newBudgetSummary(b paceline.BudgetState) *budgetSummary {
	if b.Limit == (paceline.Budget{}) {
		return nil
	}
	nanoRound := func(usd float64) float64 { return math.Round(usd*1e9) / 1e9 }
	s := &budgetSummary{SentRequests: b.Spent.Requests}
	if most := b.Limit.USD; most > 0 {
		s.MaxCostUSD, s.SpentUSD, s.LeftUSD = &most, new(nanoRound(b.Spent.USD)), new(nanoRound(left(most, b.Spent.USD)))
	}
	if most := b.Limit.Tokens; most > 0 {
		s.MaxTokens, s.SpentTokens, s.LeftTokens = &most, new(b.Spent.Tokens), new(left(most, b.Spent.Tokens))
	}
	if most := b.Limit.Requests; most > 0 {
		s.MaxRequests, s.LeftRequests = &most, new(left(most, b.Spent.Requests))
	}
	return s
}

// left returns what is left of a limit. Calls that a killed process had in flight
// count with all that was set aside for them, which may be more than there was.
func left[N int64 | float64](limit, spent N) N { return max(0, limit-spent) }

// parts says of each budget what is spent of it, with the flag that sets it.
func (b *budgetSummary) parts() (list []budgetPart) {
	if b == nil {
		return nil
	}
	if b.MaxCostUSD != nil {
		list = append(list, budgetPart{"--max-cost", fmt.Sprintf("%s%s of %s spent", atMost(b.bound || *b.SpentUSD > *b.MaxCostUSD), price.Dollars(*b.SpentUSD), price.Dollars(*b.MaxCostUSD)), *b.LeftUSD / *b.MaxCostUSD})
	}
	if b.MaxTokens != nil {
		list = append(list, budgetPart{"--max-tokens-total", fmt.Sprintf("%s of %s tokens used", numeral.Grouped(*b.SpentTokens), numeral.Grouped(*b.MaxTokens)), float64(*b.LeftTokens) / float64(*b.MaxTokens)})
	}
	if b.MaxRequests != nil {
		list = append(list, budgetPart{"--max-requests", fmt.Sprintf("%s of %s requests sent", numeral.Grouped(b.SentRequests), numeral.Grouped(*b.MaxRequests)), float64(*b.LeftRequests) / float64(*b.MaxRequests)})
	}
	return list
}

// compare says what the answers cost: what is spent beyond that is an upper bound.
func (b *budgetSummary) compare(cost paceline.Cost) {
	if b != nil && b.SpentUSD != nil {
		b.bound = cost.Known && *b.SpentUSD > cost.USD+1e-9
	}
}

// atMost marks a figure that holds all that was set aside for requests of unknown
// cost, and for calls of killed processes, which may be more than they took.
func atMost(beyond bool) string {
	if beyond {
		return "at most "
	}
	return ""
}

type budgetPart struct {
	flag, spent string
	left        float64 // share of it
}

// String says how all of them stand, "" where there is none.
func (b *budgetSummary) String() string {
	text := ""
	for i, p := range b.parts() {
		if i > 0 {
			text += "   "
		}
		text += p.spent
	}
	return text
}

// reached returns the budget that a run was stopped by: the one with the least
// left.
func (b *budgetSummary) reached() (r budgetPart) {
	for i, p := range b.parts() {
		if i == 0 || p.left < r.left {
			r = p
		}
	}
	return r
}

// overBudget turns the error of a run that its budget stopped into the one that
// ends the program. Where it is too small for a single call nothing was sent.
func (s *session) overBudget(sum paceline.Summary, e *paceline.Error) error {
	b := newBudgetSummary(sum.Budget)
	if b == nil {
		return &command.Exit{Code: command.ExitStopped, Err: fmt.Errorf("%s; the same command continues", e.Message)}
	}
	r := b.reached()
	if sum.Requests == 0 && s.before.requests == 0 {
		return fmt.Errorf("%s: %s; nothing was sent", r.flag, e.Message)
	}
	text := "stopped by the budget: " + r.spent
	if _, why, ok := strings.Cut(e.Message, ", and "); ok && r.left > muchLeft {
		text += ", and " + why // why that was not enough
	}
	if !s.target.toStdout {
		text += fmt.Sprintf("; raise %s to continue", r.flag)
	}
	return &command.Exit{Code: command.ExitStopped, Err: errors.New(text)}
}

// muchLeft is the share of a budget that may be left without a word on why.
const muchLeft = 0.05
