package dash

import (
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/hist"
)

// latencies are the durations that events have told since they were taken last.
// It is safe for concurrent use.
type latencies struct {
	mu                sync.Mutex
	firstToken, total *hist.Histogram
}

func newLatencies() *latencies { return &latencies{firstToken: hist.New(), total: hist.New()} }

// observe takes an event's durations: of first tokens, and of attempts that were
// answered.
func (l *latencies) observe(ev *paceline.Event) {
	switch {
	case ev.Kind == paceline.EventFirstToken:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.firstToken.Record(ev.FirstToken)
	case ev.Kind == paceline.EventEnd && ev.Err == nil:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.total.Record(ev.Total)
	}
}

// take returns what was observed and begins anew.
func (l *latencies) take() (firstToken, total quantiles) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return drained(l.firstToken), drained(l.total)
}

func drained(h *hist.Histogram) quantiles {
	if h.Count() == 0 {
		return quantiles{}
	}
	q := quantiles{h.Count(), h.Quantile(0.5).Round(time.Microsecond), h.Quantile(0.99).Round(time.Microsecond)}
	h.Reset()
	return q
}
