// Package chronicle writes down what happens to a run, a line of JSON each.
package chronicle

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/failures"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// progressEvery is how often a log says how far the run is.
const progressEvery = time.Minute

// A Chronicle writes down what happens to a run: episodes at the level of info, and
// every attempt at that of debug. Its events come from the engine's observer, its
// looks from another goroutine.
type Chronicle struct {
	Log   *slog.Logger
	out   io.Writer // of log
	debug bool
	line  logLine // the observer's

	mu        sync.Mutex // guards what follows
	throttles map[throttleKey]*throttle
	Last      paceline.Stats
	held      bool
	told      time.Time             // when it was last said how far the run is
	stats     func() paceline.Stats // nil: there is no engine yet
	state     func(paceline.Stats, time.Time) status.State
}

// A throttle is an episode in which a server said "later" to one model's calls.
type throttle struct {
	since   time.Time
	refused int64
}

type throttleKey struct{ endpoint, model string }

// New returns a chronicle that writes to out from level on: "info" or "debug". It does
// not close out.
func New(out io.Writer, level string) *Chronicle {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if level == "debug" {
		o.Level = slog.LevelDebug
	}
	return &Chronicle{
		Log: slog.New(slog.NewJSONHandler(out, o)), out: out, debug: level == "debug", throttles: map[throttleKey]*throttle{},
	}
}

// At writes a record of something that happened at a time.
func (c *Chronicle) At(t time.Time, level slog.Level, msg string, attrs ...slog.Attr) {
	ctx := context.Background()
	if !c.Log.Enabled(ctx, level) {
		return
	}
	r := slog.NewRecord(t, level, msg, 0)
	r.AddAttrs(attrs...)
	// A logfile.File takes every line.
	_ = c.Log.Handler().Handle(ctx, r)
}

// Successes are the kinds of events that it writes down though all went well.
func (c *Chronicle) Successes() []paceline.EventKind {
	if c.debug {
		return []paceline.EventKind{paceline.EventEnd, paceline.EventItem, paceline.EventLaterOver}
	}
	return []paceline.EventKind{paceline.EventLaterOver}
}

// Observe takes an event.
func (c *Chronicle) Observe(ev *paceline.Event) {
	switch ev.Kind {
	case paceline.EventEnd:
		c.attempt(ev)
	case paceline.EventLater:
		c.later(ev)
	case paceline.EventLaterOver:
		c.laterOver(ev)
	case paceline.EventItem:
		c.item(ev)
	case paceline.EventOut:
		c.At(ev.Time, slog.LevelWarn, "endpoint out", append([]slog.Attr{slog.String("endpoint", ev.Endpoint)}, errorAttrs(ev.Err)...)...)
	}
}

// attempt is a line for each attempt.
func (c *Chronicle) attempt(ev *paceline.Event) {
	switch {
	case !c.debug:
		return
	case ev.Err == nil:
		c.answered(ev)
		return
	}
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs, slog.Int64("item", ev.Index), slog.Int("attempt", ev.Attempt),
		slog.String("endpoint", ev.Endpoint), slog.String("model", ev.Model), slog.Bool("hedge", ev.Hedge),
		slog.Any("first_token_ms", measured(ev.FirstToken)), slog.Any("total_ms", measured(ev.Total)))
	if ev.Usage.Known {
		attrs = append(attrs, slog.Int64("prompt_tokens", ev.Usage.Prompt), slog.Int64("completion_tokens", ev.Usage.Completion))
	}
	id := ev.RequestID
	if id == "" && ev.Err != nil {
		id = ev.Err.RequestID
	}
	attrs = append(attrs, slog.String("request_id", id))
	c.At(ev.Time, slog.LevelDebug, "attempt", append(attrs, errorAttrs(ev.Err)...)...)
}

// answered is attempt for those that went well, that is for most.
func (c *Chronicle) answered(ev *paceline.Event) {
	l := c.line.begin(ev.Time, slog.LevelDebug, "attempt").number("item", ev.Index).number("attempt", int64(ev.Attempt)).
		text("endpoint", ev.Endpoint).text("model", ev.Model).flag("hedge", ev.Hedge).
		milliseconds("first_token_ms", ev.FirstToken).milliseconds("total_ms", ev.Total)
	if ev.Usage.Known {
		l = l.number("prompt_tokens", ev.Usage.Prompt).number("completion_tokens", ev.Usage.Completion)
	}
	c.put(l.text("request_id", ev.RequestID).text("code", "ok"))
}

// put writes a line.
func (c *Chronicle) put(l logLine) {
	c.line = l.end()
	// As in at.
	_, _ = c.out.Write(c.line)
}

// measured returns d in milliseconds, nil for what was not measured.
func measured(d time.Duration) any {
	if d <= 0 {
		return nil
	}
	return *status.Milliseconds(d)
}

// errorAttrs are why something failed; "ok" for what did not.
func errorAttrs(e *paceline.Error) []slog.Attr {
	if e == nil {
		return []slog.Attr{slog.String("code", "ok")}
	}
	attrs := []slog.Attr{slog.String("code", e.Code.String())}
	if e.Status != 0 {
		attrs = append(attrs, slog.Int("http_status", e.Status))
	}
	if e.ProviderCode != "" {
		attrs = append(attrs, slog.String("provider_code", e.ProviderCode))
	}
	if e.RetryAfter > 0 {
		attrs = append(attrs, slog.Float64("retry_after_s", e.RetryAfter.Seconds()))
	}
	return append(attrs, slog.String("error", failures.Words(e)))
}

// item is the end of an item: a warning if it has no accepted answer.
func (c *Chronicle) item(ev *paceline.Event) {
	if ev.Status == paceline.StatusDone && ev.Err == nil {
		c.done(ev)
		return
	}
	c.At(ev.Time, slog.LevelWarn, "item failed", append([]slog.Attr{slog.Int64("item", ev.Index), slog.String("status", ev.Status.String()),
		slog.Int("requests", ev.Attempt)}, errorAttrs(ev.Err)...)...)
}

// done is item for those that have an accepted answer.
func (c *Chronicle) done(ev *paceline.Event) {
	if c.debug {
		c.put(c.line.begin(ev.Time, slog.LevelDebug, "item done").number("item", ev.Index).
			text("status", ev.Status.String()).number("requests", int64(ev.Attempt)).text("code", "ok"))
	}
}

// later is a refusal: the first of an episode is told, the others are counted.
func (c *Chronicle) later(ev *paceline.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := throttleKey{ev.Endpoint, ev.Model}
	t := c.throttles[key]
	if t == nil {
		t = &throttle{since: ev.Time}
		c.throttles[key] = t
		c.At(ev.Time, slog.LevelWarn, "throttled", append([]slog.Attr{slog.String("endpoint", ev.Endpoint), slog.String("model", ev.Model),
			slog.Float64("pause_s", ev.Delay.Seconds())}, errorAttrs(ev.Err)...)...)
	}
	t.refused++
}

// laterOver is the end of an episode.
func (c *Chronicle) laterOver(ev *paceline.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := throttleKey{ev.Endpoint, ev.Model}
	t := c.throttles[key]
	if t == nil { // its beginning was lost
		return
	}
	delete(c.throttles, key)
	c.At(ev.Time, slog.LevelInfo, "throttling over", slog.String("endpoint", ev.Endpoint), slog.String("model", ev.Model),
		slog.Int64("refused", t.refused), slog.Float64("took_s", ev.Time.Sub(t.since).Seconds()))
}

// Attach tells where figures are to be had from now on; state makes what is shown
// of them.
func (c *Chronicle) Attach(stats func() paceline.Stats, state func(paceline.Stats, time.Time) status.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats, c.state, c.told = stats, state, time.Now()
}

// Detach ends the looks with the last figures.
func (c *Chronicle) Detach(st paceline.Stats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats = nil
	if lost := st.EventsLost - c.Last.EventsLost; lost > 0 {
		c.At(time.Now(), slog.LevelWarn, "events lost", slog.Int64("events", lost))
	}
	c.Last = st
}

// Look compares how the run stands with how it stood, and writes down what no
// event tells: outages, pauses by hand, limits that changed, lost events.
func (c *Chronicle) Look(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats == nil {
		return
	}
	st := c.stats()
	c.compare(now, &st)
	if now.Sub(c.told) >= progressEvery {
		c.told = now
		state := c.state(st, now)
		c.Log.Info("progress", state.Attrs()...)
	}
	c.Last = st
}

func (c *Chronicle) compare(now time.Time, st *paceline.Stats) {
	was := &c.Last
	c.endpoints(now, was.Pace.Endpoints, st.Pace.Endpoints)
	if held := st.Pace.LimitedBy == paceline.BottleneckHold; held != c.held {
		c.held = held
		c.At(now, slog.LevelInfo, map[bool]string{true: "paused by hand", false: "resumed"}[held], slog.Int("in_flight", st.InFlight))
	}
	if was.Requests > 0 && !st.Pace.FoundOut && (st.Pace.Requests != was.Pace.Requests || st.Pace.Tokens != was.Pace.Tokens || st.Pace.Money != was.Pace.Money) {
		c.At(now, slog.LevelInfo, "limits changed", slog.Any("requests_per_min", status.InMinutes(st.Pace.Requests)),
			slog.Any("tokens_per_min", status.InMinutes(st.Pace.Tokens)), slog.Any("usd_per_hour", status.InHours(st.Pace.Money)))
	}
	if lost := st.EventsLost - was.EventsLost; lost > 0 {
		c.At(now, slog.LevelWarn, "events lost", slog.Int64("events", lost))
	}
}

// endpoints writes down which have stopped to answer, and which answer again.
func (c *Chronicle) endpoints(now time.Time, was, is []paceline.EndpointPace) {
	for i := range is {
		down := i < len(was) && was[i].Down
		switch {
		case is[i].Down && !down:
			c.At(now, slog.LevelWarn, "outage", slog.String("endpoint", is[i].Name), slog.Int("failed", is[i].Failing),
				slog.Bool("has_answered", is[i].Answered))
		case down && !is[i].Down:
			c.At(now, slog.LevelInfo, "outage over", slog.String("endpoint", is[i].Name), slog.Float64("took_s", was[i].DownFor.Seconds()))
		}
	}
}
