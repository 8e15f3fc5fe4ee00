package status

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// somePool is how a pool stands of which one endpoint takes calls.
func somePool() paceline.Pace {
	return paceline.Pace{Endpoints: []paceline.EndpointPace{
		{Name: "good", Answered: true},
		{Name: "gone", Answered: true, Down: true, DownFor: 72 * time.Second, Failing: 12},
		{Name: "dead", Failing: 1},
		{Name: "wrong", Down: true, DownFor: 5 * time.Second, Failing: 11,
			Failure: &paceline.Error{Code: paceline.CodeConnection, Err: &net.DNSError{Name: "api.exmaple.com", IsNotFound: true}}},
		{Name: "bad", Out: &paceline.Error{Code: paceline.CodeAuth}, Down: true},
		{Name: "poor", Out: &paceline.Error{Code: paceline.CodeQuota}},
	}}
}

const someTrouble = "gone down, for 1 min 12 s; dead has never answered, 1 call failed; " +
	"wrong has never answered, 11 calls failed, down for 5 s (no host is called api.exmaple.com); " +
	"bad out: its key was refused; poor out: its quota or credit is used up"

func TestEndpointsThatTakeNoCallsAreNamed(t *testing.T) {
	p := somePool()
	if got := Troubled(EndpointStates(&p)); got != someTrouble {
		t.Errorf("got  %q\nwant %q", got, someTrouble)
	}
	p.Endpoints = p.Endpoints[1:2] // no pool: the condition says it
	if got := EndpointStates(&p); len(got) != 0 {
		t.Errorf("a single endpoint has states of its own: %+v", got)
	}
}

func TestControlSaysWhichEndpointsTakeCalls(t *testing.T) {
	r := Run{Endpoints: make([]Endpoint, 6)}
	r.TellEndpoints(somePool().Endpoints)
	for i, want := range []string{"up", "down", "silent", "silent", "out", "out"} {
		if got := r.Endpoints[i].State; got != want {
			t.Errorf("endpoint %d is %s, want %s", i, got, want)
		}
	}
	if line := marshalled(t, r.Endpoints[1]); !strings.HasPrefix(line, `{"name":"gone","state":"down","down_for_s":72,"out_for":null,`) {
		t.Errorf("as JSON: %s", line)
	}
}

func marshalled(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
