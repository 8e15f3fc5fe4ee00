// Package waste says for which causes requests brought no accepted row: the
// ledger that summaries and reports have in common.
package waste

import (
	"cmp"
	"slices"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// A Cause is why some requests brought no accepted row, and what they used.
type Cause struct {
	Name string // as it stands in summaries
	journal.Spent
}

// The causes.
const (
	Throttled = "throttled"           // told to come later
	Unsent    = "unsent"              // this machine had no file descriptor or port left
	Retried   = "retried"             // failed in a way that passes: server errors, lost connections, no JSON
	TimedOut  = "timed_out"           // cut by a deadline
	Cut       = "cut"                 // the answer broke off
	Invalid   = "invalid"             // an answer that was not accepted
	Refused   = "refused"             // the item's fault or the job's
	Outrun    = "hedge_losers"        // another attempt at the same call was quicker
	Lost      = "possibly_paid_twice" // in flight when a session ended
	Unknown   = "unknown"             // of a journal that was made anew
)

// causes are those of the codes. Those that are not named here failed in a way
// that passes.
var causes = map[paceline.Code]string{
	paceline.CodeUnknown: Unknown, paceline.CodeThrottled: Throttled, paceline.CodeLocal: Unsent,
	paceline.CodeFirstToken: TimedOut, paceline.CodeStall: TimedOut, paceline.CodeTimeout: TimedOut,
	paceline.CodeCut: Cut, paceline.CodeInvalidAnswer: Invalid, paceline.CodeOutrun: Outrun,
	paceline.CodeCanceled: Lost,

	paceline.CodeInvalidRequest: Refused, paceline.CodeContextTooLong: Refused,
	paceline.CodeTooLarge: Refused, paceline.CodeContentFilter: Refused, paceline.CodeAuth: Refused,
	paceline.CodeModelNotFound: Refused, paceline.CodeQuota: Refused, paceline.CodeRedirect: Refused,
	paceline.CodeTruncated: Invalid, paceline.CodeRefused: Refused,
	paceline.CodeTLS: Refused, paceline.CodeProxy: Refused, paceline.CodeTooLong: Refused,
}

// Of returns the cause that a request counts in which ended with a code.
func Of(code paceline.Code) string {
	if cause := causes[code]; cause != "" {
		return cause
	}
	return Retried
}

// answers are the codes of answers that were not accepted: they were billed, if
// anything was.
var answers = []paceline.Code{
	paceline.CodeInvalidAnswer, paceline.CodeTruncated, paceline.CodeContentFilter, paceline.CodeRefused,
}

// Priced reports whether the cost of every answer is known, the accepted ones and
// the others. Of requests that ended without an answer and may be billed nobody
// knows the cost; they are counted by themselves, as a session counts them while
// it lasts (paceline.Stats.Unsettled).
func Priced(a journal.Account) bool {
	for code, s := range a.Wasted {
		blind := s.Unmetered
		if slices.Contains(answers, paceline.Code(code)) {
			blind = 0
		}
		if s.Unpriced > blind {
			return false
		}
	}
	return a.Answered.Unpriced == 0
}

// words are the causes as a person reads them, where that is not their name.
var words = map[string]string{
	TimedOut: "timed out", Outrun: "outrun by a second attempt", Lost: "without a known end",
	Unknown: "of unknown cause",
}

// Words returns a cause as a person reads it.
func Words(cause string) string {
	if w := words[cause]; w != "" {
		return w
	}
	return cause
}

// Causes returns where the requests of an account went that brought no accepted
// row, most requests first, and their sum. lost are those without a known end.
func Causes(a journal.Account, lost int64) (list []Cause, all journal.Spent) {
	by := map[string]journal.Spent{}
	for code, wasted := range a.Wasted {
		merge(by, Of(paceline.Code(code)), wasted)
	}
	if lost > 0 {
		merge(by, Lost, journal.Spent{Requests: lost, Unmetered: lost, Unpriced: lost})
	}
	list = []Cause{}
	for cause, s := range by {
		list = append(list, Cause{cause, s})
		all.Merge(s)
	}
	slices.SortFunc(list, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name))
	})
	return list, all
}

func merge(by map[string]journal.Spent, cause string, s journal.Spent) {
	sum := by[cause]
	sum.Merge(s)
	by[cause] = sum
}
