package status

import (
	"time"

	"github.com/seed-1814a72b/paceline"
)

// A Run is how a run stands. What is not known is null.
type Run struct {
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
	NextInS    float64 `json:"next_in_s"`  // a limit lets nothing start for so long
	LimitedBy  string  `json:"limited_by"` // "" if nothing is in the way
	Now        string  `json:"now"`        // the same in words

	InForce   InForce    `json:"in_force"`
	Models    []ModelRun `json:"models"` // that have had calls, at each endpoint
	Endpoints []Endpoint `json:"endpoints"`
}

// InForce are the limits that are kept at this moment, of all endpoints
// together, whether they were given or learnt.
type InForce struct {
	RequestsPerMin *float64 `json:"requests_per_min"` // null: none known
	FoundOut       bool     `json:"found_out"`        // it is about what the server lets in, by what it refuses
	TokensPerMin   *float64 `json:"tokens_per_min"`
	USDPerHour     *float64 `json:"usd_per_hour"`
	Concurrency    int      `json:"concurrency"`
}

// A ModelRun is how one model's calls stand at one endpoint: the limits of
// their own that are in force, given or told.
type ModelRun struct {
	Endpoint       string   `json:"endpoint"`
	Model          string   `json:"model"`
	RequestsPerMin *float64 `json:"requests_per_min"` // null: none known
	FoundOut       bool     `json:"found_out"`        // as in InForce
	TokensPerMin   *float64 `json:"tokens_per_min"`
	USDPerHour     *float64 `json:"usd_per_hour"`
	Concurrency    *int64   `json:"concurrency"` // null: none given
	InFlight       int      `json:"in_flight"`
	PausedForS     float64  `json:"paused_for_s"`
}

func modelRunOf(m paceline.ModelPace) ModelRun {
	return ModelRun{
		Endpoint: m.Endpoint, Model: m.Model,
		RequestsPerMin: InMinutes(m.Requests), FoundOut: m.FoundOut, TokensPerMin: InMinutes(m.Tokens), USDPerHour: InHours(m.Money),
		Concurrency: UnlessZero(int64(m.InFlight)), InFlight: m.Running, PausedForS: m.PausedFor.Seconds(),
	}
}

// An Endpoint is whether an endpoint takes calls, and the limits that were
// given for it.
type Endpoint struct {
	EndpointState
	Host string `json:"host"`
	Given
	Models []GivenModel `json:"models"` // limits of single models beside these
}

// A GivenModel is the limits that were given for one model's calls.
type GivenModel struct {
	Model string `json:"model"`
	Given
}

// Given are limits as the command line has them; null is auto.
type Given struct {
	RPM         *float64 `json:"rpm"`
	RPS         *float64 `json:"rps"`
	TPM         *float64 `json:"tpm"`
	USDPerHour  *float64 `json:"usd_per_hour"`
	Concurrency *int64   `json:"concurrency"`
	Window      string   `json:"window"`
}

// Of returns how a run stands as `paceline ctl` and the page have it. held: it was
// paused by hand.
func Of(s State, held bool) *Run {
	st := &s.Stats
	now, _ := s.WaitsFor()
	limitedBy := st.Pace.LimitedBy
	if s.Over() {
		limitedBy = paceline.BottleneckNone // whatever is left to do holds no item
	}
	if held && !s.Over() {
		now = pausedByYou // also while nothing would start anyway
	}
	r := &Run{
		Output: s.Facts.Output, Model: s.Facts.Model,
		Items: UnlessZero(s.Facts.Total), Done: s.Rows(),
		Failed: st.Failed, Invalid: st.Invalid, Truncated: st.Truncated, Filtered: st.Filtered, Refused: st.Refused,
		Asked: st.Asked, Resumed: st.Resumed,
		ItemsPerS: s.Pace.Items, ElapsedS: st.Elapsed.Seconds(),
		InFlight: st.InFlight, Waiting: st.Waiting,
		Requests: st.Requests, Retries: st.Retries, Throttled: st.Throttled, Hedges: st.Hedges,
		Paused: held, PausedForS: st.Pace.PausedFor.Seconds(), NextInS: nextIn(&s), LimitedBy: limitedBy.String(), Now: now,
		InForce: InForce{
			RequestsPerMin: InMinutes(st.Pace.Requests), FoundOut: st.Pace.FoundOut, TokensPerMin: InMinutes(st.Pace.Tokens),
			USDPerHour: InHours(st.Pace.Money), Concurrency: st.Pace.InFlight,
		},
		Models: []ModelRun{},
	}
	for _, m := range st.Pace.Models {
		r.Models = append(r.Models, modelRunOf(m))
	}
	if s.Pace.Left >= 0 && !held && !s.Stopping {
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

// nextIn is for how long a limit lets nothing start, 0 of none that does so for a while.
func nextIn(s *State) float64 {
	if !s.Waits() {
		return 0
	}
	return thousandths(s.Stats.Pace.NextIn.Seconds())
}

// InMinutes returns a rate by the minute, nil for none.
func InMinutes(r paceline.Rate) *float64 { return UnlessZero(r.PerSecond() * time.Minute.Seconds()) }

// InHours returns a rate by the hour, nil for none.
func InHours(r paceline.Rate) *float64 { return UnlessZero(r.PerSecond() * time.Hour.Seconds()) }

// UnlessZero returns a pointer to n, nil for 0.
func UnlessZero[N int64 | float64](n N) *N {
	if n == 0 {
		return nil
	}
	return &n
}

// TellEndpoints says how the endpoints stand.
func (r *Run) TellEndpoints(list []paceline.EndpointPace) {
	for i := range min(len(list), len(r.Endpoints)) {
		r.Endpoints[i].EndpointState = endpointStateOf(&list[i])
	}
}
