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
	fmt.Fprintf(&b, "%s; %s. %d rounds of %s calls, at a limit of %s a second; ± is half of the range between the quartiles.\n\n",
		t.begun.UTC().Format("2006-01-02 15:04"), page.Processor()+", load "+page.Load(), len(t.lines[0].costs),
		page.Grouped(float64(t.o.rate*t.o.seconds)), page.Grouped(float64(t.o.rate)))
	b.WriteString("| what is shown | processor time, s | µs a call | took, s | more than nothing | rounds from – to |\n|---|---|---|---|---|---|\n")
	for _, l := range t.lines {
		b.WriteString(t.row(l))
	}
	return b.String()
}

func (t *table) row(l *line) string {
	m := median(values(l, func(c cost) time.Duration { return c.cpu }))
	row := fmt.Sprintf("| %s | %.2f | %.1f | %.1f ", l.kind.what, m, m/float64(t.o.rate*t.o.seconds)*1e6,
		median(values(l, func(c cost) time.Duration { return c.took })))
	if l == t.lines[0] {
		return row + "| | |\n"
	}
	more := t.more(l)
	slices.Sort(more)
	said := fmt.Sprintf("%+.1f %% ± %.1f", 100*median(more), 100*(more[len(more)*3/4]-more[len(more)/4])/2)
	if l.kind.name == "all" {
		said += map[bool]string{true: ", below 3 %: pass", false: ", not below 3 %: **short**"}[median(more) < most]
	}
	return row + fmt.Sprintf("| %s | %+.1f – %+.1f %% |\n", said, 100*more[0], 100*more[len(more)-1])
}

// more returns for each round what share of the processor time a kind used on
// top of what the run of the same round used of which nothing was shown: how
// fast the machine is changes from one round to the next.
func (t *table) more(l *line) []float64 {
	list := make([]float64, len(l.costs))
	for i := range list {
		list[i] = l.costs[i].cpu.Seconds()/t.lines[0].costs[i].cpu.Seconds() - 1
	}
	return list
}

// values are seconds.
func values(l *line, of func(cost) time.Duration) []float64 {
	list := make([]float64, len(l.costs))
	for i, c := range l.costs {
		list[i] = of(c).Seconds()
	}
	return list
}

// median returns the middle of a list that is not empty, the mean of the two in
// the middle.
func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	half := len(list) / 2
	if len(list)%2 == 1 {
		return list[half]
	}
	return (list[half-1] + list[half]) / 2
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
