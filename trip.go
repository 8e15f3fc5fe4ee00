package paceline

import (
	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/journal"
)

// trip returns how an attempt went that ended so, for the journal. The goroutine
// that sent it calls it.
func (a *attempt) trip(end *ending) journal.Trip {
	t := journal.Trip{
		FirstToken: a.firstToken(), Total: a.took(end.at),
		HTTP: a.http, Bytes: a.bytes, RequestID: end.requestID, Hedge: a.beside != nil,
	}
	if sent := a.sent.Load(); sent != 0 {
		t.Started = a.call.engine.at(flow.Instant(sent))
	}
	if len(a.call.engine.endpoints) > 1 {
		t.Endpoint = a.endpoint.name(a.lane)
	}
	if a.model != a.call.own {
		t.Model = a.model
	}
	if end.err != nil && end.err.Code != CodeOutrun { // whose code says it all
		t.Message = end.err.message()
	}
	return t
}
