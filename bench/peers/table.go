package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A table is a row's figures of all peers.
type table struct {
	row                   *row
	lines                 []*line
	begun                 time.Time
	took                  time.Duration
	loadBefore, loadAfter string
}

// A line is one peer's.
type line struct {
	peer    *peer
	figures []figure // of each round
	failed  error    // why there are no more
	over    bool     // it takes too long to be repeated
}

// ownName is the peer that others are compared with.
const ownName = "paceline run"

// markdown returns the table as a section of the page.
func (t *table) markdown() string {
	r := t.row
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n\n", r.title, r.text)
	fmt.Fprintf(&b, "    make bench-peers ROWS=%s\n\n", r.name)
	fmt.Fprintf(&b, "%s; load %s before and %s after. %s\n\n", t.begun.UTC().Format("2006-01-02 15:04"), t.loadBefore, t.loadAfter, machine())
	fmt.Fprintf(&b, "| client | version | %s | from – to | %s | ÷ %s | target | server busy | rounds |\n", r.cost.name, r.rate.name, ownName)
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range t.lines {
		b.WriteString(t.markdownOf(l))
	}
	return b.String()
}

func (t *table) markdownOf(l *line) string {
	name := fmt.Sprintf("| %s (%s) | %s ", l.peer.name, l.peer.language, l.peer.version())
	switch {
	case l.peer.absent != nil:
		return name + "| not installed: " + cell(l.peer.absent) + " | | | | | | |\n"
	case len(l.figures) == 0:
		return name + "| failed: " + cell(l.failed) + " | | | | | | |\n"
	}
	costs := values(l.figures, t.row.cost.of)
	ratio, target := t.compared(l)
	return name + fmt.Sprintf("| %s | %s – %s | %s | %s | %s | %s | %d |\n",
		decimals(median(costs)), decimals(slices.Min(costs)), decimals(slices.Max(costs)),
		decimals(median(values(l.figures, t.row.rate.of))), ratio, target, busy(l.figures), len(l.figures))
}

// compared returns a peer's cost as a multiple of ours, and how that compares
// with what it ought to be. It is the median over the rounds, each with its own
// ratio: how fast the machine is changes from one to the next.
func (t *table) compared(l *line) (ratio, target string) {
	own := t.line(ownName)
	if own == nil || len(own.figures) == 0 {
		return "", ""
	}
	ratios := t.ratios(l, own)
	ratio = decimals(median(ratios))
	if l == own && t.row.most > 0 {
		target = atMost(median(values(l.figures, t.row.cost.of)), t.row.most)
	}
	for _, g := range t.row.goals {
		if g.peer != l.peer.name {
			continue
		}
		target = fmt.Sprintf("≥ %s: pass", decimals(g.least))
		if median(ratios) < g.least {
			target = fmt.Sprintf("≥ %s: **short**", decimals(g.least))
		}
		if g.then != "" {
			target += ", then ≥ " + g.then
		}
	}
	return ratio, target
}

// atMost says whether a cost is within what it ought not to exceed.
func atMost(cost, most float64) string {
	if cost > most {
		return fmt.Sprintf("≤ %s: **short**", decimals(most))
	}
	return fmt.Sprintf("≤ %s: pass", decimals(most))
}

// ratios returns those of the rounds that both have, or of the medians where a
// peer was too slow to be measured in each.
func (t *table) ratios(l, own *line) []float64 {
	if len(l.figures) != len(own.figures) {
		return []float64{median(values(l.figures, t.row.cost.of)) / median(values(own.figures, t.row.cost.of))}
	}
	list := make([]float64, len(l.figures))
	for i := range list {
		list[i] = t.row.cost.of(l.figures[i]) / t.row.cost.of(own.figures[i])
	}
	return list
}

func (t *table) line(name string) *line {
	for _, l := range t.lines {
		if l.peer.name == name {
			return l
		}
	}
	return nil
}

// busy returns the share of its core that the server used.
func busy(figures []figure) string {
	share := median(values(figures, func(f figure) float64 { return f.server }))
	if share == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

func cell(err error) string {
	return strings.NewReplacer("|", "/", "\n", " ").Replace(err.Error())
}

func values(figures []figure, of func(figure) float64) []float64 {
	list := make([]float64, len(figures))
	for i, f := range figures {
		list[i] = of(f)
	}
	return list
}

// median returns the middle of the list, the mean of the two in the middle, NaN
// for an empty one.
func median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	list = slices.Sorted(slices.Values(list))
	half := len(list) / 2
	if len(list)%2 == 1 {
		return list[half]
	}
	return (list[half-1] + list[half]) / 2
}
