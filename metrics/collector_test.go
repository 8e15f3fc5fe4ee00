package metrics

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/seed-1814a72b/paceline"
)

// fixed is a source that always tells the same.
type fixed paceline.Measures

func (f fixed) Measures() paceline.Measures { return paceline.Measures(f) }

// full has something in every metric that is no histogram.
func full() fixed {
	m := paceline.Measures{
		Stats: paceline.Stats{
			Done: 7, Failed: 1, Invalid: 2, Truncated: 3, Filtered: 4, Refused: 5, Resumed: 6,
			Requests: 20, Retries: 2, Throttled: 3, Asked: 4, Hedges: 5, Unsettled: 1, EventsLost: 2,
			Use:      paceline.Use{Tokens: paceline.Share{Part: 0.97, Known: true}},
			InFlight: 8, Waiting: 9, Cost: paceline.Cost{USD: 0.75, Known: true},
			Causes: map[paceline.Code]int64{paceline.CodeServer: 2, paceline.CodeInvalidAnswer: 3, paceline.CodeTruncated: 1},
			Pace: paceline.Pace{
				Requests: paceline.Per(600, time.Minute), Tokens: paceline.Per(60_000, time.Minute), Money: paceline.Per(3.6, time.Hour),
				FoundOut: true, InFlight: 12, PausedFor: 1500 * time.Millisecond,
				Models:    []paceline.ModelPace{{Endpoint: "a", Model: "m", Requests: paceline.Per(5, time.Second), Tokens: paceline.Per(50, time.Second)}},
				Endpoints: []paceline.EndpointPace{{Name: "a"}, {Name: "b", Down: true}, {Name: "c", Out: &paceline.Error{}}},
			},
		},
		Traffic: []paceline.Traffic{
			{
				Endpoint: "a", Model: "m", Requests: 15, Answered: 10, Repeated: 1, Failed: map[paceline.Code]int64{paceline.CodeServer: 2},
				Usage: paceline.Usage{Prompt: 100, Completion: 50, Cached: 40, Reasoning: 20, Known: true}, Cost: paceline.Cost{USD: 0.75, Known: true},
			},
			{Endpoint: "b", Requests: 5, Failed: map[paceline.Code]int64{paceline.CodeOutrun: 1}},
		},
	}
	m.Limited[paceline.BottleneckTokens] = 90 * time.Second
	m.Limited[paceline.BottleneckNone] = time.Second
	return fixed(m)
}

var everything = Facts{
	Version: "v1.2.3", Expected: 100, BudgetUSD: 5, Spent: paceline.Cost{USD: 0.25, Known: true},
	Labels: prometheus.Labels{"run": "labels"},
}

// gathered returns the value of every series that source has, but for histograms.
func gathered(t *testing.T, source Source, facts Facts) map[string]float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(New(source, facts))
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			if m.Histogram == nil {
				all[f.GetName()+labelsOf(m)] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return all
}

func labelsOf(m *dto.Metric) string {
	var all []string
	for _, l := range m.Label {
		all = append(all, l.GetName()+"="+l.GetValue())
	}
	slices.Sort(all)
	return "{" + strings.Join(all, ",") + "}"
}

func TestEveryCounterIsTold(t *testing.T) {
	got := gathered(t, full(), everything)
	for series, want := range map[string]float64{
		"paceline_items_total{run=labels,status=done}":                                        7,
		"paceline_items_total{run=labels,status=refused}":                                     5,
		"paceline_items_resumed_total{run=labels}":                                            6,
		"paceline_items_expected{run=labels}":                                                 100,
		"paceline_requests_total{endpoint=a,model=m,run=labels}":                              15,
		"paceline_requests_total{endpoint=b,model=other,run=labels}":                          5,
		"paceline_request_outcomes_total{endpoint=a,model=m,outcome=answered,run=labels}":     10,
		"paceline_request_outcomes_total{endpoint=a,model=m,outcome=repeated,run=labels}":     1,
		"paceline_request_outcomes_total{endpoint=a,model=m,outcome=server_error,run=labels}": 2,
		"paceline_request_outcomes_total{endpoint=b,model=other,outcome=outrun,run=labels}":   1,
		"paceline_retries_total{run=labels}":                                                  2,
		"paceline_hedges_total{run=labels}":                                                   5,
		"paceline_throttled_total{run=labels}":                                                3,
		"paceline_asked_again_total{run=labels}":                                              4,
		"paceline_unsettled_total{run=labels}":                                                1,
		"paceline_answers_rejected_total{cause=invalid_answer,run=labels}":                    3,
		"paceline_answers_rejected_total{cause=truncated,run=labels}":                         1,
		"paceline_tokens_total{endpoint=a,model=m,run=labels,type=input}":                     100,
		"paceline_tokens_total{endpoint=a,model=m,run=labels,type=output}":                    50,
		"paceline_cached_tokens_total{endpoint=a,model=m,run=labels}":                         40,
		"paceline_reasoning_tokens_total{endpoint=a,model=m,run=labels}":                      20,
		"paceline_cost_usd_total{endpoint=a,model=m,run=labels}":                              0.75,
		"paceline_budget_usd{run=labels}":                                                     5,
		"paceline_budget_spent_usd{run=labels}":                                               1,
		"paceline_in_flight{run=labels}":                                                      8,
		"paceline_waiting{run=labels}":                                                        9,
		"paceline_paused_seconds{run=labels}":                                                 1.5,
		"paceline_endpoint_up{endpoint=a,run=labels}":                                         1,
		"paceline_endpoint_up{endpoint=b,run=labels}":                                         0,
		"paceline_endpoint_up{endpoint=c,run=labels}":                                         0,
		"paceline_limited_seconds_total{by=tokens,run=labels}":                                90,
		"paceline_limited_seconds_total{by=none,run=labels}":                                  1,
		"paceline_limit_requests_per_second{run=labels}":                                      10,
		"paceline_limit_tokens_per_second{run=labels}":                                        1000,
		"paceline_limit_usd_per_second{run=labels}":                                           0.001,
		"paceline_limit_found_out{run=labels}":                                                1,
		"paceline_limit_used_ratio{limit=tokens,run=labels}":                                  0.97,
		"paceline_concurrency_limit{run=labels}":                                              12,
		"paceline_model_limit_requests_per_second{endpoint=a,model=m,run=labels}":             5,
		"paceline_model_limit_tokens_per_second{endpoint=a,model=m,run=labels}":               50,
		"paceline_events_lost_total{run=labels}":                                              2,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v (there: %v), want %v", series, v, ok, want)
		}
	}
	names := map[string]bool{}
	for series := range got {
		name, _, _ := strings.Cut(series, "{")
		names[name] = true
	}
	for _, f := range families {
		if f.distribution == nil && !names[f.name] {
			t.Errorf("%s is not told although everything is known", f.name)
		}
	}
}

func TestWhatIsUnknownIsLeftOut(t *testing.T) {
	m := full()
	m.Traffic[0].Cost, m.Cost, m.Pace = paceline.Cost{USD: 3}, paceline.Cost{USD: 3}, paceline.Pace{}
	got := gathered(t, m, Facts{BudgetUSD: 5, Spent: paceline.Cost{Known: true}})
	for series := range got {
		for _, name := range []string{
			"paceline_cost_usd_total", "paceline_budget_spent_usd", "paceline_limit_requests_per_second", "paceline_limit_tokens_per_second",
			"paceline_limit_usd_per_second", "paceline_limit_used_ratio{limit=requests", "paceline_items_expected", "paceline_build_info", "paceline_model_limit",
		} {
			if strings.HasPrefix(series, name) {
				t.Errorf("%s is told although nobody knows it", series)
			}
		}
	}
}

// Two series with the same labels would make Prometheus refuse the whole scrape.
func TestNamesThatLookTheSameAddUp(t *testing.T) {
	m := fixed{}
	for _, model := range []string{"", "other", "\xff", "\xfe", "a\nb"} {
		m.Traffic = append(m.Traffic, paceline.Traffic{Endpoint: "x", Model: model, Requests: 1})
		m.Pace.Models = append(m.Pace.Models, paceline.ModelPace{Endpoint: "x", Model: model, Requests: paceline.Per(1, time.Second)})
	}
	m.Pace.Endpoints = []paceline.EndpointPace{{Name: "x"}, {Name: "x"}}
	got := gathered(t, m, Facts{})
	for series, want := range map[string]float64{
		"paceline_requests_total{endpoint=x,model=other}":  2,
		"paceline_requests_total{endpoint=x,model=\uFFFD}": 2,
		"paceline_requests_total{endpoint=x,model=a\nb}":   1,
	} {
		if got[series] != want {
			t.Errorf("%q is %v, want %v", series, got[series], want)
		}
	}
}

func TestNamesFollowTheConventions(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(New(full(), everything))
	gathered, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(gathered).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
