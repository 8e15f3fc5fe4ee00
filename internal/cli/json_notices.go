package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// jsonNotices is a standard error of which every line is one JSON object: time,
// level, msg, and what figures there are. Whatever is written to it as text becomes
// a msg, a line each. It is safe for concurrent use.
type jsonNotices struct {
	*slog.Logger

	mu      sync.Mutex // guards what follows
	partial []byte     // a line whose end has not come
}

func newJSONNotices(out io.Writer) *jsonNotices {
	return &jsonNotices{Logger: slog.New(slog.NewJSONHandler(out, nil))}
}

// wantsJSON reports whether arguments ask for notices as JSON. It is known before
// they are read in earnest: what is wrong with them is a notice too.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	for i, a := range args {
		if a == "--log-format=json" || a == "--log-format" && i+1 < len(args) && args[i+1] == "json" {
			return true
		}
	}
	return false
}

// Write turns whole lines into objects; the start of a line waits for its end.
func (j *jsonNotices) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.partial = append(j.partial, p...)
	for {
		line, rest, found := bytes.Cut(j.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		if text := strings.TrimSpace(string(line)); text != "" {
			j.notice(slog.LevelInfo, text)
		}
		j.partial = rest
	}
}

// notice says one line.
func (j *jsonNotices) notice(level slog.Level, line string) {
	j.Log(context.Background(), level, strings.TrimPrefix(line, "paceline: "))
}

// A leveled is told notices with how grave they are.
type leveled interface {
	notice(level slog.Level, line string)
}

// warn writes a line that begins with the program's name, as a warning where there
// are such.
func warn(w io.Writer, format string, args ...any) {
	line := tamed.Text(fmt.Sprintf("paceline: "+format, args...))
	if l, ok := w.(leveled); ok {
		l.notice(slog.LevelWarn, line)
		return
	}
	fmt.Fprintln(w, line)
}

// tellEnd says the error that ends the program.
func tellEnd(stderr io.Writer, err error) {
	line := tamed.Text(oneLine(err))
	if j, ok := stderr.(*jsonNotices); ok {
		j.Error(line, "exit_code", exitCode(err))
		return
	}
	fmt.Fprintln(stderr, "paceline: "+line)
}

// notice passes a line on to a standard error of JSON, else prints it above the
// block.
func (l *live) notice(level slog.Level, line string) {
	if l.opts.JSON != nil {
		l.opts.JSON.notice(level, line)
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
func (s *summary) writeTo(j *jsonNotices, stopped, next string) {
	level, msg := slog.LevelInfo, "run ended"
	if stopped != "" {
		level = slog.LevelWarn
	}
	j.Log(context.Background(), level, msg, "stopped", stopped, "next", next, "summary", json.RawMessage(s.encode()))
}
