package report

import (
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/tamed"
	"github.com/seed-1814a72b/paceline/internal/waste"
)

// A ledgerRow is where some requests went.
type ledgerRow struct {
	What, Requests, Share, In, Out, Cost string
	Sum                                  bool
}

// wasteWhat says of each cause what its requests did.
var wasteWhat = map[string]string{
	waste.Throttled: "were told to come later", waste.Unsent: "could not be sent: this machine had no room for another connection",
	waste.Retried: "failed in a way that passes", waste.TimedOut: "were cut by a deadline", waste.Cut: "broke off in the middle of the answer",
	waste.Invalid: "brought an answer that was not accepted", waste.Refused: "were refused for good",
	waste.Outrun: "were outrun by a second attempt", waste.Lost: "have no known end, and may be paid for",
	waste.Unknown: "ended in a way that the journal does not tell",
}

// Ledger is where all requests went.
func (v *view) Ledger() []ledgerRow {
	all := v.Answered.Requests + v.Waste.Requests
	row := func(what string, s Spent, sum bool) ledgerRow {
		return ledgerRow{what, numeral.Grouped(s.Requests), numeral.Percent(s.Requests, all), tokenText(s.PromptTokens), tokenText(s.CompletionTokens), usd(s.CostUSD), sum}
	}
	list := []ledgerRow{row("brought an accepted row", v.Answered, false)}
	for _, c := range v.Waste.Causes {
		list = append(list, row(wasteWhat[c.Cause], c.Spent, false))
	}
	whole := Spent{Requests: all, PromptTokens: v.PromptTokens, CompletionTokens: v.CompletionTokens, CostUSD: v.CostUSD}
	return append(list, row("were sent", whole, true))
}

func tokenText(n *int64) string {
	if n == nil {
		return "–"
	}
	return numeral.Grouped(*n)
}

// A failureRow is a cause of failure in words.
type failureRow struct{ Cause, Count, Example string }

// Failures are the causes for which items have no accepted answer.
func (v *view) Failures() []failureRow {
	var list []failureRow
	for _, f := range v.Report.Failures {
		list = append(list, failureRow{strings.ReplaceAll(f.Code, "_", " "), numeral.Grouped(f.Count), f.Example})
	}
	return list
}

// An endpointRow is an endpoint in words.
type endpointRow struct{ Name, Model, Requests, Throttled, Failed, P50, P99 string }

// Endpoints are those of a pool.
func (v *view) Endpoints() []endpointRow {
	var list []endpointRow
	for _, e := range v.Report.Endpoints {
		name, model := e.Name, e.Model
		if name == "" {
			name = v.Run.Host
		}
		if model == "" {
			model = v.Run.Model
		}
		list = append(list, endpointRow{name, model, numeral.Grouped(e.Requests), numeral.Grouped(e.Throttled), numeral.Grouped(e.Failed),
			latencyText(e.Total.P50), latencyText(e.Total.P99)})
	}
	return list
}

// Tables are the tables of items that hold any.
func (v *view) Tables() []picture {
	var list []picture
	add := func(items []Item, p picture) {
		if len(items) > 0 {
			list = append(list, p)
		}
	}
	add(v.Failed, picture{"failed", "Items without an accepted answer, one by one", "A row opens to what was answered, and to each of its requests."})
	add(v.Slowest, picture{"slowest", "The slowest items", "From an item's first request to its end, waits between requests included."})
	if v.CostUSD != nil {
		add(v.Dearest, picture{"dearest", "The most expensive items", "With all of their requests."})
	}
	add(v.Sample, picture{"sample", "A sample of all items", fmt.Sprintf("%s, drawn at random.", numeral.Grouped(int64(len(v.Sample))))})
	return list
}

// An aboutRow is a property of the run; code is shown as it stands.
type aboutRow struct {
	Name, Value string
	Code        bool
}

// About is what was run.
func (v *view) About() []aboutRow {
	var list []aboutRow
	add := func(name, value string, code bool) {
		if value != "" {
			list = append(list, aboutRow{name, value, code})
		}
	}
	add("Output", v.Output, false)
	add("Input", strings.Join(v.Run.Inputs, ", "), false)
	add("Model", v.Run.Model, false)
	add("Endpoint", v.Run.Host, false)
	add("Prompt", tamed.Short(v.Run.Prompt, 2000), true)
	add("System", tamed.Short(v.Run.System, 2000), true)
	add("Parameters", strings.Join(v.Run.Params, "\n"), true)
	add("Answers must be", v.Run.Check, true)
	add("Items", v.itemsText(), false)
	return list
}

// itemsText says how the items ended.
func (v *view) itemsText() string {
	i := &v.Items
	var parts []string
	for _, c := range []struct {
		n    int64
		word string
	}{{i.Done, "done"}, {i.Failed, "failed"}, {i.Invalid, "invalid"}, {i.Truncated, "truncated"}, {i.Filtered, "filtered"}, {i.Refused, "refused"}} {
		if c.n > 0 {
			parts = append(parts, numeral.Grouped(c.n)+" "+c.word)
		}
	}
	if i.Total != nil && *i.Total > i.ended() {
		parts = append(parts, numeral.Grouped(*i.Total-i.ended())+" to do")
	}
	return strings.Join(parts, ", ")
}

// ManySessions reports whether there is more than one session to list.
func (v *view) ManySessions() bool { return len(v.Sessions) > 1 }

// A sessionRow is a session in words.
type sessionRow struct{ Began, Gap, Ran, Rows string }

// SessionRows are the sessions.
func (v *view) SessionRows() []sessionRow {
	var list []sessionRow
	for i, s := range v.Sessions {
		gap := "–"
		if i > 0 {
			gap = spanText(s.Began.Sub(v.Sessions[i-1].Ended))
		}
		list = append(list, sessionRow{v.clock(s.Began), gap, spanText(s.Ended.Sub(s.Began)), numeral.Grouped(s.Rows)})
	}
	return list
}
