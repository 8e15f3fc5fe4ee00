package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// An order is one line of JSON that `paceline ctl` sends to a run.
type order struct {
	Do       string            `json:"do"` // status, pause, resume, set, faster or slower
	Endpoint string            `json:"endpoint,omitempty"`
	Model    string            `json:"model,omitempty"`  // of set: whose limits; "": those of all calls
	Limits   map[string]string `json:"limits,omitempty"` // of set: as on the command line
}

// An answer is the line that comes back: the run's state once the order is
// carried out, or why it was not.
type answer struct {
	Error  string     `json:"error,omitempty"`
	Status *runStatus `json:"status,omitempty"`
	Said   string     `json:"said,omitempty"` // of faster and slower: what changed

	stats paceline.Stats // of which Status tells
	over  bool           // Error: it came too late
}

// maxOrder is the most bytes that a line may have.
const maxOrder = 64 << 10

// A runStatus is how a run stands. What is not known is null.
type runStatus struct {
	Output string `json:"output"`
	Model  string `json:"model,omitempty"`

	Items     *int64   `json:"items"` // of the whole input
	Done      int64    `json:"done"`  // have their row: those that failed and of earlier sessions included
	Failed    int64    `json:"failed"`
	Invalid   int64    `json:"invalid"`
	Truncated int64    `json:"truncated"`
	Filtered  int64    `json:"filtered"`
	Refused   int64    `json:"refused"`
	Asked     int64    `json:"asked_again"`
	Resumed   int64    `json:"resumed"` // of done, from earlier sessions
	ItemsPerS float64  `json:"items_per_s"`
	EtaS      *float64 `json:"eta_s"`
	ElapsedS  float64  `json:"elapsed_s"`

	InFlight  int   `json:"in_flight"`
	Waiting   int   `json:"waiting"`
	Requests  int64 `json:"requests"`
	Retries   int64 `json:"retries"`
	Throttled int64 `json:"throttled"`
	Hedges    int64 `json:"hedges"`

	PromptTokens     *int64   `json:"prompt_tokens"`
	CompletionTokens *int64   `json:"completion_tokens"`
	CostUSD          *float64 `json:"cost_usd"`

	Paused     bool    `json:"paused"` // by paceline ctl
	PausedForS float64 `json:"paused_for_s"`
	LimitedBy  string  `json:"limited_by"` // "" if nothing is in the way
	Now        string  `json:"now"`        // the same in words

	InForce   limitsInForce    `json:"in_force"`
	Models    []modelStatus    `json:"models"` // that have had calls, at each endpoint
	Endpoints []endpointStatus `json:"endpoints"`
}

// limitsInForce are the limits that are kept at this moment, of all endpoints
// together, whether they were given or learnt.
type limitsInForce struct {
	RequestsPerMin *float64 `json:"requests_per_min"` // null: none known
	FoundOut       bool     `json:"found_out"`        // it is about what the server lets in, by what it refuses
	TokensPerMin   *float64 `json:"tokens_per_min"`
	USDPerHour     *float64 `json:"usd_per_hour"`
	Concurrency    int      `json:"concurrency"`
}

// A modelStatus is how one model's calls stand at one endpoint: the limits of
// their own that are in force, given or told.
type modelStatus struct {
	Endpoint       string   `json:"endpoint"`
	Model          string   `json:"model"`
	RequestsPerMin *float64 `json:"requests_per_min"` // null: none known
	FoundOut       bool     `json:"found_out"`        // as in limitsInForce
	TokensPerMin   *float64 `json:"tokens_per_min"`
	USDPerHour     *float64 `json:"usd_per_hour"`
	Concurrency    *int64   `json:"concurrency"` // null: none given
	InFlight       int      `json:"in_flight"`
	PausedForS     float64  `json:"paused_for_s"`
}

func newModelStatus(m paceline.ModelPace) modelStatus {
	return modelStatus{
		Endpoint: m.Endpoint, Model: m.Model,
		RequestsPerMin: inMinutes(m.Requests), FoundOut: m.FoundOut, TokensPerMin: inMinutes(m.Tokens), USDPerHour: inHours(m.Money),
		Concurrency: unlessZero(int64(m.InFlight)), InFlight: m.Running, PausedForS: m.PausedFor.Seconds(),
	}
}

// An endpointStatus is whether an endpoint takes calls, and the limits that were
// given for it.
type endpointStatus struct {
	endpointState
	Host string `json:"host"`
	givenLimits
	Models []givenModel `json:"models"` // limits of single models beside these
}

// A givenModel is the limits that were given for one model's calls.
type givenModel struct {
	Model string `json:"model"`
	givenLimits
}

// givenLimits are limits as the command line has them; null is auto.
type givenLimits struct {
	RPM         *float64 `json:"rpm"`
	RPS         *float64 `json:"rps"`
	TPM         *float64 `json:"tpm"`
	USDPerHour  *float64 `json:"usd_per_hour"`
	Concurrency *int64   `json:"concurrency"`
	Window      string   `json:"window"`
}

func newRunStatus(s liveState, held bool) *runStatus {
	st := &s.Stats
	now, _ := s.waitsFor()
	if held && !s.over() {
		now = pausedByYou // also while nothing would start anyway
	}
	r := &runStatus{
		Output: s.Facts.Output, Model: s.Facts.Model,
		Items: unlessZero(s.Facts.Total), Done: s.ended(),
		Failed: st.Failed, Invalid: st.Invalid, Truncated: st.Truncated, Filtered: st.Filtered, Refused: st.Refused,
		Asked: st.Asked, Resumed: st.Resumed,
		ItemsPerS: s.Pace.Items, ElapsedS: st.Elapsed.Seconds(),
		InFlight: st.InFlight, Waiting: st.Waiting,
		Requests: st.Requests, Retries: st.Retries, Throttled: st.Throttled, Hedges: st.Hedges,
		Paused: held, PausedForS: st.Pace.PausedFor.Seconds(), LimitedBy: st.Pace.LimitedBy.String(), Now: now,
		InForce: limitsInForce{
			RequestsPerMin: inMinutes(st.Pace.Requests), FoundOut: st.Pace.FoundOut, TokensPerMin: inMinutes(st.Pace.Tokens),
			USDPerHour: inHours(st.Pace.Money), Concurrency: st.Pace.InFlight,
		},
		Models: []modelStatus{},
	}
	for _, m := range st.Pace.Models {
		r.Models = append(r.Models, newModelStatus(m))
	}
	if s.Pace.Left >= 0 && !held {
		r.EtaS = &[]float64{s.Pace.Left.Seconds()}[0]
	}
	if st.Usage.Known {
		r.PromptTokens, r.CompletionTokens = &st.Usage.Prompt, &st.Usage.Completion
	}
	if st.Cost.Known {
		r.CostUSD = &st.Cost.USD
	}
	return r
}

func inMinutes(r paceline.Rate) *float64 { return unlessZero(r.PerSecond() * time.Minute.Seconds()) }

func inHours(r paceline.Rate) *float64 { return unlessZero(r.PerSecond() * time.Hour.Seconds()) }

// unlessZero returns a pointer to n, nil for 0.
func unlessZero[N int64 | float64](n N) *N {
	if n == 0 {
		return nil
	}
	return &n
}

func newEndpointStatus(e *endpoint) endpointStatus {
	st := endpointStatus{endpointState: endpointState{Name: e.name, State: endpointUp}, Host: e.host, givenLimits: newGivenLimits(&e.limitSet), Models: []givenModel{}}
	for _, name := range slices.Sorted(maps.Keys(e.models)) {
		l := e.models[name]
		st.Models = append(st.Models, givenModel{name, newGivenLimits(&l)})
	}
	return st
}

// tellEndpoints says how the endpoints stand.
func (r *runStatus) tellEndpoints(list []paceline.EndpointPace) {
	for i := range min(len(list), len(r.Endpoints)) {
		r.Endpoints[i].endpointState = newEndpointState(&list[i])
	}
}

func newGivenLimits(l *limitSet) givenLimits {
	return givenLimits{
		RPM: unlessZero(l.rpm), RPS: unlessZero(l.rps), TPM: unlessZero(l.tpm), USDPerHour: unlessZero(l.usdPerHour),
		Concurrency: unlessZero(l.concurrency), Window: l.window,
	}
}

// wireLine returns v as a line of JSON.
func wireLine(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers that are no JSON: none is ever made
	}
	return append(b, '\n')
}
