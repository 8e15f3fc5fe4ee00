package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-1814a72b/paceline"
)

var limitFamilies = []family{
	known("paceline_limit_requests_per_second", "The limit on requests in force, all endpoints and models together; absent if there is none.",
		func(s *scrape) float64 { return s.Pace.Requests.PerSecond() }),
	known("paceline_limit_tokens_per_second", "The limit on tokens in force, likewise.",
		func(s *scrape) float64 { return s.Pace.Tokens.PerSecond() }),
	known("paceline_limit_usd_per_second", "The limit on money in force, in US dollars, likewise.",
		func(s *scrape) float64 { return s.Pace.Money.PerSecond() }),
	gauge("paceline_limit_found_out", "1 if the limit on requests was found out by what the server refuses, 0 if it was given or told, or there is none.",
		func(s *scrape) float64 { return truth(s.Pace.FoundOut) }),
	gauge("paceline_concurrency_limit", "The cap on requests in flight that is in force; it adapts unless it was given.",
		func(s *scrape) float64 { return float64(s.Pace.InFlight) }),
	{
		name: "paceline_limit_used_ratio", labels: []string{"limit"}, kind: prometheus.GaugeValue,
		help: "How much of its limits the engine has used since it began, from 0 to 1 (a burst may be more): of requests, tokens, money, concurrency, and of the processor time that it could have; absent where there is no limit.",
		read: readUse,
	},
	modelLimit("paceline_model_limit_requests_per_second", "The limit on a model's requests at an endpoint, given, told or found out; absent if there is none.",
		func(m *paceline.ModelPace) float64 { return m.Requests.PerSecond() }),
	modelLimit("paceline_model_limit_tokens_per_second", "Likewise on its tokens.",
		func(m *paceline.ModelPace) float64 { return m.Tokens.PerSecond() }),
}

func modelLimit(name, help string, read func(*paceline.ModelPace) float64) family {
	return family{name: name, help: help, labels: byModel, kind: prometheus.GaugeValue, read: func(s *scrape, add func(float64, ...string)) {
		for i := range s.Pace.Models {
			m := &s.Pace.Models[i]
			if v := read(m); v != 0 {
				add(v, m.Endpoint, modelLabel(m.Model))
			}
		}
	}}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func readUse(s *scrape, add func(float64, ...string)) {
	for limit, share := range map[string]paceline.Share{
		"requests": s.Use.Requests, "tokens": s.Use.Tokens, "money": s.Use.Money,
		"concurrency": s.Use.Concurrency, "processor": s.Use.Processor,
	} {
		if share.Known {
			add(share.Part, limit)
		}
	}
}
