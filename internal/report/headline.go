package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
)

// limitWords say what held a run back, as the end of "limited by".
var limitWords = map[string]string{
	"": "nothing", "requests": "requests/min", "tokens": "tokens/min", "money": "money/h",
	"concurrency": "calls at once", "budget": "the budget", "answers": "the last answers", "retries": "retries",
	"throttled": "the server's pauses", "outage": "an outage", "hold": "a pause by hand",
	"cpu": "this machine's processor", "disk": "the disk", "input": "the input",
}

// limitedBy returns the words for the name of a bottleneck.
func limitedBy(name string) string {
	if words := limitWords[name]; words != "" {
		return words
	}
	return name
}

// headline says what happened, in a sentence.
func headline(r *Report) string {
	var b strings.Builder
	b.WriteString(map[State]string{Running: "Still running: ", Stopped: "Ended early: "}[r.State])
	b.WriteString(r.answered())
	if r.RunningS > 0 {
		b.WriteString(" in " + numeral.Span(seconds(r.RunningS)))
	}
	if r.CostUSD != nil {
		b.WriteString(" for " + price.USD(paceline.Cost{USD: *r.CostUSD, Known: true}))
	}
	if w, ok := r.worst(); ok {
		fmt.Fprintf(&b, "; limited by %s %.0f %% of the time", limitedBy(w.By), math.Round(w.Share*100))
	}
	return b.String()
}

// answered is how far it came.
func (r *Report) answered() string {
	if total := r.Items.Total; total != nil && *total != r.Items.Done {
		return fmt.Sprintf("%s of %s answered", numeral.Grouped(r.Items.Done), numeral.Counted(*total, "item"))
	}
	return numeral.Counted(r.Items.Done, "item") + " answered"
}

// worst returns what held the run back longest.
func (r *Report) worst() (Share, bool) {
	for _, s := range r.LimitedBy {
		if s.By != "" {
			return s, true
		}
	}
	return Share{}, false
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
