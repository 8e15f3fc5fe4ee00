package summary

import (
	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	wastes "github.com/seed-1814a72b/paceline/internal/waste"
	"github.com/seed-1814a72b/paceline/journal"
)

// Spent is what some requests used. A figure is null when it is not known of
// one of them.
type Spent struct {
	Requests         int64    `json:"requests"`
	PromptTokens     *int64   `json:"prompt_tokens"`
	CompletionTokens *int64   `json:"completion_tokens"`
	CostUSD          *float64 `json:"cost_usd"`

	known journal.Spent // what the figures are of, as far as known
}

func newSpent(s journal.Spent) Spent {
	out := Spent{Requests: s.Requests, known: s}
	if s.Unmetered == 0 {
		out.PromptTokens, out.CompletionTokens = &s.PromptTokens, &s.CompletionTokens
	}
	if s.Unpriced == 0 {
		out.CostUSD = &[]float64{price.Nano(s.Cost).USD}[0]
	}
	return out
}

// Waste is where requests went that brought no accepted row, over all sessions
// of an output.
type Waste struct {
	Spent
	Causes []wasteCause `json:"by_cause"` // most requests first
}

// A wasteCause is why requests brought no accepted row.
type wasteCause struct {
	Cause string `json:"cause"`
	Spent
}

// newWaste adds up earlier sessions and this one.
func newWaste(before Earlier, s paceline.Summary) (answered Spent, w Waste) {
	var all journal.Account
	all.Add(before.account)
	all.Add(s.Account)
	causes, sum := wastes.Causes(all, before.lost+s.Lost)
	w = Waste{newSpent(sum), make([]wasteCause, 0, len(causes))}
	for _, c := range causes {
		w.Causes = append(w.Causes, wasteCause{c.Name, newSpent(c.Spent)})
	}
	return newSpent(all.Answered), w
}

// String says it in a line, "" for nothing: the requests by their cause, and
// what they cost as far as that is known.
func (w Waste) String() string {
	if w.Requests == 0 {
		return ""
	}
	var list []numeral.Figure
	for _, c := range w.Causes {
		list = append(list, numeral.IfAny(c.Requests, wastes.Words(c.Cause)))
	}
	return numeral.Figures(list...) + "   " + w.cost()
}

// cost says what is known of it, and of how many requests nothing is.
func (w Waste) cost() string {
	known := price.USD(price.Nano(w.known.Cost))
	if w.known.Unpriced == 0 {
		return known
	}
	unknown := numeral.Counted(w.known.Unpriced, "request") + " of unknown cost"
	if w.known.Cost == 0 {
		return unknown
	}
	return known + " and " + unknown
}
