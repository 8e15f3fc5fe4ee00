package summary

import (
	"fmt"
	"io"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/status"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// MaxFailures is how many causes of failure a summary shows.
const MaxFailures = 5

// A Report is a summary as a person reads it.
type Report struct {
	*Summary
	Stopped string // what stopped the run, in words; "" for a whole one
	Width   int    // of the page in columns; 0: without end
	Pricing string // where the prices are from: "prices as of 2026-11-01"
	Next    string // what to do next, "" if nothing
}

// Write writes the report: one sentence, then aligned rows of figures.
func (r Report) Write(w io.Writer) {
	var s prose.Sheet
	s.Row("items", r.ItemsText())
	s.Row("requests", r.requests())
	s.Row("first token", r.TTFT.String())
	s.Row("answer", r.Total.String())
	s.Row("tokens", r.TokensText())
	s.Row("money", r.MoneyText())
	limits, advised := r.limits()
	s.Row("limited by", limits...)
	s.Row("what helps", advised...)
	s.Row("in vain", r.inVain())
	s.Row("budget", r.Budget.String())
	s.Row("wasted", r.wrapped(r.Waste.String())...)
	s.Row("not kept", r.NotKept.String())
	s.Row("paid twice?", r.PaidTwice.String())
	s.Row("failures", r.failures()...)
	s.Row("endpoints", status.Troubled(r.Endpoints))
	s.Row("rows", r.Output)
	s.Row("next", r.Next)
	io.WriteString(w, tamed.Text("\n"+r.headline()+"\n\n"+s.String()))
}

// headline says how it ended. Of a run in several sessions it tells this one's
// part apart.
func (r Report) headline() string {
	whole := numeral.Items(r.Items)
	if r.Ended() != r.Items {
		whole = fmt.Sprintf("%s of %s", numeral.Grouped(r.Ended()), whole)
	}
	what := "Finished: " + whole
	switch {
	case r.Stopped == stopReasons[InterruptedBy]:
		what = "Interrupted: " + whole
	case r.Stopped != "":
		what = "Stopped: " + r.Stopped + "; " + whole
	}
	fresh := r.Ended() - r.Resumed
	switch {
	case r.Resumed == 0:
		return what + " in " + r.pace(fresh)
	case fresh == 0 && r.session.requests == 0:
		return what + ", nothing was sent in this session"
	}
	return fmt.Sprintf("%s (this session: %s in %s)", what, numeral.Items(fresh), r.pace(fresh))
}

// pace returns how long a session took, and how fast it was at calling a model.
// The speed of one that was stopped within a second says nothing.
func (r Report) pace(fresh int64) string {
	elapsed := time.Duration(r.ElapsedS * float64(time.Second))
	if r.Stopped != "" && elapsed < time.Second || fresh <= 0 || elapsed <= 0 || r.session.requests == 0 {
		return elapsedText(elapsed)
	}
	return elapsedText(elapsed) + ", " + numeral.Significant(float64(fresh)/elapsed.Seconds()) + " a second"
}

// elapsedText returns a run's duration: "812 ms", "3.20 s", "1 min 12 s".
func elapsedText(d time.Duration) string {
	if d > 0 && d < 10*time.Second {
		return numeral.Latency(d)
	}
	return numeral.Span(d)
}

// ItemsText says how the items ended.
func (r Report) ItemsText() string {
	return numeral.Figures(
		numeral.Always(r.Done, "done"), numeral.IfAny(r.Failed, "failed"),
		numeral.IfAny(r.Invalid, "invalid"), numeral.IfAny(r.Truncated, "truncated"),
		numeral.IfAny(r.Filtered, "filtered"), numeral.IfAny(r.Refused, "refused"), numeral.IfAny(r.Resumed, "from earlier"),
		numeral.IfAny(r.Items-r.Ended(), "to do"))
}

func (r Report) requests() string {
	before := r.Requests - r.session.requests
	return numeral.Figures(
		numeral.Always(r.session.requests-r.session.unsent, "sent"), numeral.IfAny(r.Retries, "retried"),
		numeral.IfAny(r.Throttled, "throttled"), numeral.IfAny(r.Hedges, "hedged"),
		numeral.IfAny(r.Asked, "asked again"), numeral.IfAny(r.session.failed, "failed"), numeral.IfAny(before, "in earlier sessions"))
}

// TokensText says how many tokens went in and out, "" for none.
func (r Report) TokensText() string {
	switch {
	case r.PromptTokens == nil:
		return "unknown (the server does not tell)"
	case *r.PromptTokens+*r.CompletionTokens == 0:
		return ""
	}
	return fmt.Sprintf("%s in   %s out", numeral.Grouped(*r.PromptTokens), numeral.Grouped(*r.CompletionTokens))
}

// MoneyText says what was spent, and by whose prices.
func (r Report) MoneyText() string {
	text := price.USD(r.cost())
	if r.CostUSD != nil && r.Pricing != "" {
		text += " (" + r.Pricing + ")"
	}
	if r.CostUSD == nil && r.PromptTokens != nil {
		text += " (give the prices with --price in=...,out=...)"
	}
	return text
}

// inVain says what answers that were not accepted came to, "" for none.
func (r Report) inVain() string {
	n := &r.NotAccepted
	if n.Answers == 0 {
		return ""
	}
	text := numeral.Counted(n.Answers, "answer") + " not accepted"
	if n.PromptTokens+n.CompletionTokens > 0 {
		text += fmt.Sprintf("   %s in   %s out", numeral.Grouped(n.PromptTokens), numeral.Grouped(n.CompletionTokens))
	}
	if n.CostUSD != nil && *n.CostUSD > 0 {
		text += "   " + price.USD(paceline.Cost{USD: *n.CostUSD, Known: true})
	}
	return text
}

// failures returns a line for each of the most frequent causes.
func (r Report) failures() []string {
	var lines []string
	for i, f := range r.Failures {
		if i == MaxFailures {
			return append(lines, fmt.Sprintf("and %d more causes", len(r.Failures)-i))
		}
		line := fmt.Sprintf("%s %s", numeral.Grouped(f.Count), f.Code)
		if f.Example != "" {
			line += ", such as " + f.Example
		}
		if r.Width > 0 {
			line = prose.Cut(line, r.Width-16)
		}
		lines = append(lines, line)
	}
	return lines
}
