package cli

import (
	"fmt"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
)

// condition is the line on what holds the run back.
func (d *blockDraft) condition() (l line) {
	text, look := d.waitsFor()
	mark := look
	if look == stylePlain {
		mark = styleCyan
	}
	l.add(stylePlain, " ")
	l.add(mark, d.mark+" ")
	l.add(look, text)
	return l
}

// pausedByYou is what is said of a run that was paused by hand.
const pausedByYou = "paused by you; 'paceline ctl OUTPUT resume' goes on"

// waitsFor says what the run waits for, and how that looks: plain for what is
// in order.
func (s *liveState) waitsFor() (string, style) {
	p := &s.Stats.Pace
	switch {
	case s.over():
		return "all items have their row", styleDim
	case s.Stopping:
		return "stopping: " + numeral.Calls(int64(s.Stats.InFlight)) + " in flight may finish", styleYellow
	case s.Keys.Held:
		return "paused by you; p goes on", styleYellow
	case p.LimitedBy == paceline.BottleneckHold:
		return pausedByYou, styleYellow
	case p.PausedFor > 0:
		return "paused " + numeral.Span(p.PausedFor) + ": " + pauseCause(p.PausedCause), styleYellow
	case s.Stats.Requests == 0 && s.ended() == s.Facts.Done && s.Pace.HeldBy == paceline.BottleneckNone:
		return "starting", styleDim
	case s.unanswered():
		return "waiting for the first answer", styleDim
	}
	return s.heldBack()
}

// heldBack says what held the run back most in the last seconds.
func (s *liveState) heldBack() (string, style) {
	p := &s.Stats.Pace
	switch s.Pace.HeldBy {
	case paceline.BottleneckRequests:
		return "limited by requests: " + s.requestsUsed(), stylePlain
	case paceline.BottleneckTokens:
		return "limited by tokens: " + usedOf(s.Pace.Tokens, p.Tokens.PerSecond(), numeral.PerUnit(p.Tokens.PerSecond(), rateUnit(p.Tokens, 1))), stylePlain
	case paceline.BottleneckMoney:
		return "limited by money: " + usedOf(s.Pace.Money, p.Money.PerSecond(), price.Dollars(p.Money.PerSecond()*time.Hour.Seconds())+"/h"), stylePlain
	case paceline.BottleneckConcurrency:
		return "limited by calls in flight: " + numeral.Grouped(int64(p.InFlight)) + " at once", stylePlain
	case paceline.BottleneckThrottled:
		return "the server said later: one call goes first", styleYellow
	case paceline.BottleneckBudget:
		return "limited by the budget: calls in flight may use what is left of it", stylePlain
	case paceline.BottleneckRetries:
		return "waiting to send failed calls again", styleYellow
	case paceline.BottleneckOutage:
		return "nothing answers: waiting, with a probe now and then", styleYellow
	case paceline.BottleneckAnswers:
		return "nothing is left to send: waiting for the last answers", stylePlain
	case paceline.BottleneckCPU:
		return "limited by this machine's processor", styleYellow
	case paceline.BottleneckDisk:
		return "waiting for rows to be written", stylePlain
	case paceline.BottleneckInput:
		return "waiting for input", stylePlain
	}
	return "nothing in the way", styleDim
}

// requestsUsed says how much of the limit on requests is used: not of one that is
// just being found out, below what was sent a moment ago.
func (s *liveState) requestsUsed() string {
	p := &s.Stats.Pace
	if p.FoundOut && s.Pace.Requests > 1.1*p.Requests.PerSecond() {
		return requestLimit(p)
	}
	return usedOf(s.Pace.Requests, p.Requests.PerSecond(), requestLimit(p))
}

// usedOf says how much of a limit is used, both by the second.
func usedOf(measured, limit float64, words string) string {
	if measured <= 0 || limit <= 0 {
		return words
	}
	return numeral.Share(measured/limit) + " of " + words + " used"
}

// requestLimit is the limit on requests, and that it was found out.
func requestLimit(p *paceline.Pace) string {
	rate := numeral.PerUnit(p.Requests.PerSecond(), rateUnit(p.Requests, 1))
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

// endpointTrouble is the line on endpoints that take no calls.
func (s *liveState) endpointTrouble() string {
	text := troubled(endpointStates(&s.Stats.Pace))
	if text == "" {
		return ""
	}
	return "endpoint " + text
}

// errorLine is one of the last errors, with how often it was seen.
func (d *blockDraft) errorLine(i int) (l line) {
	e := &d.Errors[i]
	l.add(stylePlain, " ")
	if i == 0 {
		l.add(styleDim, "errors")
	}
	l.padTo(1 + labelWidth)
	l.add(styleRed, fmt.Sprintf("%5s%s", numeral.Brief(e.Count), d.sign))
	l.add(stylePlain, fmt.Sprintf(" %-*s ", nameWidth, e.name()))
	l.add(styleDim, d.shortened(d.plainly(e.Words), d.room-l.width()))
	return l
}
