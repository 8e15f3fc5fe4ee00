package paceline

import (
	"errors"
	"maps"
)

// Traffic counts the requests of one model at one endpoint. Requests are those
// of Answered, Repeated and Failed together, and those that are in flight.
type Traffic struct {
	Endpoint string // its name; its number, from 1, if it was given none
	Model    string // "": calls that name none, and those of models beyond 64

	Requests int64          // sent, those that a provider repeats included
	Answered int64          // of Requests, those that brought a complete answer
	Repeated int64          // of Requests, those that a provider made again ([DeltaRepeat])
	Failed   map[Code]int64 // of Requests, those that brought none, by cause
	Usage    Usage          // as far as known
	Cost     Cost           // of all answers; unknown as soon as one's is
}

// traffic keeps what [Traffic] tells, by the endpoint's number and the model's in
// admission. The dispatcher owns it.
type traffic struct {
	lanes [][]*Traffic // nil: the model has had no call there
}

// start counts a request that is about to be sent.
func (t *traffic) start(a *attempt) {
	at := t.at(a)
	if at.Model == "" && a.ticket.Model != 0 {
		at.Model = a.model
	}
	at.Requests++
}

// end counts a request's end.
func (t *traffic) end(a *attempt, end *ending) {
	at := t.at(a)
	at.Usage.add(end.usage)
	at.Requests += int64(end.repeats)
	at.Repeated += int64(end.repeats)
	switch {
	case a.sent.Load() == 0: // the journal could not note it
		at.Requests--
	case end.err == nil:
		at.Answered++
		at.Cost = at.Cost.Add(end.cost)
	default:
		at.fail(end)
	}
}

// fail counts a request that brought no answer.
func (t *Traffic) fail(end *ending) {
	code := end.err.Code
	if errors.Is(end.err, errOutrun) {
		code = CodeOutrun
	}
	t.Failed[code]++
	if end.usage.Known {
		t.Cost = t.Cost.Add(end.cost)
	}
}

// at returns the counters of an attempt's endpoint and model.
func (t *traffic) at(a *attempt) *Traffic {
	for len(t.lanes) <= a.lane {
		t.lanes = append(t.lanes, nil)
	}
	models := &t.lanes[a.lane]
	for len(*models) <= a.ticket.Model {
		*models = append(*models, nil)
	}
	at := &(*models)[a.ticket.Model]
	if *at == nil {
		*at = &Traffic{Endpoint: a.endpoint.name(a.lane), Failed: map[Code]int64{}, Cost: Cost{Known: true}}
	}
	return *at
}

// snapshot returns copies, by endpoint and then in the order of the models' first
// calls.
func (t *traffic) snapshot() (all []Traffic) {
	for _, models := range t.lanes {
		for _, at := range models {
			if at != nil {
				c := *at
				c.Failed = maps.Clone(at.Failed)
				all = append(all, c)
			}
		}
	}
	return all
}
