package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline/internal/chart"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// tables returns the tables of items by name.
func (r *Report) tables() map[string]*chart.Table {
	all := map[string]*chart.Table{
		"failed":  r.table(r.Failed, true),
		"slowest": r.table(r.Slowest, false),
		"dearest": r.table(r.Dearest, false),
		"sample":  r.table(r.Sample, false),
	}
	all["failed"].Filter, all["sample"].Filter = true, true
	all["failed"].Shown, all["sample"].Shown = 12, 12
	if n := r.Items.notDone(); n > int64(len(r.Failed)) {
		all["failed"].Note = fmt.Sprintf("%s of %s, drawn at random.", numeral.Grouped(int64(len(r.Failed))), numeral.Grouped(n))
	}
	return all
}

func (r *Report) table(items []Item, failed bool) *chart.Table {
	what := chart.Column{Name: "Answer", Kind: chart.Long}
	if failed {
		what = chart.Column{Name: "Why", Kind: chart.Long}
	}
	t := &chart.Table{Columns: []chart.Column{
		{Name: "Item", Kind: chart.Code, Hint: "Its id, or its position in the input, from 0"},
		{Name: "Status", Kind: chart.State},
		{Name: "Cause", Kind: chart.Choice},
		{Name: "Took", Kind: chart.Number, Unit: chart.Seconds, Hint: "From its first request to its end"},
		{Name: "First token", Kind: chart.Number, Unit: chart.Seconds, Hint: "Of the request that ended it"},
		{Name: "Requests", Kind: chart.Number, Unit: chart.Count},
		{Name: "Tokens", Kind: chart.Number, Unit: chart.Count, Hint: "In and out, of all its requests"},
		{Name: "Cost", Kind: chart.Number, Unit: chart.USD},
		what,
	}, Rows: []chart.Row{}}
	for i := range items {
		t.Rows = append(t.Rows, r.row(&items[i], failed))
	}
	dropEmpty(t)
	return t
}

// dropEmpty leaves out the columns in which nothing is known of any row.
func dropEmpty(t *chart.Table) {
	for i := len(t.Columns) - 1; i > 0; i-- {
		some := len(t.Rows) == 0
		for _, row := range t.Rows {
			some = some || row.Cells[i] != nil && row.Cells[i] != ""
		}
		if some {
			continue
		}
		t.Columns = slices.Delete(t.Columns, i, i+1)
		for n := range t.Rows {
			t.Rows[n].Cells = slices.Delete(t.Rows[n].Cells, i, i+1)
		}
	}
}

func (r *Report) row(it *Item, failed bool) chart.Row {
	text := it.Answer
	if failed || text == "" {
		text = it.Message
	}
	return chart.Row{
		Cells: []any{
			it.name(), it.Status, strings.ReplaceAll(it.Code, "_", " "), number(it.TookS, 1), number(it.FirstTokenMS, 1000),
			it.Requests, it.tokens(), number(it.CostUSD, 1), firstLine(text),
		},
		More: r.more(it),
	}
}

// name is what an item is called: its id, else its position.
func (it *Item) name() string {
	if it.ID != "" {
		return it.ID
	}
	return fmt.Sprintf("#%d", it.Index)
}

func (it *Item) tokens() any {
	if it.PromptTokens == nil || it.CompletionTokens == nil {
		return nil
	}
	return *it.PromptTokens + *it.CompletionTokens
}

// number returns a value in another unit as a cell, null if it is not known.
func number(v *float64, unit float64) any {
	if v == nil {
		return nil
	}
	return rounded(*v / unit)
}

// rounded returns v with six significant digits, as charts have it.
func rounded(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		panic(err) // it was written as a number
	}
	return r
}

func word(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// firstLine returns the beginning of a text for a line of a table.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return tamed.Short(line, 160)
}

// more is what a row opens to.
func (r *Report) more(it *Item) []chart.Block {
	var blocks []chart.Block
	add := func(title, text string) {
		if text != "" {
			blocks = append(blocks, chart.Block{Title: title, Text: text})
		}
	}
	add("Why it has no accepted answer", it.Message)
	add("Answer", it.Answer)
	add("Item", it.Item)
	if len(it.History) > 0 {
		blocks = append(blocks, chart.Block{Title: r.requests(it), Table: r.history(it)})
	}
	return blocks
}

func (r *Report) requests(it *Item) string {
	title := numeral.Counted(int64(len(it.History)), "request")
	if it.Omitted > 0 {
		title += fmt.Sprintf(", and %d between them that are left out", it.Omitted)
	}
	if it.Started != nil {
		title += ", the first at " + r.clock(*it.Started)
	}
	return title
}

// clock writes a time where the report is written.
func (r *Report) clock(t time.Time) string {
	return t.In(r.Written.Location()).Format("2006-01-02 15:04:05 MST")
}

func (r *Report) history(it *Item) *chart.Table {
	t := &chart.Table{Shown: mostFirst + mostLast, Columns: []chart.Column{
		{Name: "#", Kind: chart.Number, Unit: chart.Count},
		{Name: "Sent after", Kind: chart.Number, Unit: chart.Seconds, Hint: "After the item's first request"},
		{Name: "Outcome", Kind: chart.Choice},
		{Name: "HTTP", Kind: chart.Number, Unit: chart.Count},
		{Name: "First token", Kind: chart.Number, Unit: chart.Seconds},
		{Name: "Total", Kind: chart.Number, Unit: chart.Seconds},
		{Name: "Received", Kind: chart.Number, Unit: chart.Bytes},
		{Name: "Cost", Kind: chart.Number, Unit: chart.USD},
		{Name: "Endpoint", Kind: chart.Text},
		{Name: "Model", Kind: chart.Text},
		{Name: "Request id", Kind: chart.Code},
		{Name: "Message", Kind: chart.Long},
	}}
	for i := range it.History {
		q := &it.History[i]
		n := i + 1
		if i >= mostFirst {
			n += it.Omitted
		}
		t.Rows = append(t.Rows, chart.Row{Cells: []any{
			n, after(q, it), outcome(q), count(int64(q.HTTP)), number(q.FirstTokenMS, 1000), number(q.TotalMS, 1000),
			count(q.Bytes), number(q.CostUSD, 1), word(q.Endpoint), word(q.Model), word(q.RequestID), word(q.Message),
		}})
	}
	dropEmpty(t)
	return t
}

// count returns a number as a cell, null for 0.
func count(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func after(q *Request, it *Item) any {
	if q.Started == nil || it.Started == nil {
		return nil
	}
	s := q.Started.Sub(*it.Started).Seconds()
	return number(&s, 1)
}

func outcome(q *Request) string {
	name := strings.ReplaceAll(q.Outcome, "_", " ")
	if q.Hedge {
		name += " (second attempt)"
	}
	return name
}
