package dash

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/advice"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
)

// figures are what the page shows beside the status: of this session.
type figures struct {
	TTFT    percentiles       `json:"ttft_ms"`
	Total   percentiles       `json:"total_ms"`
	Causes  map[string]int64  `json:"causes"`      // failed attempts and answers not accepted
	Limited []held            `json:"limited"`     // by what held the run back, the longest first
	Advice  string            `json:"advice"`      // what would make it faster; "": nothing
	Lost    int64             `json:"events_lost"` // failures are counted without these
	Budgets map[string]budget `json:"budgets"`     // those that were given, of usd, tokens, requests
}

// A held is for how long one cause held the run back.
type held struct {
	Name    string  `json:"name"` // of the [paceline.Bottleneck]; "none" for none
	Words   string  `json:"words"`
	Seconds float64 `json:"seconds"`
}

func newHeld(s *paceline.Stats) []held {
	list := []held{}
	for _, p := range advice.Parts(s.Limited) {
		list = append(list, held{cmp.Or(p.Bottleneck.String(), "none"), advice.Name(p.Bottleneck), s.Limited[p.Bottleneck].Seconds()})
	}
	return list
}

// percentiles are in milliseconds, null while nothing was measured.
type percentiles struct {
	P50 *float64 `json:"p50"`
	P90 *float64 `json:"p90"`
	P99 *float64 `json:"p99"`
	Max *float64 `json:"max"`
}

// A budget is what may be used in all sessions together, and what is.
type budget struct {
	Limit float64  `json:"limit"`
	Used  *float64 `json:"used"` // null: not known
}

// newBudgets returns what is used of each budget that was given. b says what
// may be, and what earlier sessions have used.
func newBudgets(b *paceline.BudgetState, s *paceline.Stats) map[string]budget {
	list := map[string]budget{}
	add := func(name string, limit, used float64, known bool) {
		if limit <= 0 {
			return
		}
		list[name] = budget{Limit: limit}
		if known {
			list[name] = budget{limit, &used}
		}
	}
	tokens := s.Usage.Prompt + s.Usage.Completion
	add("usd", b.Limit.USD, b.Spent.USD+s.Cost.USD, s.Cost.Known)
	add("tokens", float64(b.Limit.Tokens), float64(b.Spent.Tokens+tokens), s.Usage.Known || s.Requests == 0)
	add("requests", float64(b.Limit.Requests), float64(b.Spent.Requests+s.Requests), true)
	return list
}

// newFigures returns the figures of a run.
func newFigures(s *paceline.Stats, of *Facts) *figures {
	f := &figures{
		TTFT: newPercentiles(s.FirstToken), Total: newPercentiles(s.Total),
		Causes: map[string]int64{}, Limited: newHeld(s),
		Advice: advice.Of(s).Remedy(),
		Lost:   s.EventsLost, Budgets: newBudgets(&of.Budget, s),
	}
	for code, n := range s.Causes {
		f.Causes[code.String()] = n
	}
	return f
}

func newPercentiles(l paceline.Latency) (p percentiles) {
	if l.Count == 0 {
		return p
	}
	p50, p90, p99, most := milliseconds(l.P50), milliseconds(l.P90), milliseconds(l.P99), milliseconds(l.Max)
	return percentiles{&p50, &p90, &p99, &most}
}

// An object is the fields of a JSON object, each as it stands.
type object map[string]json.RawMessage

// readObject reads an object whose names need no escapes, and shares its memory;
// what is none has no fields.
func readObject(b []byte) object {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	o := make(object, 48) // a status has some 40
	m := jsonscan.MembersOf(b, 0)
	for m.Next() {
		o[string(b[m.Key.From+1:m.Key.To-1])] = m.Val.Of(b)
	}
	if m.Bad || jsonscan.SkipSpace(b, m.At) != len(b) {
		return nil
	}
	return o
}

func objectOf(v any) object {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers that are no JSON: none is ever made
	}
	return readObject(b)
}

// append appends o as JSON, its fields in the order of their names.
func (o object) append(dst []byte) []byte {
	l := list{dst: append(dst, '{')}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		l.value(name, o[name])
	}
	return append(l.dst, '}')
}

// changes returns the fields of o that are not the same in before.
func (o object) changes(before object) object {
	changed := object{}
	for name, value := range o {
		if !bytes.Equal(value, before[name]) {
			changed[name] = value
		}
	}
	return changed
}
