package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"

	"github.com/seed-1814a72b/paceline/internal/command"
)

// Notice passes a line on to a standard error of JSON, else prints it above the
// block.
func (l *live) Notice(level slog.Level, line string) {
	if l.opts.JSON != nil {
		l.opts.JSON.Notice(level, line)
		return
	}
	fmt.Fprintln(l, line)
}

// attrs are the facts of a run as fields.
func (f *liveFacts) attrs() []any {
	return []any{"items", unlessZero(f.Total), "resumed", f.Done, "model", f.Model, "output", f.Output}
}

// attrs are the figures of a run as fields, named as in `paceline ctl --json`. What
// is not known is null.
func (s *liveState) attrs() []any {
	r := newRunStatus(*s, s.Keys.Held)
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
		"ttft_ms", newPercentiles(s.Stats.FirstToken), "total_ms", newPercentiles(s.Stats.Total),
		"prompt_tokens", r.PromptTokens, "completion_tokens", r.CompletionTokens, "cost_usd", r.CostUSD,
		"limited_by", r.LimitedBy, "now", r.Now,
	}
}

// thousandths rounds to three decimals.
func thousandths(v float64) float64 { return math.Round(v*1000) / 1000 }

// writeTo says what a run came to, if standard error takes objects.
func (s *summary) writeTo(j *command.JSONNotices, stopped, next string) {
	level, msg := slog.LevelInfo, "run ended"
	if stopped != "" {
		level = slog.LevelWarn
	}
	j.Log(context.Background(), level, msg, "stopped", stopped, "next", next, "summary", json.RawMessage(s.encode()))
}
