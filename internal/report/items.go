package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/waste"
	"github.com/seed-1814a72b/paceline/journal"
)

// account says where the requests went.
func (w *writer) account(r *Report) {
	causes, all := waste.Causes(w.held.Account, w.held.Totals.Lost)
	answered := w.held.Account.Answered
	r.Unpriced = answered.Unpriced + all.Unpriced
	if cost := answered.Cost + all.Cost; cost > 0 || r.Unpriced == 0 {
		r.CostUSD = dollars(cost)
	}
	r.Answered = newSpent(answered)
	r.Waste = Waste{Spent: newSpent(all), Causes: []WasteCause{}}
	for _, c := range causes {
		r.Waste.Causes = append(r.Waste.Causes, WasteCause{c.Name, newSpent(c.Spent)})
	}
}

func newSpent(s journal.Spent) Spent {
	out := Spent{Requests: s.Requests}
	if s.Unmetered == 0 {
		out.PromptTokens, out.CompletionTokens = &s.PromptTokens, &s.CompletionTokens
	}
	if s.Unpriced == 0 {
		out.CostUSD = dollars(s.Cost)
	}
	return out
}

// A report is to fit into a mail: textBudget bounds what items say in it, in
// bytes of JSON. mostText is how much one answer says at most.
const (
	textBudget = 2_200_000
	mostText   = 4_000
)

// items shows the picked items, and an example of each cause of failure. What
// they say is cut shorter where it is too much together.
func (w *writer) items(r *Report) {
	for most := mostText; ; most /= 2 {
		w.rows.lost = 0
		w.lists(r, most)
		if most < 100 || sizeOf(r.Failed)+sizeOf(r.Slowest)+sizeOf(r.Dearest)+sizeOf(r.Sample) <= textBudget {
			break
		}
		w.shorten()
	}
	w.failures(r)
}

func (w *writer) lists(r *Report, most int) {
	p := &w.survey.picks
	slices.SortFunc(p.failed.taken, byIndex)
	slices.SortFunc(p.sampled.taken, byIndex)
	r.Failed = w.list(p.failed.taken, most)
	r.Slowest = w.list(p.slowest.Entries(), most)
	r.Dearest = w.list(p.dearest.Entries(), most)
	r.Sample = w.list(p.sampled.taken, most)
}

func byIndex(a, b journal.Entry) int { return cmp.Compare(a.Index, b.Index) }

func (w *writer) list(entries []journal.Entry, most int) []Item {
	list := make([]Item, len(entries))
	for i := range entries {
		list[i] = w.item(&entries[i], most)
	}
	return list
}

func (w *writer) item(e *journal.Entry, most int) Item {
	r := parseRow(w.rows.read(e))
	if r.message == "" {
		r.message = e.Trip.Message
	}
	it := newItem(e, w.course.story[e.Index], r, most)
	if w.o.NoText {
		it.silence()
	}
	return it
}

// silence leaves out what an item, its answer and the server's words say.
func (it *Item) silence() {
	it.ID, it.Answer, it.Item, it.Message = "", "", "", ""
	it.History = slices.Clone(it.History)
	for i := range it.History {
		it.History[i].Message = ""
	}
}

// shorten leaves out requests in the middle of long histories.
func (w *writer) shorten() {
	for _, s := range w.course.story {
		if n := len(s.requests); n > 6 {
			s.requests = slices.Delete(s.requests, 2, n-2)
			s.omitted += n - 4
		}
	}
}

func sizeOf(list []Item) int {
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings and numbers cannot fail
	}
	return len(b)
}

// failures counts the items without an accepted answer by cause.
func (w *writer) failures(r *Report) {
	r.Failures = []Failure{}
	for code, c := range w.survey.causes {
		it := w.item(&c.example, mostText)
		r.Failures = append(r.Failures, Failure{Code: code.String(), Count: c.count, Example: it.Message, Index: it.Index})
	}
	slices.SortFunc(r.Failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
	})
}

// missing says what the journal does not tell.
func (w *writer) missing(r *Report) {
	say := func(format string, args ...any) { r.Missing = append(r.Missing, fmt.Sprintf(format, args...)) }
	noted, all := 0, 0
	for _, s := range w.survey.time.spans {
		all++
		if s.noted {
			noted++
		}
	}
	switch {
	case all > 0 && noted == 0:
		say("How the run stood each second was not noted: limits, what held it back, and how many calls waited are not known; calls in flight are reckoned from the times of the requests.")
	case noted < all:
		say("In %s of %s it was not noted how the run stood each second: limits and what held it back are not known there.", numeral.Grouped(int64(all-noted)), numeral.Counted(int64(all), "session"))
	}
	if n := w.survey.untimed; n > 0 {
		say("Of %s that brought no row it is not known when: the charts are without them.", numeral.Counted(n, "request"))
	}
	if w.rows.lost > 0 && !w.o.NoText {
		say("%s of those shown could not be read from %s, or are not what was committed.", numeral.Counted(w.rows.lost, "row"), r.Output)
	}
	if n := len(w.survey.time.spans); n > mostSessions {
		say("Only the first %d of %d sessions are listed.", mostSessions, n)
	}
}
