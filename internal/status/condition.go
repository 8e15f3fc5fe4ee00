package status

import (
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/internal/reach"
	"github.com/seed-1814a72b/paceline/internal/tamed"
)

// A Tone is how a state is to be said.
type Tone uint8

const (
	Plain   Tone = iota // in order
	Faint               // in order, and nothing to look at
	Warning             // something is amiss
)

// pausedByYou is what is said of a run that was paused by hand.
const pausedByYou = "paused by you; 'paceline ctl OUTPUT resume' goes on"

// WaitsFor says what the run waits for, and in which tone that is said.
func (s *State) WaitsFor() (string, Tone) {
	p := &s.Stats.Pace
	switch {
	case s.Over():
		return "all items have their row", Faint
	case s.Stopping:
		return s.stops(), Warning
	case p.NoRoom.Path != "":
		return noRoom(&p.NoRoom), Warning
	case s.Held:
		return "paused by you; p goes on", Warning
	case p.LimitedBy == paceline.BottleneckHold:
		return pausedByYou, Warning
	case p.RefusedFor >= longRefused && p.PausedCause != paceline.CodeOutage:
		return refusedFor(p), Warning
	case s.silence() != "":
		return s.silence(), Warning
	case p.PausedFor > 0:
		return "paused " + numeral.Span(p.PausedFor) + ": " + pauseCause(p.PausedCause), Warning
	case s.Stats.Requests == 0 && s.Rows() == s.Facts.Done && s.Pace.HeldBy == paceline.BottleneckNone:
		return "starting", Faint
	case s.Unanswered():
		return "waiting for the first answer", Faint
	}
	return s.heldBack()
}

// longRefused is the time from which on it is said for how long nothing was let in,
// and what the server says of that: a limit by the minute is over by then.
const longRefused = 2 * time.Minute

// refusedFor says for how long the server has let nothing in, and how it puts that.
func refusedFor(p *paceline.Pace) string {
	text := "the server says later for " + numeral.Span(p.RefusedFor) + " now"
	if p.PausedFor > 0 {
		text = "paused " + numeral.Span(p.PausedFor) + ": " + text
	}
	if said := strings.Join(strings.Fields(p.Refusal.Message), " "); said != "" {
		text += ": " + tamed.Text(tamed.Short(said, 160))
	}
	return text
}

// silence says why no call is answered, and when the next is sent; "" if one is, or may
// be yet.
func (s *State) silence() string {
	p := &s.Stats.Pace
	why, answered := unheard(p.Endpoints)
	if why == nil || answered && p.PausedCause != paceline.CodeOutage {
		return ""
	}
	text := reach.Words(why) + "; trying again"
	if p.PausedFor > 0 && s.Stats.InFlight == 0 {
		text += " in " + numeral.Span(p.PausedFor)
	}
	switch {
	case answered:
		return text
	case reach.KindOf(why) == reach.Answered:
		return text + "; nothing but errors has come so far"
	}
	return text + "; nothing has been answered yet"
}

// Unheard reports whether calls have failed and nothing was ever answered: that is to
// be said soon, since the address may be a wrong one.
func (s *State) Unheard() bool {
	why, answered := unheard(s.Stats.Pace.Endpoints)
	return why != nil && !answered
}

// unheard returns why the first of the endpoints does not answer, nil if one answers or
// has not been tried, and whether any ever answered.
func unheard(list []paceline.EndpointPace) (why *paceline.Error, answered bool) {
	for i := range list {
		e := &list[i]
		if e.Out != nil {
			continue
		}
		if e.Failure == nil {
			return nil, false
		}
		if why == nil {
			why = e.Failure
		}
		answered = answered || e.Answered
	}
	return why, answered
}

// briefly is what held a run back, for what has room for no more.
var briefly = map[paceline.Bottleneck]string{
	paceline.BottleneckRequests:    "limited by requests",
	paceline.BottleneckTokens:      "limited by tokens",
	paceline.BottleneckMoney:       "limited by money",
	paceline.BottleneckConcurrency: "limited by calls in flight",
	paceline.BottleneckBudget:      "limited by the budget",
	paceline.BottleneckCPU:         "limited by this machine's processor",
	paceline.BottleneckDisk:        "waiting for rows to be written",
	paceline.BottleneckInput:       "waiting for input",
	paceline.BottleneckResume:      "reading past items that were done before",
}

// Brief says what [State.WaitsFor] does without the figures that others show as well;
// "" of a run that nothing is in the way of.
func (s *State) Brief() string {
	text, tone := s.WaitsFor()
	switch {
	case tone == Warning || s.Unanswered() || s.Waits():
		return text
	case tone == Faint:
		return ""
	case s.Pace.HeldBy == paceline.BottleneckAnswers:
		return s.LastAnswers()
	}
	return briefly[s.Pace.HeldBy]
}

// LastAnswers says that the last answers are waited for, and how many, if that is known.
func (s *State) LastAnswers() string {
	switch left := s.Facts.Total - s.Rows(); {
	case s.Facts.Total <= 0 || left <= 0:
		return "waiting for the last answers"
	case left == 1:
		return "waiting for the last answer"
	default:
		return "waiting for the last " + numeral.Counted(left, "answer")
	}
}

// heldBack says what held the run back most in the last seconds.
func (s *State) heldBack() (string, Tone) {
	p, by := &s.Stats.Pace, briefly[s.Pace.HeldBy]
	switch s.Pace.HeldBy {
	case paceline.BottleneckRequests:
		return by + ": " + s.requestsUsed() + s.nextWindow(), Plain
	case paceline.BottleneckTokens:
		return by + ": " + usedOf(s.Pace.Tokens, p.Tokens.PerSecond(), numeral.PerUnit(p.Tokens.PerSecond(), RateUnit(p.Tokens, 1))) + s.nextWindow(), Plain
	case paceline.BottleneckMoney:
		return by + ": " + usedOf(s.Pace.Money, p.Money.PerSecond(), price.Dollars(p.Money.PerSecond()*time.Hour.Seconds())+"/h") + s.nextWindow(), Plain
	case paceline.BottleneckConcurrency:
		return by + ": " + numeral.Grouped(int64(p.InFlight)) + " at once", Plain
	case paceline.BottleneckThrottled:
		return "the server said later: one call goes first", Warning
	case paceline.BottleneckBudget:
		return by + ": calls in flight may use what is left of it", Plain
	case paceline.BottleneckRetries:
		return "waiting to send failed calls again", Warning
	case paceline.BottleneckOutage:
		return "nothing answers: waiting, with a probe now and then", Warning
	case paceline.BottleneckAnswers:
		return "nothing is left to send: " + s.LastAnswers() + awaited(p.Endpoints), Plain
	case paceline.BottleneckCPU:
		return by, Warning
	case paceline.BottleneckDisk, paceline.BottleneckInput, paceline.BottleneckResume:
		return by, Plain
	}
	return "nothing in the way", Faint
}

// noRoom says what a full disk needs, and until when it is waited for.
func noRoom(n *paceline.NoRoom) string {
	return "the disk is full: stops in " + numeral.Span(n.For) + " unless " + numeral.Bytes(n.Bytes) + " become free for " + n.Path
}

// awaited says where the calls are that are in flight, if there are several endpoints.
func awaited(list []paceline.EndpointPace) string {
	var at []string
	for i := range list {
		if e := &list[i]; len(list) > 1 && e.Running > 0 {
			at = append(at, numeral.Grouped(int64(e.Running))+" of "+tamed.Text(e.Name))
		}
	}
	if len(at) == 0 {
		return ""
	}
	return ", " + strings.Join(at, ", ")
}

// stops says what a run that was interrupted still waits for.
func (s *State) stops() string {
	if s.Stats.InFlight == 0 {
		return "stopping: the last rows are being written"
	}
	return "stopping: " + numeral.Calls(int64(s.Stats.InFlight)) + " in flight may finish"
}

// worthSaying is the time from which on it is said that a limit lets nothing start:
// what is shorter is how it paces calls.
const worthSaying = 2 * time.Second

// Waits reports whether a limit holds the run that lets nothing start for a while.
func (s *State) Waits() bool {
	return limited(s.Pace.HeldBy) && s.Stats.Pace.NextIn >= worthSaying && !s.Over() && !s.Stopping
}

// nextWindow says when a limit that is used up lets calls start again, "" if that is
// soon.
func (s *State) nextWindow() string {
	if !s.Waits() {
		return ""
	}
	return "; its next window begins in " + numeral.Span(s.Stats.Pace.NextIn)
}

// requestsUsed says how much of the limit on requests is used: not of one that is
// just being found out, below what was sent a moment ago.
func (s *State) requestsUsed() string {
	p := &s.Stats.Pace
	if p.Requests.IsZero() {
		return "how many the server lets in is being found out"
	}
	if p.FoundOut && s.Pace.Requests > 1.1*p.Requests.PerSecond() {
		return requestLimit(p)
	}
	return usedOf(s.Pace.Requests, p.Requests.PerSecond(), requestLimit(p))
}

// usedOf says how much of a limit is used, both by the second. All of it is the most:
// what is above is how exactly it was measured.
func usedOf(measured, limit float64, words string) string {
	if measured <= 0 || limit <= 0 {
		return words
	}
	return numeral.Share(min(measured/limit, 1)) + " of " + words + " used"
}

// requestLimit is the limit on requests, and that it was found out.
func requestLimit(p *paceline.Pace) string {
	rate := numeral.PerUnit(p.Requests.PerSecond(), RateUnit(p.Requests, 1))
	return approximately(rate, p.FoundOut)
}

// approximately marks a limit that was found out.
func approximately(limit string, foundOut bool) string {
	if foundOut {
		return "about " + limit + " (found out)"
	}
	return limit
}

// Unanswered reports whether calls were sent and none has begun to be answered.
func (s *State) Unanswered() bool {
	st := &s.Stats
	return st.InFlight > 0 && st.FirstToken.Count+st.Total.Count == 0 && st.Ended() == 0 && st.Throttled == 0
}

// pauseCause says why nothing starts.
func pauseCause(c paceline.Code) string {
	if c == paceline.CodeOutage {
		return "nothing answers; then it is probed"
	}
	return "the server said later (429 or the like)"
}

// EndpointTrouble is the line on endpoints that take no calls.
func (s *State) EndpointTrouble() string {
	text := Troubled(EndpointStates(&s.Stats.Pace))
	if text == "" {
		return ""
	}
	return "endpoint " + text
}

// RateUnit chooses the unit in which a rate and its limit are compared: the
// limit's own, else seconds unless that makes the numbers too small to read.
func RateUnit(limit paceline.Rate, perSecond float64) time.Duration {
	for _, u := range []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		if !limit.IsZero() && limit.Per == u {
			return u
		}
	}
	if limit.IsZero() && perSecond < 1 {
		return time.Minute
	}
	return time.Second
}
