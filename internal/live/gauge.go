package live

import (
	"fmt"
	"math"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// A gauge is one quantity beside what it may be at most.
type gauge struct {
	label string
	value string
	share float64                               // of the limit; below 0: there is none
	of    string                                // the limit in words; without one, what is said in its place
	holds bool                                  // it is what holds the run back
	graph func(width int) (drawn, words string) // in place of a bar
}

// gauges are the lines with the limits, each with how much of it is used. Their
// number changes only when a limit becomes known or ends.
func (d *blockDraft) gauges(room int) (lines []line) {
	st, held := &d.Stats, d.Pace.HeldBy
	list := []gauge{d.speedGauge(),
		rateGauge("requests", d.Pace.Requests, st.Pace.Requests, d.about(st.Pace.FoundOut), held == paceline.BottleneckRequests)}
	if !st.Pace.Tokens.IsZero() {
		list = append(list, rateGauge("tokens", d.Pace.Tokens, st.Pace.Tokens, "", held == paceline.BottleneckTokens))
	}
	list = append(list, d.inFlightGauge(held == paceline.BottleneckConcurrency))
	if !st.Pace.Money.IsZero() {
		list = append(list, d.spendingGauge(held == paceline.BottleneckMoney))
	}
	list = append(list, d.costGauge(held == paceline.BottleneckBudget))
	list = append(list, budgetGauges(&st.Budget, held == paceline.BottleneckBudget)...)
	for i := range list {
		lines = append(lines, d.gauge(&list[i], room))
	}
	return lines
}

// about marks a limit that is not exact.
func (g glyphs) about(foundOut bool) string {
	if foundOut {
		return "~"
	}
	return ""
}

// gauge draws one. In a narrow room the limit's own figure is left out: of the
// one that counts it stands in the line on what holds the run back.
func (d *blockDraft) gauge(g *gauge, room int) (l line) {
	label := styleDim
	if g.holds {
		label = styleBold
	}
	l.add(stylePlain, " ")
	l.add(label, g.label)
	l.padTo(1 + labelWidth)
	l.add(stylePlain, fmt.Sprintf("%*s  ", rateWidth, g.value))
	whole, bar := true, room-l.width()-2-shareWidth
	if bar < barLeast {
		whole = false
		bar = room - l.width() - 2 - len("100 %")
	}
	bar = min(bar, barMost)
	if bar < barLeast {
		return l
	}
	words, end := g.words(whole), l.width()+bar+2
	switch {
	case g.graph != nil:
		var drawn string
		if drawn, words = g.graph(bar); !whole {
			words = ""
		}
		l.add(styleCyan, drawn)
	case g.share >= 0:
		l.append(d.bar(g.share, bar, styleCyan))
	default:
		end = l.width()
	}
	l.padTo(end)
	l.add(styleDim, words)
	return l
}

// words are what stands behind the bar.
func (g *gauge) words(whole bool) string {
	switch {
	case g.share < 0:
		return g.of
	case whole:
		return fmt.Sprintf("%5s of %s", numeral.Share(g.share), g.of)
	}
	return fmt.Sprintf("%5s", numeral.Share(g.share))
}

// speedGauge shows the last minutes.
func (d *blockDraft) speedGauge() gauge {
	number, unit := readableRate(d.Pace.Items)
	g := gauge{label: "items", value: number + "/" + unit, share: -1}
	if len(d.History) > 0 {
		g.graph = func(width int) (drawn, words string) {
			shown := d.History[max(len(d.History)-width, 0):]
			return d.sparkline(shown, width), "last " + numeral.Span(time.Duration(len(shown)*d.Span)*time.Second)
		}
	}
	return g
}

// rateGauge compares a measured rate, by the second, with its limit.
func rateGauge(label string, measured float64, limit paceline.Rate, about string, holds bool) gauge {
	u := status.RateUnit(limit, measured)
	g := gauge{label: label, value: numeral.PerUnit(measured, u), share: -1, holds: holds}
	if !limit.IsZero() {
		g.share, g.of = min(measured/limit.PerSecond(), 1), about+numeral.PerUnit(limit.PerSecond(), u)
	}
	return g
}

func (d *blockDraft) inFlightGauge(holds bool) gauge {
	st := &d.Stats
	g := gauge{label: "in flight", value: numeral.Grouped(int64(st.InFlight)), share: -1, holds: holds}
	if most := st.Pace.InFlight; most > 0 {
		g.share, g.of = float64(st.InFlight)/float64(most), numeral.Calls(int64(most))
	}
	return g
}

// spendingGauge is the money that calls cost by the hour, beside its limit.
func (d *blockDraft) spendingGauge(holds bool) gauge {
	limit := d.Stats.Pace.Money.PerSecond()
	hour := time.Hour.Seconds()
	return gauge{label: "spending", value: price.Dollars(numeral.TwoDigits(d.Pace.Money*hour)) + "/h", share: min(d.Pace.Money/limit, 1),
		of: price.Dollars(limit*hour) + "/h", holds: holds}
}

// costGauge is the money that was spent, beside the budget; without one, what
// the whole will come to if it goes on like this, with what earlier sessions spent.
func (d *blockDraft) costGauge(holds bool) gauge {
	g := gauge{label: "cost", value: d.spent(), share: -1, holds: holds}
	spent, known := d.cost()
	switch {
	case d.Facts.Budget.Known:
		g.share, g.of = spent/d.Facts.Budget.USD, dollars(d.Facts.Budget)
	case known && spent > 0 && d.Facts.Total > 0 && !d.Over() && d.Stats.Ended() > 0 && (d.Facts.Done == 0 || d.Facts.Spent.Known):
		whole := spent + spent/float64(d.Stats.Ended())*float64(d.Facts.Total-d.Rows())
		g.of = "about " + price.Dollars(numeral.TwoDigits(whole+d.Facts.Spent.USD)) + " in all"
	}
	return g
}

// budgetGauges are the budgets of tokens and requests.
func budgetGauges(b *paceline.BudgetState, holds bool) (list []gauge) {
	for _, of := range []struct {
		label        string
		spent, limit int64
	}{{"token budget", b.Spent.Tokens, b.Limit.Tokens}, {"call budget", b.Spent.Requests, b.Limit.Requests}} {
		if of.limit > 0 {
			list = append(list, gauge{label: of.label, value: numeral.Compact(of.spent),
				share: float64(of.spent) / float64(of.limit), of: numeral.Compact(of.limit), holds: holds})
		}
	}
	return list
}

// cost is what was spent: with a budget by all sessions, which share it.
func (s *frame) cost() (usd float64, known bool) {
	c := s.Stats.Cost
	if s.Facts.Budget.Known && s.Facts.Spent.USD > 0 {
		c = c.Add(s.Facts.Spent)
	}
	return c.USD, c.Known
}

// spent is the cost in words.
func (s *frame) spent() string {
	usd, known := s.cost()
	if usd == 0 && (s.Stats.Requests == 0 || s.unpriced()) {
		return "-"
	}
	return dollars(paceline.Cost{USD: usd, Known: known})
}

// unpriced reports whether nothing has been answered yet that could have a price:
// nobody knows then whether it will have one.
func (s *frame) unpriced() bool {
	return s.Stats.Total.Count == 0 && s.Stats.Ended() == 0
}

// money is the cost in words, with the budget if there is one.
func (s *frame) money() string {
	if !s.Facts.Budget.Known {
		return s.spent()
	}
	return s.spent() + " of " + dollars(s.Facts.Budget)
}

// dollars returns c with cents, or with as many digits as a small amount
// needs, and "unknown" for an unknown one.
func dollars(c paceline.Cost) string {
	switch {
	case !c.Known:
		return "unknown"
	case c.USD > 0 && c.USD < 0.00005:
		return "<$0.0001"
	case c.USD < 1:
		return fmt.Sprintf("$%.4f", c.USD)
	}
	cents := int64(math.Round(c.USD * 100))
	return fmt.Sprintf("$%s.%02d", numeral.Grouped(cents/100), cents%100)
}
