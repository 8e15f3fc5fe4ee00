package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/bench/page"
)

// A table is what all runs of a measurement have used.
type table struct {
	o     options
	begun time.Time
	lines []*line // off is the first
}

// A line is one kind's.
type line struct {
	kind  kind
	costs []cost // of each round
}

// title is the table's in the page.
const title = "Shown and not shown"

// most is what everything together may cost more than nothing.
const most = 0.03

// markdown returns the table as a section of the page.
func (t *table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n    make bench-seen\n\n", title)
	fmt.Fprintf(&b, "%s; %s. %d rounds each of two runs beside each other, at a limit of %s calls a second each, in a window of %v after %v; "+
		"medians; within the interval the true one lies with a probability of %.0f %%.\n\n",
		t.begun.UTC().Format("2006-01-02 15:04"), page.Processor()+", load "+page.Load(), len(t.lines[0].costs),
		page.Grouped(float64(t.o.rate)), t.o.window, t.o.warm, 100*medianWithin(t.lines[0].more()).sure)
	b.WriteString("| what is shown | µs of processor a call | nothing shown, beside it | more, ms a second | more, of it | interval | rounds from – to |\n|---|---|---|---|---|---|---|\n")
	for _, l := range t.lines {
		b.WriteString(l.row(t.o.rate))
	}
	return b.String()
}

func (l *line) row(rate int) string {
	more := slices.Sorted(slices.Values(l.more()))
	with := median(l.values(func(c cost) float64 { return perCall(c.with) }))
	without := median(l.values(func(c cost) float64 { return perCall(c.without) }))
	each := median(l.values(func(c cost) float64 { return c.eachSecond(rate) }))
	within := medianWithin(more)
	return fmt.Sprintf("| %s | %.1f | %.1f | %+.1f | %+.1f %%%s | %+.1f – %+.1f %% | %+.1f – %+.1f %% |\n", l.kind.what, with, without, each,
		100*median(more), l.judged(median(more), within), 100*within.low, 100*within.high, 100*more[0], 100*more[len(more)-1])
}

// judged says whether everything costs too much.
func (l *line) judged(median float64, within interval) string {
	switch {
	case l.kind.name != "all":
		return ""
	case median >= most:
		return ", not below 3 %: **short**"
	case within.high >= most || within.sure < sure:
		return ", below 3 %, but that is not sure"
	}
	return ", below 3 %: pass"
}

// more returns for each round what share the run that was seen used more, for
// each call, than the one beside it.
func (l *line) more() []float64 { return l.values(cost.more) }

func (l *line) values(of func(cost) float64) []float64 {
	list := make([]float64, len(l.costs))
	for i, c := range l.costs {
		list[i] = of(c)
	}
	return list
}

// updatePage puts the table into the page at path.
func updatePage(path string, t *table) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	form := page.Form{Begin: "<!-- bench-seen: begin -->", End: "<!-- bench-seen: end -->", Titles: []string{title}}
	text, err := form.Merge(string(old), []page.Section{{Title: title, Text: t.markdown()}})
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
