package status

import (
	"math"
)

// Attrs are the facts of a run as fields.
func (f *Facts) Attrs() []any {
	return []any{"items", UnlessZero(f.Total), "resumed", f.Done, "model", f.Model, "output", f.Output}
}

// Attrs are the figures of a run as fields, named as in `paceline ctl --json`. What
// is not known is null.
func (s *State) Attrs() []any {
	r := Of(*s, s.Held)
	var eta any
	if r.EtaS != nil {
		eta = thousandths(*r.EtaS)
	}
	return []any{
		"items", r.Items, "done", r.Done, "failed", r.Failed, "invalid", r.Invalid,
		"truncated", r.Truncated, "filtered", r.Filtered, "refused", r.Refused, "resumed", r.Resumed,
		"items_per_s", thousandths(r.ItemsPerS), "eta_s", eta, "elapsed_s", thousandths(r.ElapsedS),
		"in_flight", r.InFlight, "waiting", r.Waiting,
		"requests", r.Requests, "requests_per_s", thousandths(s.Pace.Requests), "requests_limit_per_min", r.InForce.RequestsPerMin,
		"tokens_per_s", thousandths(s.Pace.Tokens), "tokens_limit_per_min", r.InForce.TokensPerMin, "concurrency", r.InForce.Concurrency,
		"retries", r.Retries, "throttled", r.Throttled, "hedges", r.Hedges, "asked_again", r.Asked,
		"ttft_ms", PercentilesOf(s.Stats.FirstToken), "total_ms", PercentilesOf(s.Stats.Total),
		"prompt_tokens", r.PromptTokens, "completion_tokens", r.CompletionTokens, "cost_usd", r.CostUSD,
		"next_in_s", r.NextInS, "limited_by", r.LimitedBy, "now", r.Now,
	}
}

// thousandths rounds to three decimals.
func thousandths(v float64) float64 { return math.Round(v*1000) / 1000 }
