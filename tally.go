package paceline

import (
	"errors"
	"sync/atomic"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/internal/hist"
)

// progress counts items. Runs add to it from many goroutines.
type progress struct {
	items, resumed atomic.Int64
	ended          [len(statuses)]atomic.Int64 // by status
}

func (p *progress) fill(s *Stats) {
	s.Items = p.items.Load()
	s.Done, s.Failed, s.Invalid = p.ended[StatusDone].Load(), p.ended[StatusFailed].Load(), p.ended[StatusInvalid].Load()
	s.Truncated, s.Filtered = p.ended[StatusTruncated].Load(), p.ended[StatusFiltered].Load()
	s.Refused = p.ended[StatusRefused].Load()
	s.Resumed = p.resumed.Load()
}

// tally counts requests. The dispatcher owns it.
type tally struct {
	began                               flow.Instant
	ledger                              ledger
	running, judging                    int // requests in flight; answers that are being judged
	requests, retries, throttled, asked int64
	hedges, unsettled, notAccepted      int64
	usage                               Usage
	cost                                Cost
	rejected                            Usage
	rejectedCost                        Cost
	causes                              map[Code]int64
	firstToken, total                   *hist.Histogram
}

func newTally(began flow.Instant) *tally {
	return &tally{
		began:        began,
		ledger:       newLedger(began),
		cost:         Cost{Known: true},
		rejectedCost: Cost{Known: true},
		causes:       make(map[Code]int64),
		firstToken:   hist.New(),
		total:        hist.New(),
	}
}

// start counts a request that is about to be sent.
func (t *tally) start(c *call) {
	t.requests++
	t.running++
	switch c.reason {
	case VerdictRetry:
		t.retries++
	case VerdictAsk:
		t.asked++
	}
}

// end counts a request's end.
func (t *tally) end(a *attempt, end *ending) {
	t.running--
	if end.judging {
		t.judging++
	}
	t.usage.add(end.usage)
	t.requests += int64(end.repeats)
	if a.sent.Load() == 0 { // the journal could not note it
		t.requests--
		return
	}
	if end.err != nil {
		t.fail(end)
		return
	}
	t.cost = t.cost.Add(end.cost)
	if ft := a.firstToken(); ft > 0 {
		t.firstToken.Record(ft)
	}
	t.total.Record(a.took(end.at))
}

// fail counts a request that brought no answer. One that another was quicker than
// is nobody's failure.
func (t *tally) fail(end *ending) {
	outrun := errors.Is(end.err, errOutrun)
	switch {
	case end.usage.Known:
		t.cost = t.cost.Add(end.cost)
	case outrun || end.err.MaybeBilled:
		t.unsettled++
	}
	if outrun {
		return
	}
	t.causes[end.err.Code]++
	if end.outcome.Kind == flow.Throttled {
		t.throttled++
	}
}

// reject counts an answer that was not accepted.
func (t *tally) reject(end *ending) {
	t.causes[end.rejected]++
	t.notAccepted++
	t.rejected.add(end.usage)
	t.rejectedCost = t.rejectedCost.Add(end.cost)
}

// stats returns what there is at now.
func (t *tally) stats(now flow.Instant) Stats {
	causes := make(map[Code]int64, len(t.causes))
	for code, n := range t.causes {
		causes[code] = n
	}
	return Stats{
		Requests: t.requests, Retries: t.retries, Throttled: t.throttled, Asked: t.asked, Hedges: t.hedges, Unsettled: t.unsettled,
		Usage: t.usage, Cost: t.cost, NotAccepted: t.notAccepted, Rejected: t.rejected, RejectedCost: t.rejectedCost,
		FirstToken: latency(t.firstToken), Total: latency(t.total),
		Causes: causes, Limited: t.ledger.limited(now), Elapsed: now.Sub(t.began),
	}
}

func latency(h *hist.Histogram) Latency {
	return Latency{
		Count: h.Count(),
		P50:   h.Quantile(0.5), P90: h.Quantile(0.9), P99: h.Quantile(0.99),
		Max: h.Max(),
	}
}
