package runs

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/hist"
	"github.com/seed-1814a72b/paceline/internal/identity"
	"github.com/seed-1814a72b/paceline/internal/inspect"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/prose"
	"github.com/seed-1814a72b/paceline/internal/status"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/journal"
)

// overviewItems is how many of the slowest and the costliest items an overview
// names, and overviewSessions how many of the last sessions its text does.
const (
	overviewItems    = 5
	overviewSessions = 5
	// namedInFlight is how many items with requests of unknown end are named.
	namedInFlight = 10
)

// overview is the answer to no question: what the run came to.
type overview struct {
	Output string `json:"output"`
	State  string `json:"state"`
	PID    *int   `json:"pid"`
	Items  *int64 `json:"items"`

	Done      int64 `json:"done"`
	Failed    int64 `json:"failed"`
	Invalid   int64 `json:"invalid"`
	Truncated int64 `json:"truncated"`
	Filtered  int64 `json:"filtered"`
	Refused   int64 `json:"refused"`

	Requests         int64         `json:"requests"`
	PromptTokens     *int64        `json:"prompt_tokens"`
	CompletionTokens *int64        `json:"completion_tokens"`
	CostUSD          *float64      `json:"cost_usd"`
	Answered         summary.Spent `json:"answered"`
	Waste            summary.Waste `json:"waste"`

	TTFT  status.Percentiles `json:"ttft_ms"`
	Total status.Percentiles `json:"total_ms"`

	Lost     summary.PaidTwice `json:"lost"`
	InFlight []foundFlight     `json:"in_flight"`
	Sessions []foundSession    `json:"sessions"`
	Failures []foundFailure    `json:"failures"`

	Slowest   []foundItem `json:"slowest"`
	Costliest []foundItem `json:"costliest"`

	text summary.Report    // the same figures in words
	of   *inspect.Overview // what it was made of
}

type foundFlight struct {
	Index int64 `json:"index"`
	Calls int64 `json:"calls"`
}

type foundSession struct {
	Began    *time.Time `json:"began"`
	Last     *time.Time `json:"last"`
	PID      int64      `json:"pid"`
	Rows     int64      `json:"rows"`
	Requests int64      `json:"requests"`
}

func (r *runFile) showOverview(out *findings) error {
	reader, err := r.read()
	if err != nil {
		return err
	}
	o, err := r.overview(reader)
	if err != nil {
		return err
	}
	if out.json {
		return out.object(o)
	}
	return o.write(out, r)
}

func (r *runFile) overview(reader *journal.Reader) (*overview, error) {
	rec := reader.Recovered()
	id, _ := identity.Decode(rec.Identity) // of a run of the library there is none
	state, pid, err := stateOf(r.name, &rec, id)
	if err != nil {
		return nil, err
	}
	var found inspect.Overview
	err = r.reading(func() (err error) {
		found, err = inspect.OverviewOf(visits(func(v journal.Visitor) error { return reader.Visit(r.wait.Visitor(v)) }), overviewItems)
		return err
	})
	if err != nil {
		return nil, err
	}
	if state == stateRunning {
		notLost(&rec)
	}
	o := newOverview(&rec, id, &found)
	o.Output, o.State, o.PID = r.name, state, known(pid, 0)
	for i := range found.Failures {
		o.Failures = append(o.Failures, r.foundFailure(&found.Failures[i]))
	}
	return o, nil
}

// notLost takes out of what is lost what a run has in flight that goes on.
func notLost(rec *journal.Recovery) {
	for _, in := range rec.InFlight {
		rec.Totals.Lost -= in.Calls
		if in.Cost < 0 {
			rec.Totals.LostUnpriced -= in.Calls
		} else {
			rec.Totals.LostCost -= in.Cost
		}
	}
	rec.Totals.LostUnpriced = max(rec.Totals.LostUnpriced, 0)
}

// visits lets a func be a source.
type visits func(journal.Visitor) error

func (f visits) Visit(v journal.Visitor) error { return f(v) }

func newOverview(rec *journal.Recovery, id *identity.Run, found *inspect.Overview) *overview {
	total := int64(0)
	if id != nil {
		total = id.Items
	}
	s := summary.Of(paceline.Summary{}, summary.EarlierOf(*rec), total)
	s.DoubtZeroCost()
	s.Resumed = 0
	s.TTFT, s.Total = ofHistogram(found.FirstToken), ofHistogram(found.Total)
	o := &overview{
		Items: known(total, 0), Done: s.Done, Failed: s.Failed, Invalid: s.Invalid,
		Truncated: s.Truncated, Filtered: s.Filtered, Refused: s.Refused,
		Requests: s.Requests, PromptTokens: s.PromptTokens, CompletionTokens: s.CompletionTokens, CostUSD: s.CostUSD,
		Answered: s.Answered, Waste: s.Waste, TTFT: s.TTFT, Total: s.Total,
		Lost: summary.PaidTwiceOf(rec.Totals), InFlight: []foundFlight{}, Sessions: []foundSession{}, Failures: []foundFailure{},
		Slowest: foundItems(found.Slowest), Costliest: foundItems(found.Costliest),
		text: summary.Report{Summary: s}, of: found,
	}
	for _, in := range rec.InFlight {
		o.InFlight = append(o.InFlight, foundFlight{in.Index, in.Calls})
	}
	for _, s := range found.Sessions {
		o.Sessions = append(o.Sessions, foundSession{moment(s.Began), moment(s.Last), s.PID, s.Rows, s.Requests})
	}
	return o
}

func ofHistogram(h *hist.Histogram) status.Percentiles {
	return status.PercentilesOf(paceline.Latency{Count: h.Count(), P50: h.Quantile(0.5), P90: h.Quantile(0.9), P99: h.Quantile(0.99)})
}

// write writes the overview for people.
func (o *overview) write(out *findings, r *runFile) error {
	out.line("%s: %s\n", o.Output, o.headline())
	var s prose.Sheet
	s.Row("items", o.text.ItemsText())
	s.Row("sessions", o.sessions()...)
	s.Row("requests", numeral.Figures(numeral.Always(o.Requests, map[bool]string{true: "ended", false: "sent"}[o.State == stateRunning]), numeral.Always(o.Answered.Requests, "answered and accepted")))
	s.Row("first token", o.TTFT.String())
	s.Row("answer", o.Total.String())
	s.Row("tokens", o.text.TokensText())
	s.Row("money", o.text.MoneyText())
	s.Row("wasted", o.Waste.String())
	s.Row(map[bool]string{true: "in flight", false: "lost"}[o.State == stateRunning], o.inFlight()...)
	s.Row("failures", o.failures()...)
	s.Row("slowest", namedItems(o.of.Slowest, func(e *journal.Entry) string { return numeral.Latency(inspect.Took(e)) })...)
	s.Row("costliest", namedItems(o.of.Costliest, func(e *journal.Entry) string { return price.USD(price.Nano(e.Cost)) })...)
	out.line("%s", strings.TrimSuffix(s.String(), "\n"))
	return out.line("\n  An item's history: paceline inspect %s --item N", o.Output)
}

// headline says how far the run is.
func (o *overview) headline() string {
	switch rows := o.text.Ended(); {
	case o.State == stateRunning && o.PID != nil:
		return fmt.Sprintf("running (process %d), %s so far", *o.PID, numeral.Counted(rows, "row"))
	case o.State == stateDone || o.Items == nil:
		return o.State + ", " + numeral.Counted(rows, "row")
	default:
		return fmt.Sprintf("%s with %s of %s; the same command continues", o.State, numeral.Counted(rows, "row"), numeral.Items(*o.Items))
	}
}

// sessions says when the run was at work.
func (o *overview) sessions() (lines []string) {
	list := o.of.Sessions
	if n := len(list) - overviewSessions; n > 1 {
		lines, list = append(lines, fmt.Sprintf("%s before these:", numeral.Counted(int64(n), "session"))), list[n:]
	}
	for _, s := range list {
		lines = append(lines, fmt.Sprintf("%s, for %s: %s, %s",
			s.Began.Local().Format(clock[:19]), numeral.Span(s.Last.Sub(s.Began)), numeral.Counted(s.Rows, "row"), numeral.Counted(s.Requests, "request")))
	}
	return lines
}

// inFlight names calls without a known end.
func (o *overview) inFlight() []string {
	if len(o.InFlight) == 0 {
		return nil
	}
	calls := int64(0)
	named := ""
	for i, in := range o.InFlight {
		calls += in.Calls
		if i < namedInFlight {
			named += fmt.Sprintf(", %d", in.Index)
		}
	}
	text := fmt.Sprintf("%s of items without a row: %s", numeral.Counted(calls, "request"), named[2:])
	if more := len(o.InFlight) - namedInFlight; more > 0 {
		text += fmt.Sprintf(" and %s more", numeral.Grouped(int64(more)))
	}
	if o.State != stateRunning {
		text += "; they may be paid twice"
	}
	return []string{text}
}

func (o *overview) failures() (lines []string) {
	for i, f := range o.Failures {
		if i == summary.MaxFailures {
			return append(lines, fmt.Sprintf("and %d more causes, see --failures", len(o.Failures)-i))
		}
		line := fmt.Sprintf("%s %s, such as item %d", numeral.Grouped(f.Count), f.Cause, f.Example.Index)
		if f.Example.Message != nil {
			line += ": " + prose.Cut(*f.Example.Message, shownMessage)
		}
		lines = append(lines, line)
	}
	return lines
}

// shownMessage is how many characters of a message an overview shows.
const shownMessage = 120

func namedItems(entries []journal.Entry, most func(*journal.Entry) string) (lines []string) {
	for i := range entries {
		e := &entries[i]
		lines = append(lines, fmt.Sprintf("%s  item %d (%s, %s)", most(e), e.Index, paceline.Status(e.Status), numeral.Counted(e.Requests, "request")))
	}
	return lines
}
