package live

import (
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// plainLine is the live view where there is no terminal: one line.
func plainLine(s frame) string {
	st := &s.Stats
	parts := []string{s.far(), s.speed(), inFlight(st) + " in flight"}
	if st.Retries > 0 {
		parts = append(parts, retries(st.Retries))
	}
	for _, c := range []struct {
		n    int64
		name string
	}{{st.Asked, "re-asked"}, {st.Hedges, "hedged"}, {st.Throttled, "throttled"}, {st.Failed, "failed"}, {st.Invalid, "invalid"},
		{st.Truncated, "truncated"}, {st.Filtered, "filtered"}, {st.Refused, "refused"}} {
		if c.n > 0 {
			parts = append(parts, numeral.Grouped(c.n)+" "+c.name)
		}
	}
	if st.FirstToken.Count > 0 {
		parts = append(parts, "first token p50 "+numeral.Latency(st.FirstToken.P50)+" p99 "+numeral.Latency(st.FirstToken.P99))
	}
	parts = append(parts, tokenText(st))
	if cost := s.money(); cost != "-" {
		parts = append(parts, "cost "+cost)
	}
	toGo := s.toGo()
	if toGo != "" {
		parts = append(parts, toGo)
	}
	if trouble := s.EndpointTrouble(); trouble != "" {
		parts = append(parts, trouble)
	}
	if text := s.condition(); text != "" && text != toGo {
		parts = append(parts, text)
	}
	return "paceline: " + strings.Join(parts, ", ")
}

// toGo is for how long it goes on, or for what; "" if that is not known, or said
// otherwise.
func (s *frame) toGo() string {
	switch {
	case s.Facts.Total <= 0 || s.Stopping && !s.Ended:
		return ""
	case s.Pace.Awaited > 0 && !s.Ended:
		return s.LastAnswers()
	}
	return s.eta()
}

// condition is what holds the run back; at its end only what went wrong, "" for nothing.
func (s *frame) condition() string {
	if _, said := s.WaitsFor(); s.Ended && said != status.Warning {
		return ""
	}
	return s.Brief()
}

// tokenText is tokens in words.
func tokenText(st *paceline.Stats) string {
	if list := tokens(st); len(list) == 1 {
		return "tokens " + list[0].text
	}
	return numeral.Compact(st.Usage.Prompt) + " tokens in " + numeral.Compact(st.Usage.Completion) + " out"
}

func (s *frame) far() string {
	if s.Facts.Total <= 0 {
		return numeral.Items(s.Rows())
	}
	return fmt.Sprintf("%s of %s (%s)", numeral.Grouped(s.Rows()), numeral.Items(s.Facts.Total), numeral.Percent(s.Rows(), s.Facts.Total))
}
