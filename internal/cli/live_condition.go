package cli

import (
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/price"
)

// condition is the last line: what the run waits for at this moment.
func (s *liveState) condition() line {
	var l line
	l.add(stylePlain, " ")
	text, look := s.waitsFor()
	l.add(look, text)
	return l
}

// pausedByYou is what is said of a run that `paceline ctl` paused.
const pausedByYou = "paused by you; 'paceline ctl OUTPUT resume' goes on"

func (s *liveState) waitsFor() (string, style) {
	p := &s.Stats.Pace
	switch {
	case s.over():
		return "all items have their row", styleDim
	case p.LimitedBy == paceline.BottleneckHold:
		return pausedByYou, styleYellow
	case p.PausedFor > 0:
		return "paused " + timeSpan(p.PausedFor) + ": " + pauseCause(p.PausedCause), styleYellow
	case s.unanswered():
		return "waiting for the first answer", styleDim
	}
	switch p.LimitedBy {
	case paceline.BottleneckRequests:
		return "limited by requests: " + requestLimit(p), styleDim
	case paceline.BottleneckTokens:
		return "limited by tokens: " + perUnit(p.Tokens.PerSecond(), rateUnit(p.Tokens, 1)), styleDim
	case paceline.BottleneckMoney:
		return "limited by money: " + price.Dollars(p.Money.PerSecond()*time.Hour.Seconds()) + "/h", styleDim
	case paceline.BottleneckConcurrency:
		return "limited by calls in flight: " + grouped(int64(p.InFlight)), styleDim
	case paceline.BottleneckThrottled:
		return "the server said later: one call goes first", styleYellow
	case paceline.BottleneckBudget:
		return "limited by the budget: calls in flight may use what is left of it", styleDim
	case paceline.BottleneckRetries:
		return "waiting to send failed calls again", styleYellow
	case paceline.BottleneckAnswers:
		return "nothing is left to send: waiting for the last answers", styleDim
	case paceline.BottleneckCPU:
		return "limited by this machine's processor", styleYellow
	case paceline.BottleneckDisk:
		return "waiting for rows to be written", styleDim
	case paceline.BottleneckOutage:
		return "nothing answers: waiting, with a probe now and then", styleYellow
	case paceline.BottleneckInput:
		return "waiting for input", styleDim
	}
	return "nothing in the way", styleDim
}

// requestLimit is the limit on requests, and that it was found out.
func requestLimit(p *paceline.Pace) string {
	rate := perUnit(p.Requests.PerSecond(), rateUnit(p.Requests, 1))
	return approximately(rate, p.FoundOut)
}

// approximately marks a limit that was found out.
func approximately(limit string, foundOut bool) string {
	if foundOut {
		return "about " + limit + " (found out)"
	}
	return limit
}

// unanswered reports whether calls were sent and none has begun to be answered.
func (s *liveState) unanswered() bool {
	st := &s.Stats
	return st.InFlight > 0 && st.FirstToken.Count+st.Total.Count == 0 && finished(*st) == 0 && st.Throttled == 0
}

// pauseCause says why nothing starts.
func pauseCause(c paceline.Code) string {
	if c == paceline.CodeOutage {
		return "nothing answers; then it is probed"
	}
	return "the server asked us to wait (429 or the like)"
}
