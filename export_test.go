package paceline

import (
	"context"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// NewOn is New on processors of which the process has used used() and can use n
// at once.
func NewOn(p Provider, cfg Config, used func() time.Duration, n float64) (*Engine, error) {
	on := machine()
	on.used, on.can = used, func() float64 { return n }
	return newPool([]Endpoint{{Provider: p, Limits: cfg.Limits}}, cfg, on)
}

// RunToGrant is Run up to the grant: what admission lets start is not sent, and
// given back at once.
func (e *Engine) RunToGrant(ctx context.Context, job Job) (Summary, error) {
	r := e.newRun(ctx, job)
	unsent := ending{outcome: flow.Outcome{Kind: flow.Unsent}} // no failure, whose attempt would not be used again
	r.begin = func(t *task) {
		t.attempt.cancel(nil)
		e.box.put(message{kind: msgDone, attempt: t.attempt, end: &unsent})
		r.leave()
	}
	return r.whole(ctx)
}

// StandStill has the dispatcher do nothing for d, as if the process was stopped.
func (e *Engine) StandStill(d time.Duration) {
	stats := make(chan Stats)
	e.box.put(message{kind: msgStats, stats: stats})
	time.Sleep(d)
	<-stats
}
