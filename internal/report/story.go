package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// Of an item with very many requests the first and the last ones are shown.
const (
	mostFirst = 4
	mostLast  = 12
)

// A story is the history of one item, as it is collected.
type story struct {
	requests []Request
	omitted  int
}

func (s *story) add(t journal.Trip, code paceline.Code, done bool, cost int64) {
	r := Request{
		Started: timeOf(t.Started), Outcome: code.String(), HTTP: t.HTTP,
		FirstTokenMS: millis(t.FirstToken), TotalMS: millis(t.Total), Bytes: t.Bytes, CostUSD: dollars(cost),
		Endpoint: t.Endpoint, Model: t.Model, RequestID: t.RequestID, Hedge: t.Hedge, Message: t.Message,
	}
	if done {
		r.Outcome = "answered"
	}
	if len(s.requests) == mostFirst+mostLast {
		s.requests = slices.Delete(s.requests, mostFirst, mostFirst+1)
		s.omitted++
	}
	s.requests = append(s.requests, r)
}

// timeOf returns a time, null for none.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// dollars returns a cost of the journal, null for an unknown one.
func dollars(nanos int64) *float64 {
	if nanos < 0 {
		return nil
	}
	usd := float64(nanos) / 1e9
	return &usd
}

// tokens returns a number of the journal, null for an unknown one.
func tokens(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

// places are what went to each endpoint and model.
type places map[place]*at

type place struct{ endpoint, model string }

type at struct {
	requests, throttled, failed int64
	total                       latencies
}

// mostPlaces bounds how many are told apart; the rest is one.
const mostPlaces = 64

func (p places) add(t *journal.Trip, code paceline.Code, done bool) {
	if t.Started.IsZero() {
		return
	}
	a := p[place{t.Endpoint, t.Model}]
	if a == nil {
		a = p.make(place{strings.Clone(t.Endpoint), strings.Clone(t.Model)})
	}
	a.requests++
	switch {
	case done || answered(code):
		a.total.record(t.Total)
	case code == paceline.CodeThrottled:
		a.throttled++
	case code != paceline.CodeOutrun && code != paceline.CodeCanceled:
		a.failed++
	}
}

func (p places) make(of place) *at {
	if len(p) >= mostPlaces {
		of = place{"others", ""}
	}
	if p[of] == nil {
		p[of] = &at{total: newLatencies()}
	}
	return p[of]
}

// list returns them as they are shown: none if all went to one.
func (p places) list() []Endpoint {
	list := []Endpoint{}
	if len(p) < 2 {
		return list
	}
	for of, a := range p {
		list = append(list, Endpoint{
			Name: of.endpoint, Model: of.model, Requests: a.requests, Throttled: a.throttled, Failed: a.failed, Total: a.total.figures(),
		})
	}
	slices.SortFunc(list, func(a, b Endpoint) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Model, b.Model))
	})
	return list
}
