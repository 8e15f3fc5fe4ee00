// Package advice says in words what limited a run and what to change, for
// summaries, reports and pages alike.
package advice

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline"
)

// A Run is what is known of a run, or of a part of one.
type Run struct {
	Limited paceline.Limited
	Use     paceline.Use

	Cap      int  // on calls at once; 0: not known
	Adapted  bool // Cap was found out by how the server answered; false: it was given, or nobody knows
	FoundOut bool // the limit on requests was found out by refusals

	RequestsGiven, TokensGiven bool // the limit is that of the command line, not the server's

	Refused float64 // of the requests, the share that the server refused by "later"

	Silent    bool // requests were sent, and none has ever been answered
	Exhausted bool // this machine had no file descriptors or ports left for some
}

// Of returns what a snapshot tells.
func Of(s *paceline.Stats) Run {
	return Run{
		Limited: s.Limited, Use: s.Use,
		Cap: s.Pace.InFlight, Adapted: s.Pace.Adapts, FoundOut: s.Pace.FoundOut,
		RequestsGiven: s.Pace.RequestsGiven, TokensGiven: s.Pace.TokensGiven,
		Refused: Portion(s.Throttled, s.Requests),
		Silent:  silent(s), Exhausted: s.Causes[paceline.CodeLocal] > 0,
	}
}

// silent reports whether requests were sent of which none was answered, be it by an
// error.
func silent(s *paceline.Stats) bool {
	for i := range s.Pace.Endpoints {
		if s.Pace.Endpoints[i].Answered {
			return false
		}
	}
	return s.Requests > 0 && s.FirstToken.Count+s.Total.Count+s.Throttled == 0 && len(s.Pace.Endpoints) > 0
}

// Portion returns how much n is of the whole, 0 of nothing.
func Portion(n, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(n) / float64(whole)
}

// A Part is one cause's part of a run.
type Part struct {
	Bottleneck paceline.Bottleneck
	Share      float64 // of the time, above 0
}

// Parts returns those that took time, the longest first.
func Parts(l paceline.Limited) (list []Part) {
	whole := l.Total()
	for i, d := range l {
		if d > 0 {
			list = append(list, Part{paceline.Bottleneck(i), float64(d) / float64(whole)})
		}
	}
	slices.SortStableFunc(list, func(a, b Part) int {
		switch {
		case a.Share > b.Share:
			return -1
		case a.Share < b.Share:
			return 1
		}
		return 0
	})
	return list
}

var names = map[paceline.Bottleneck]string{
	paceline.BottleneckNone:        "nothing",
	paceline.BottleneckRequests:    "the limit on requests",
	paceline.BottleneckTokens:      "the limit on tokens",
	paceline.BottleneckMoney:       "the limit on money",
	paceline.BottleneckConcurrency: "calls at once",
	paceline.BottleneckBudget:      "the budget",
	paceline.BottleneckAnswers:     "waiting for the last answers",
	paceline.BottleneckRetries:     "waiting to send failed calls again",
	paceline.BottleneckThrottled:   "pauses after refusals",
	paceline.BottleneckOutage:      "an outage",
	paceline.BottleneckHold:        "a pause by hand",
	paceline.BottleneckCPU:         "this machine's processor",
	paceline.BottleneckDisk:        "writing rows",
	paceline.BottleneckInput:       "waiting for input",
	paceline.BottleneckResume:      "reading past items that were done before",
}

// Name returns a bottleneck in words that go behind "limited by".
func Name(b paceline.Bottleneck) string {
	if name := names[b]; name != "" {
		return name
	}
	return b.String()
}

const (
	// mentioned is the share from which on a cause beside the worst is worth a word,
	// and most how many are named.
	mentioned = 0.05
	most      = 3
)

// Sentence names the causes, the worst first: "the limit on tokens 71 % of the
// time, waiting for the last answers 20 %"; "" of no time.
func Sentence(l paceline.Limited) string {
	var words []string
	for i, p := range Parts(l) {
		if i == most || i > 0 && p.Share < mentioned {
			break
		}
		text := Name(p.Bottleneck) + " " + Percent(p.Share)
		if i == 0 {
			text += " of the time"
		}
		words = append(words, text)
	}
	return strings.Join(words, ", ")
}

// Percent returns a share in whole percents. It says neither all nor nothing of
// what is not.
func Percent(share float64) string {
	n := math.Round(100 * share)
	switch {
	case share > 0 && n < 1:
		return "under 1 %"
	case share < 1 && n > 99:
		return "over 99 %"
	}
	return fmt.Sprintf("%.0f %%", n)
}
