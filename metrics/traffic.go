package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-1814a72b/paceline"
)

// byModel are the labels of what is counted for each endpoint and model.
var byModel = []string{"endpoint", "model"}

var requestFamilies = []family{
	traffic("paceline_requests_total", "Requests sent, retries, hedges and those that a provider repeats included.",
		func(t *paceline.Traffic) int64 { return t.Requests }),
	{
		name: "paceline_request_outcomes_total", labels: append(byModel[:2:2], "outcome"), kind: prometheus.CounterValue,
		help: "Requests that have ended: answered, repeated (by the provider), outrun (another one was quicker), or the cause of failure.",
		read: readOutcomes,
	},
	counter("paceline_retries_total", "Requests sent after a transient failure.", func(s *scrape) int64 { return s.Retries }),
	counter("paceline_hedges_total", "Requests sent beside a first one that was slow to begin.", func(s *scrape) int64 { return s.Hedges }),
	counter("paceline_asked_again_total", "Requests sent because an answer was not accepted.", func(s *scrape) int64 { return s.Asked }),
	counter("paceline_throttled_total", "Requests that the server answered by \"later\".", func(s *scrape) int64 { return s.Throttled }),
	counter("paceline_unsettled_total", "Requests without an answer that may be billed; the cost is without them.", func(s *scrape) int64 { return s.Unsettled }),
	{
		name: "paceline_answers_rejected_total", labels: []string{"cause"}, kind: prometheus.CounterValue,
		help: "Complete answers that were not accepted, by cause.",
		read: readRejected,
	},
}

var usageFamilies = []family{
	{
		name: "paceline_tokens_total", labels: append(byModel[:2:2], "type"), kind: prometheus.CounterValue,
		help: "Tokens used, as far as the server told: input (cached ones included) and output (those of reasoning included).",
		read: func(s *scrape, add func(float64, ...string)) {
			for i := range s.Traffic {
				t := &s.Traffic[i]
				add(float64(t.Usage.Prompt), t.Endpoint, modelLabel(t.Model), "input")
				add(float64(t.Usage.Completion), t.Endpoint, modelLabel(t.Model), "output")
			}
		},
	},
	traffic("paceline_cached_tokens_total", "Of the input tokens, those that the server read from its cache.",
		func(t *paceline.Traffic) int64 { return t.Usage.Cached }),
	traffic("paceline_reasoning_tokens_total", "Of the output tokens, those of reasoning.",
		func(t *paceline.Traffic) int64 { return t.Usage.Reasoning }),
	{
		name: "paceline_cost_usd_total", labels: byModel, kind: prometheus.CounterValue,
		help: "What all answers have cost, in US dollars; absent for a model as soon as the cost of one of its answers is unknown.",
		read: func(s *scrape, add func(float64, ...string)) {
			for i := range s.Traffic {
				if t := &s.Traffic[i]; t.Cost.Known {
					add(t.Cost.USD, t.Endpoint, modelLabel(t.Model))
				}
			}
		},
	},
	known("paceline_budget_usd", "What the run may cost in all, in US dollars; absent without a budget.",
		func(s *scrape) float64 { return s.facts.BudgetUSD }),
	{
		name: "paceline_budget_spent_usd", kind: prometheus.GaugeValue,
		help: "What all answers have cost, those of earlier processes too, where there is a budget; the budget itself also counts what may be billed. Absent where a cost is unknown.",
		read: func(s *scrape, add func(float64, ...string)) {
			if spent := s.facts.Spent.Add(s.Cost); s.facts.BudgetUSD > 0 && spent.Known {
				add(spent.USD)
			}
		},
	},
}

// traffic is a counter for each endpoint and model.
func traffic(name, help string, read func(*paceline.Traffic) int64) family {
	return family{name: name, help: help, labels: byModel, kind: prometheus.CounterValue, read: func(s *scrape, add func(float64, ...string)) {
		for i := range s.Traffic {
			t := &s.Traffic[i]
			add(float64(read(t)), t.Endpoint, modelLabel(t.Model))
		}
	}}
}

func readOutcomes(s *scrape, add func(float64, ...string)) {
	for i := range s.Traffic {
		t := &s.Traffic[i]
		add(float64(t.Answered), t.Endpoint, modelLabel(t.Model), "answered")
		if t.Repeated > 0 {
			add(float64(t.Repeated), t.Endpoint, modelLabel(t.Model), "repeated")
		}
		for code, n := range t.Failed {
			add(float64(n), t.Endpoint, modelLabel(t.Model), code.String())
		}
	}
}

// readRejected tells what of the causes are no failed requests.
func readRejected(s *scrape, add func(float64, ...string)) {
	failed := map[paceline.Code]int64{}
	for i := range s.Traffic {
		for code, n := range s.Traffic[i].Failed {
			failed[code] += n
		}
	}
	for code, n := range s.Causes {
		if n > failed[code] {
			add(float64(n-failed[code]), code.String())
		}
	}
}
