package paceline

import (
	"sync"
	"sync/atomic"

	"github.com/seed-1814a72b/paceline/journal"
)

// An account says where the requests of a run went: each brought an accepted
// row, or did not, for a known reason, or has no known end. Safe for concurrent
// use.
type account struct {
	sent atomic.Int64 // requests that were about to be sent

	mu    sync.Mutex
	known journal.Account
}

func (a *account) waste(code Code, u journal.Used) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known.Waste(uint8(code), u)
}

// row counts the request that brought a result, once that is durable.
func (a *account) row(res *Result) {
	if !res.brings {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if res.Status == StatusDone {
		a.known.Answer(res.brought)
	} else {
		a.known.Waste(uint8(CodeOf(res.Err)), res.brought)
	}
}

// snapshot returns what is known, and how many requests have no known end: those
// that were broken off with the run, and those whose row could not be kept.
func (a *account) snapshot() (known journal.Account, lost int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known.Add(a.known)
	return known, a.sent.Load() - known.Requests()
}

// used returns what a request used that ended so. One that failed and is not
// billed used nothing; of one that may be billed and did not tell nothing is
// known.
func (end *ending) used() journal.Used {
	u := journal.Used{PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: journal.Unknown}
	switch {
	case end.usage.Known:
		u = journal.Used{PromptTokens: end.usage.Prompt, CompletionTokens: end.usage.Completion, Cost: nanos(end.cost)}
	case end.err == nil:
		u.Cost = nanos(end.cost)
	case !end.err.MaybeBilled:
		u = journal.Used{}
	}
	return u
}
