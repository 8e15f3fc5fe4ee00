package control

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// An Order is one line of JSON that `paceline ctl` sends to a run.
type Order struct {
	Do       string            `json:"do"` // status, pause, resume, set, faster or slower
	Endpoint string            `json:"endpoint,omitempty"`
	Model    string            `json:"model,omitempty"`  // of set: whose limits; "": those of all calls
	Limits   map[string]string `json:"limits,omitempty"` // of set: as on the command line
}

// An Answer is the line that comes back: the run's state once the order is
// carried out, or why it was not.
type Answer struct {
	Error  string      `json:"error,omitempty"`
	Status *status.Run `json:"status,omitempty"`
	Said   string      `json:"said,omitempty"` // of faster and slower: what changed

	Stats paceline.Stats `json:"-"` // of which Status tells
	Over  bool           `json:"-"` // Error: it came too late
}

// maxOrder is the most bytes that a line may have.
const maxOrder = 64 << 10

// NewEndpointStatus returns an endpoint as it was given, before anything is known of
// how it does.
func NewEndpointStatus(e *pool.Endpoint) status.Endpoint {
	st := status.Endpoint{EndpointState: status.EndpointState{Name: e.Name, State: status.Up}, Host: e.Host, Given: newGivenLimits(&e.Limits), Models: []status.GivenModel{}}
	for _, name := range slices.Sorted(maps.Keys(e.Models)) {
		l := e.Models[name]
		st.Models = append(st.Models, status.GivenModel{Model: name, Given: newGivenLimits(&l)})
	}
	return st
}

func newGivenLimits(l *pool.Limits) status.Given {
	return status.Given{
		RPM: status.UnlessZero(l.RPM), RPS: status.UnlessZero(l.RPS), TPM: status.UnlessZero(l.TPM), USDPerHour: status.UnlessZero(l.USDPerHour),
		Concurrency: status.UnlessZero(l.Concurrency), Window: l.Window,
	}
}

// WireLine returns v as a line of JSON.
func WireLine(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers that are no JSON: none is ever made
	}
	return append(b, '\n')
}
