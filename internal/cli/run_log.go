package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/chronicle"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/control"
	"github.com/seed-1814a72b/paceline/internal/logfile"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/status"
	"github.com/seed-1814a72b/paceline/internal/summary"
)

// A runLog is the file of --log; nil: there is none. Its methods may be called on
// nil.
type runLog struct {
	*chronicle.Chronicle
	file *logfile.File
}

// checkLogFile reports that the log would be written into something that the run
// needs.
func (s *session) checkLogFile() error {
	path := s.flags.Log
	switch {
	case path == "":
	case s.input.Uses(path):
		return fmt.Errorf("--log: %s is the input; give another file", path)
	case filepath.Clean(path) == filepath.Clean(s.target.path):
		return fmt.Errorf("--log: %s is the output; give another file", path)
	case s.flags.summary != "" && filepath.Clean(path) == filepath.Clean(s.flags.summary):
		return fmt.Errorf("--log: %s is the summary; give another file", path)
	}
	return nil
}

// openLog opens the file that --log names.
func (s *session) openLog() error {
	if s.flags.Log == "" {
		return nil
	}
	out, err := s.env.AppendFile(s.flags.Log)
	if err != nil {
		return fmt.Errorf("--log: %s: %w", s.flags.Log, command.Reason(err))
	}
	l := new(runLog)
	l.file = logfile.Start(out, s.pool.Keys(), func(now time.Time) { l.Look(now) }, s.warnOfLog)
	l.Chronicle = chronicle.New(l.file, s.flags.LogLevel)
	s.log = l
	return nil
}

// warnOfLog says that lines of the log could not be written. The run goes on.
func (s *session) warnOfLog(err error, lost int64) {
	var w io.Writer = s.env.Stderr
	if view := s.view.Load(); view != nil {
		w = view
	}
	if err != nil {
		command.Warn(w, "--log: %s cannot be written (%v); the run goes on, and the log too once it can be", s.flags.Log, command.Reason(err))
		return
	}
	command.Warn(w, "--log: %s lacks %s that could not be written", s.flags.Log, numeral.Counted(lost, "line"))
}

// tellLost says that the log lacks events, since writing them down took longer than
// they took to happen.
func (l *runLog) tellLost(s *session, sum *paceline.Summary) {
	if l == nil {
		return
	}
	l.Detach(sum.Stats)
	if sum.EventsLost > 0 {
		s.warn("--log: %s lacks %s that came too fast", s.flags.Log, numeral.Counted(sum.EventsLost, "event"))
	}
}

// begin writes down what is run, with all settings that were given.
func (l *runLog) begin(s *session) {
	if l == nil {
		return
	}
	var endpoints []any
	facts := s.facts()
	for i := range s.pool.Endpoints {
		e := control.NewEndpointStatus(&s.pool.Endpoints[i])
		endpoints = append(endpoints, map[string]any{"name": e.Name, "host": e.Host, "limits": e.Given.String()})
	}
	l.Log.Info("run begins", append(facts.Attrs(), "version", command.Version(), "inputs", s.inputs, "endpoints", endpoints,
		"attempts", s.flags.attempts, "first_token_timeout", deadlineWord(s.flags.firstToken), "stall_timeout", deadlineWord(s.flags.stall),
		"timeout", deadlineWord(s.flags.timeout), "outage_limit_s", status.UnlessZero(s.flags.outage.Seconds()), "hedge", s.flags.hedge,
		"stream", !s.flags.NoStream, "max_cost_usd", status.UnlessZero(s.flags.maxCost), "max_tokens_total", status.UnlessZero(s.flags.maxTokens),
		"max_requests", status.UnlessZero(s.flags.maxRequests))...)
}

// deadlineWord is a duration as it was given.
func deadlineWord(d time.Duration) string {
	switch {
	case d == 0:
		return "auto"
	case d < 0:
		return "off"
	}
	return numeral.Duration(d)
}

// attach lets the log look at a run once a second.
func (l *runLog) attach(eng *paceline.Engine, facts status.Facts) {
	if l == nil {
		return
	}
	m, began := new(status.Meter), time.Now()
	l.Chronicle.Attach(eng.Stats, func(st paceline.Stats, now time.Time) status.State {
		st.Elapsed = now.Sub(began)
		return status.State{Facts: facts, Stats: st, Pace: m.Observe(now, st, facts.Total)}
	})
}

// listen hangs the log into the stream of events.
func (l *runLog) listen(events *eventReaders) {
	if l != nil {
		events.add(l.Observe, l.Successes()...)
	}
}

// end writes down what the run came to; why is what stopped it, "" if nothing did.
func (l *runLog) end(sum *summary.Summary, why string) {
	if l == nil {
		return
	}
	level := slog.LevelInfo
	if why != "" {
		level = slog.LevelWarn
	}
	l.At(time.Now(), level, "run ends", slog.String("stopped", why), slog.Int64("events_lost", l.Last.EventsLost), slog.Any("summary", json.RawMessage(sum.Encode())))
}

// close writes what waits and closes the file.
func (l *runLog) close() {
	if l != nil {
		l.file.Close()
	}
}
