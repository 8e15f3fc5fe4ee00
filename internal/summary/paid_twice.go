package summary

import (
	"fmt"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/journal"
)

// PaidTwice is what all sessions together may have paid, or be about to pay,
// more than once: calls that brought no row and whose end nobody knows.
type PaidTwice struct {
	Calls   int64    `json:"calls"`
	CostUSD *float64 `json:"cost_usd"` // at most; null: unknown
}

// PaidTwiceOf returns what the calls without a known end may cost again, of which a
// journal tells.
func PaidTwiceOf(t journal.Totals) PaidTwice {
	p := PaidTwice{Calls: t.Lost}
	if t.LostUnpriced == 0 {
		p.CostUSD = &[]float64{price.Nano(t.LostCost).USD}[0]
	}
	return p
}

// String says it in a line, "" for nothing.
func (p PaidTwice) String() string {
	switch {
	case p.Calls == 0:
		return ""
	case p.CostUSD == nil:
		return numeral.Counted(p.Calls, "call") + " that brought no row"
	}
	return fmt.Sprintf("%s that brought no row, at most %s", numeral.Counted(p.Calls, "call"),
		price.USD(paceline.Cost{USD: *p.CostUSD, Known: true}))
}
