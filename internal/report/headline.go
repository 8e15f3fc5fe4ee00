package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/advice"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
)

// headline says what happened, in a sentence.
func headline(r *Report) string {
	var b strings.Builder
	b.WriteString(map[State]string{Running: "Still running: ", Stopped: "Ended early: ", Killed: "Killed: "}[r.State])
	b.WriteString(r.answered())
	if r.RunningS > 0 {
		b.WriteString(" in " + numeral.Span(seconds(r.RunningS)))
	}
	if r.CostUSD != nil {
		b.WriteString(" for " + price.USD(paceline.Cost{USD: *r.CostUSD, Known: true}))
	}
	if w, ok := r.worst(); ok {
		fmt.Fprintf(&b, "; limited by %s %s of the time", w.short(), advice.Percent(w.Share))
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

// short is what it was in two or three words.
func (s *Share) short() string { return advice.Short(s.bottleneck) }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
