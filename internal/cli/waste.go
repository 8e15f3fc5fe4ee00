package cli

import (
	"slices"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/price"
	"github.com/seed-1814a72b/paceline/journal"
)

// spent is what some requests used. A figure is null when it is not known of
// one of them.
type spent struct {
	Requests         int64    `json:"requests"`
	PromptTokens     *int64   `json:"prompt_tokens"`
	CompletionTokens *int64   `json:"completion_tokens"`
	CostUSD          *float64 `json:"cost_usd"`

	known journal.Spent // what the figures are of, as far as known
}

func newSpent(s journal.Spent) spent {
	out := spent{Requests: s.Requests, known: s}
	if s.Unmetered == 0 {
		out.PromptTokens, out.CompletionTokens = &s.PromptTokens, &s.CompletionTokens
	}
	if s.Unpriced == 0 {
		out.CostUSD = &[]float64{nanoCost(s.Cost).USD}[0]
	}
	return out
}

// waste is where requests went that brought no accepted row, over all sessions
// of an output.
type waste struct {
	spent
	Causes []wasteCause `json:"by_cause"` // most requests first
}

// A wasteCause is why requests brought no accepted row.
type wasteCause struct {
	Cause string `json:"cause"`
	spent
}

// The causes.
const (
	wasteThrottled = "throttled"           // told to come later
	wasteUnsent    = "unsent"              // this machine had no file descriptor or port left
	wasteRetried   = "retried"             // failed in a way that passes: server errors, lost connections, no JSON
	wasteTimedOut  = "timed_out"           // cut by a deadline
	wasteCut       = "cut"                 // the answer broke off
	wasteInvalid   = "invalid"             // an answer that was not accepted
	wasteRefused   = "refused"             // the item's fault or the job's
	wasteOutrun    = "hedge_losers"        // another attempt at the same call was quicker
	wasteLost      = "possibly_paid_twice" // in flight when a session ended
	wasteUnknown   = "unknown"             // of a journal that was made anew
)

// wasteOf is the cause that a code counts in. Those that are not named here
// failed in a way that passes.
var wasteOf = map[paceline.Code]string{
	paceline.CodeUnknown: wasteUnknown, paceline.CodeThrottled: wasteThrottled, paceline.CodeLocal: wasteUnsent,
	paceline.CodeFirstToken: wasteTimedOut, paceline.CodeStall: wasteTimedOut, paceline.CodeTimeout: wasteTimedOut,
	paceline.CodeCut: wasteCut, paceline.CodeInvalidAnswer: wasteInvalid, paceline.CodeOutrun: wasteOutrun,
	paceline.CodeCanceled: wasteLost,

	paceline.CodeInvalidRequest: wasteRefused, paceline.CodeContextTooLong: wasteRefused,
	paceline.CodeTooLarge: wasteRefused, paceline.CodeContentFilter: wasteRefused, paceline.CodeAuth: wasteRefused,
	paceline.CodeModelNotFound: wasteRefused, paceline.CodeQuota: wasteRefused, paceline.CodeRedirect: wasteRefused,
	paceline.CodeTruncated: wasteInvalid, paceline.CodeRefused: wasteRefused,
	paceline.CodeTLS: wasteRefused, paceline.CodeProxy: wasteRefused, paceline.CodeTooLong: wasteRefused,
}

// newWaste adds up earlier sessions and this one.
func newWaste(before earlier, s paceline.Summary) (answered spent, w waste) {
	var all journal.Account
	all.Add(before.account)
	all.Add(s.Account)
	by := map[string]journal.Spent{}
	for code, wasted := range all.Wasted {
		cause := wasteOf[paceline.Code(code)]
		if cause == "" {
			cause = wasteRetried
		}
		sum := by[cause]
		sum.Merge(wasted)
		by[cause] = sum
	}
	if lost := before.lost + s.Lost; lost > 0 {
		sum := by[wasteLost]
		sum.Merge(journal.Spent{Requests: lost, Unmetered: lost, Unpriced: lost})
		by[wasteLost] = sum
	}
	return newSpent(all.Answered), waste{newSpent(total(by)), wasteCauses(by)}
}

func total(by map[string]journal.Spent) (all journal.Spent) {
	for _, s := range by {
		all.Merge(s)
	}
	return all
}

func wasteCauses(by map[string]journal.Spent) []wasteCause {
	list := []wasteCause{}
	for cause, s := range by {
		list = append(list, wasteCause{cause, newSpent(s)})
	}
	slices.SortFunc(list, func(a, b wasteCause) int {
		if a.Requests != b.Requests {
			return int(b.Requests - a.Requests)
		}
		if a.Cause < b.Cause {
			return -1
		}
		return 1
	})
	return list
}

// wasteWords are the causes as a person reads them.
var wasteWords = map[string]string{
	wasteTimedOut: "timed out", wasteOutrun: "outrun by a second attempt", wasteLost: "without a known end",
	wasteUnknown: "of unknown cause",
}

// String says it in a line, "" for nothing: the requests by their cause, and
// what they cost as far as that is known.
func (w waste) String() string {
	if w.Requests == 0 {
		return ""
	}
	var list []figure
	for _, c := range w.Causes {
		what := wasteWords[c.Cause]
		if what == "" {
			what = c.Cause
		}
		list = append(list, figure{c.Requests, what, false})
	}
	text := figures(list...) + "   " + price.USD(nanoCost(w.known.Cost))
	if n := w.known.Unpriced; n > 0 {
		text += " and " + counted(n, "request") + " of unknown cost"
	}
	return text
}
