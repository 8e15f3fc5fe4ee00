package report

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/advice"
	"github.com/seed-1814a72b/paceline/internal/chart"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
)

// A view is what the page's template shows: the report in words.
type view struct {
	*Report
	drawn map[string]*chart.Chart
}

func newView(r *Report, drawn map[string]*chart.Chart) *view { return &view{r, drawn} }

// Has reports whether there is a chart of that name.
func (v *view) Has(name string) bool { return v.drawn[name] != nil }

// Name is the run's: that of its output, without its folder.
func (v *view) Name() string { return filepath.Base(v.Output) }

// StateWords says how the run stands.
func (v *view) StateWords() string {
	return map[State]string{
		Finished: "finished", Running: "still running: this is how it stood", Stopped: "ended before its input was done", Killed: "killed before its input was done",
		Unknown: "not running",
	}[v.State]
}

// Main and Limit are the two parts of the headline.
func (v *view) Main() string { main, _, _ := strings.Cut(v.Headline, "; "); return tied(main) }

// Limit is what limited the run, as the end of the headline.
func (v *view) Limit() string { _, limit, _ := strings.Cut(v.Headline, "; "); return tied(limit) }

// ties hold a number and its unit together at the end of a line.
var ties = strings.NewReplacer(" for $", " for\u00a0$", " min", "\u00a0min", " s ", "\u00a0s ", " h ", "\u00a0h ", " d ", "\u00a0d ", " %", "\u00a0%", " items", "\u00a0items")

func tied(text string) string { return strings.TrimSpace(ties.Replace(text + " ")) }

// Inputs names what was read.
func (v *view) Inputs() string {
	if n := len(v.Run.Inputs); n > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(v.Run.Inputs[:2], ", "), n-2)
	}
	return strings.Join(v.Run.Inputs, ", ")
}

// When is the day and the time of the run.
func (v *view) When() string {
	if v.Began == nil || v.Ended == nil {
		return ""
	}
	from, to := v.Began.In(v.Written.Location()), v.Ended.In(v.Written.Location())
	end := to.Format("15:04 MST")
	if from.YearDay() != to.YearDay() || from.Year() != to.Year() {
		end = to.Format("2 January 15:04 MST")
	}
	begin := from.Format("2 January 2006, 15:04")
	if to.Sub(from) < time.Minute {
		return begin + to.Format(" MST")
	}
	return begin + " to " + end
}

// WrittenAt is when the report was written.
func (v *view) WrittenAt() string { return v.Written.Format("2 January 2006, 15:04 MST") }

// A key is a figure with its name, and what else is to be said of it.
type key struct{ Name, Value, Note string }

// Keys are the figures at the head of the page.
func (v *view) Keys() []key {
	list := []key{{"Items a minute", v.pace(), v.itemsNote()}}
	if v.FirstToken.Count > 0 {
		list = append(list, key{"First token, median", latencyText(v.FirstToken.P50), "p99 " + latencyText(v.FirstToken.P99)})
	}
	if v.Total.Count > 0 {
		list = append(list, key{"Whole answer, median", latencyText(v.Total.P50), "p99 " + latencyText(v.Total.P99)})
	}
	list = append(list, key{"Requests", numeral.Grouped(v.Requests.Sent), v.requestsNote()})
	if v.PromptTokens != nil {
		list = append(list, key{"Tokens", numeral.Compact(*v.PromptTokens + *v.CompletionTokens),
			numeral.Compact(*v.PromptTokens) + " in, " + numeral.Compact(*v.CompletionTokens) + " out"})
	}
	return append(list, key{"Cost", usd(v.CostUSD), v.costNote()})
}

// pace is the items answered in a minute of the running time.
func (v *view) pace() string {
	if v.RunningS <= 0 {
		return "–"
	}
	perMinute := float64(v.Items.ended()) / v.RunningS * 60
	if perMinute >= 10 {
		return numeral.Compact(int64(perMinute + 0.5))
	}
	return numeral.Significant(perMinute)
}

func (v *view) itemsNote() string {
	if n := v.Items.notDone(); n > 0 {
		return numeral.Grouped(n) + " without an accepted answer"
	}
	return "every answer accepted"
}

func (v *view) requestsNote() string {
	if v.Waste.Requests == 0 {
		return "each brought a row"
	}
	return numeral.Percent(v.Waste.Requests, v.Requests.Sent) + " brought none"
}

func (v *view) costNote() string {
	switch {
	case v.CostUSD == nil:
		return "no price is known of it"
	case v.Items.Done == 0 || *v.CostUSD == 0:
		return ""
	}
	text := usd(&[]float64{*v.CostUSD / float64(v.Items.Done) * 1000}[0]) + " per 1,000 answers"
	if v.Unpriced > 0 {
		text += "; " + numeral.Counted(v.Unpriced, "request") + " of unknown cost"
	}
	return text
}

// usd returns an amount, a dash if it is not known.
func usd(v *float64) string {
	if v == nil {
		return "–"
	}
	return price.USD(paceline.Cost{USD: *v, Known: true})
}

// leastShare is the share of the time from which on a cause is shown.
const leastShare = 0.002

// A bar is one part of what limited the run.
type bar struct {
	Tone, Words, Share, Time string
	From, Width              string
}

// Bars are the parts of what limited the run, on a scale of 1000.
func (v *view) Bars() []bar {
	var list []bar
	from := 0.0
	for _, s := range v.LimitedBy {
		if s.Share < leastShare {
			continue
		}
		list = append(list, bar{
			Tone: cmp.Or(s.By, "none"), Words: s.short(), Share: advice.Percent(s.Share), Time: numeral.Span(seconds(s.Seconds)),
			From: fmt.Sprintf("%.2f", from*1000), Width: fmt.Sprintf("%.2f", s.Share*1000),
		})
		from += s.Share
	}
	return list
}

// A picture is a chart with its title.
type picture struct{ Name, Title, Note string }

// shown returns those of the pictures that are drawn.
func (v *view) shown(list ...picture) (shown []picture) {
	for _, p := range list {
		if v.Has(p.Name) {
			shown = append(shown, p)
		}
	}
	return shown
}

// Pictures are the charts below the throughput.
func (v *view) Pictures() []picture {
	return v.shown(
		picture{"tokens", "Tokens", "a minute"}, picture{"inflight", "Calls in flight", v.capNote()},
		picture{"waste", "Requests that brought no row", "a minute, by cause"}, picture{"cost", "Money spent", "so far"},
		picture{"processor", "Processors used", "by the run itself"},
	)
}

// capNote says the cap on calls in flight where the chart leaves it out.
func (v *view) capNote() string {
	if most := highest(v.Series.Cap); most > 0 && v.Series.nearCap() == nil {
		return "of at most " + numeral.Grouped(int64(most))
	}
	return ""
}

// LatencyPictures are the charts below the distribution.
func (v *view) LatencyPictures() []picture {
	return v.shown(picture{"first", "First token", "median to p99"}, picture{"total", "Whole answer", "median to p99"})
}

// Throughput is the sentence above its chart.
func (v *view) Throughput() string {
	text := fmt.Sprintf("%s sent in %s.", numeral.Counted(v.Requests.Sent, "request"), numeral.Span(seconds(v.RunningS)))
	if n := v.Requests.Throttled; n > 0 {
		text += fmt.Sprintf(" %s told to come later.", numeral.Grouped(n))
	}
	if n := v.Requests.Open; n > 0 && v.State == Running {
		text += fmt.Sprintf(" %s in flight.", numeral.Grouped(n))
	}
	return text + " Drag across a chart to zoom, double-click to go back."
}

// LatencyLead is the sentence above the distributions.
func (v *view) LatencyLead() string {
	return fmt.Sprintf("Of %s, on a logarithmic axis. Waiting in our own queue does not count.", numeral.Counted(v.Total.Count, "whole answer"))
}

// WasteLead is the sentence above the ledger.
func (v *view) WasteLead() string {
	if v.Waste.Requests == 0 {
		return "Every request brought an accepted row."
	}
	text := fmt.Sprintf("%s of %s brought no accepted row", numeral.Grouped(v.Waste.Requests), numeral.Counted(v.Requests.Sent, "request"))
	if c := v.Waste.CostUSD; c != nil && *c > 0 && v.CostUSD != nil && *v.CostUSD > 0 {
		text += fmt.Sprintf(", for %s, %s of the money", usd(c), advice.Percent(*c / *v.CostUSD))
	}
	return text + "."
}

// spanText is a time span, a dash for none.
func spanText(d time.Duration) string {
	if d <= 0 {
		return "–"
	}
	return numeral.Span(d)
}
