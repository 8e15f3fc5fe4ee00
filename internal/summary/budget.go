package summary

import (
	"fmt"
	"math"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
)

// A Budget is how a run with budgets stands by them, over all its
// sessions. What is not limited is null.
type Budget struct {
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

// BudgetOf returns nil for a run without a budget.
func BudgetOf(b paceline.BudgetState) *Budget {
	if b.Limit == (paceline.Budget{}) {
		return nil
	}
	nanoRound := func(usd float64) float64 { return math.Round(usd*1e9) / 1e9 }
	s := &Budget{SentRequests: b.Spent.Requests}
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
func (b *Budget) parts() (list []budgetPart) {
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
func (b *Budget) compare(cost paceline.Cost) {
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
	Flag, Spent string
	Left        float64 // share of it
}

// String says how all of them stand, "" where there is none.
func (b *Budget) String() string {
	text := ""
	for i, p := range b.parts() {
		if i > 0 {
			text += "   "
		}
		text += p.Spent
	}
	return text
}

// Reached returns the budget that a run was stopped by: the one with the least
// left.
func (b *Budget) Reached() (r budgetPart) {
	for i, p := range b.parts() {
		if i == 0 || p.Left < r.Left {
			r = p
		}
	}
	return r
}
