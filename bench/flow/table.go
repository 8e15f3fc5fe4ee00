package flow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline/bench/page"
)

// A Table is one measurement: its scenarios and, for each, its figures.
type Table struct {
	Title   string
	Command string // which repeats it
	Text    string // what is measured, and how the ideal is known
	Rows    []Row
}

// A Row is one figure over all seeds.
type Row struct {
	Scenario string
	Figure   string // what it is, with its unit
	Format   Format
	Goal     Goal
	Sample   Sample
}

// A Format writes a figure with its unit.
type Format func(float64) string

// The formats.
var (
	Count   Format = func(v float64) string { return page.Grouped(v) }
	Plain   Format = func(v float64) string { return page.Decimals(v, 3) }
	Percent Format = func(v float64) string { return page.Decimals(100*v, 4) + " %" }
	Seconds Format = func(v float64) string { return page.Decimals(v, 4) + " s" }
	Millis  Format = func(v float64) string { return page.Decimals(1000*v, 3) + " ms" }
	Micros  Format = func(v float64) string { return page.Decimals(1e6*v, 3) + " µs" }
)

// Markdown returns the table as a section of a page.
func (t *Table) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n\n    %s\n\n", t.Title, t.Text, t.Command)
	b.WriteString("| scenario | figure | target | median | 95 % | worst | seeds | |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|\n")
	last := ""
	for i := range t.Rows {
		r := &t.Rows[i]
		name := r.Scenario
		if name == last {
			name = ""
		}
		last = r.Scenario
		median, p95, worst := r.Goal.spread(r.Sample)
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %d | %s |\n", name, r.Figure, r.target(),
			r.Format(median), r.Format(p95), r.Format(worst), len(r.Sample), r.verdict())
	}
	return b.String()
}

func (r *Row) target() string {
	switch g := r.Goal; {
	case g.Absent:
		return ""
	case g.Least:
		return "≥ " + r.Format(g.Want)
	case g.P95 > 0:
		return "≤ " + r.Format(g.Want) + ", 95 %: ≤ " + r.Format(g.P95)
	case g.Want == 0:
		return r.Format(0)
	default:
		return "≤ " + r.Format(g.Want)
	}
}

func (r *Row) verdict() string {
	switch {
	case r.Goal.Absent:
		return ""
	case r.Goal.Met(r.Sample):
		return "pass"
	}
	return "**short**"
}

// Measured returns the table with the rows that have figures.
func (t *Table) Measured() *Table {
	m := *t
	m.Rows = slices.DeleteFunc(slices.Clone(t.Rows), func(r Row) bool { return len(r.Sample) == 0 })
	return &m
}

// Partial reports whether rows lack figures, as they do when only some
// scenarios were asked for. Such a table is no use to a page.
func (t *Table) Partial() bool { return len(t.Measured().Rows) < len(t.Rows) }
