package status

import (
	"syscall"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// Why nothing answers is said from the first failure on, with when it is tried again, and
// no longer than that.
func TestWhyNothingAnswers(t *testing.T) {
	refused := &paceline.Error{Code: paceline.CodeConnection, Err: syscall.ECONNREFUSED}
	busy := &paceline.Error{Code: paceline.CodeServer, Status: 503, Message: "busy"}
	down := paceline.Pace{PausedFor: 2 * time.Second, PausedCause: paceline.CodeOutage}
	for _, tt := range []struct {
		pace     paceline.Pace
		inFlight int
		pool     []paceline.EndpointPace
		want     string
		unheard  bool
	}{
		{paceline.Pace{}, 0, []paceline.EndpointPace{{Failing: 1, Failure: refused}},
			"the server refuses connections; trying again; nothing has been answered yet", true},
		{down, 0, []paceline.EndpointPace{{Failing: 11, Down: true, Failure: refused}},
			"the server refuses connections; trying again in 2 s; nothing has been answered yet", true},
		{down, 1, []paceline.EndpointPace{{Failing: 11, Down: true, Failure: refused}},
			"the server refuses connections; trying again; nothing has been answered yet", true},
		{down, 0, []paceline.EndpointPace{{Failing: 11, Down: true, Failure: busy}},
			"the server answers HTTP 503: busy; trying again in 2 s; nothing but errors has come so far", true},
		{down, 0, []paceline.EndpointPace{{Failing: 11, Down: true, Failure: refused, Answered: true}},
			"the server refuses connections; trying again in 2 s", false},
		{down, 0, []paceline.EndpointPace{{Out: &paceline.Error{}}, {Failing: 11, Down: true, Failure: refused}},
			"the server refuses connections; trying again in 2 s; nothing has been answered yet", true},
		// One failure among answers is none of the endpoint's, one endpoint of two holds nobody.
		{paceline.Pace{}, 0, []paceline.EndpointPace{{Failing: 1, Failure: refused, Answered: true}}, "nothing in the way", false},
		{paceline.Pace{}, 0, []paceline.EndpointPace{{Failing: 1, Failure: refused}, {}}, "nothing in the way", false},
	} {
		tt.pace.Endpoints = tt.pool
		s := State{Stats: paceline.Stats{Requests: 1, Throttled: 1, InFlight: tt.inFlight, Pace: tt.pace}}
		if got, _ := s.WaitsFor(); got != tt.want || s.Unheard() != tt.unheard {
			t.Errorf("%+v: got %q, unheard %v; want %q", tt.pace, got, s.Unheard(), tt.want)
		}
	}
}
