package paceline

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// An Engine makes calls within the limits of one endpoint. It is safe for
// concurrent use. It owns one goroutine until [Engine.Shutdown].
type Engine struct {
	provider Provider
	cfg      Config
	epoch    time.Time // instants count from here, on the monotonic clock
	box      *mailbox
	observer *observer

	progress  progress
	accepting context.Context    // ends when a shutdown begins
	drain     context.CancelFunc // ends it
	stopped   chan struct{}      // closed when the dispatcher has ended
	final     Stats              // set before stopped is closed
}

// New returns an engine that sends by p. Its error names every wrong field of
// cfg.
func New(p Provider, cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Engine{
		provider: p,
		cfg:      cfg.completed(),
		epoch:    time.Now().Add(-time.Second), // so that no instant is 0, which stands for none
		box:      newMailbox(),
		stopped:  make(chan struct{}),
	}
	e.observer = newObserver(cfg.Observe)
	e.accepting, e.drain = context.WithCancel(context.Background())
	d := &dispatcher{
		engine:    e,
		admission: flow.New(e.cfg.Limits.flow(), rand.Float64),
		tally:     newTally(),
		tokens:    make(map[string]*flow.Estimator),
		deadlines: newDeadlines(e.cfg.Deadlines),
	}
	go d.loop()
	return e, nil
}

// flow returns the limits as admission takes them.
func (l Limits) flow() flow.Limits {
	rate := func(r Rate) flow.Rate { return flow.Rate{N: r.N, Per: r.Per} }
	return flow.Limits{
		Requests: rate(l.Requests), Tokens: rate(l.Tokens),
		In: rate(l.InputTokens), Out: rate(l.OutputTokens),
		InFlight: l.InFlight, Burst: float64(l.Burst), Strict: l.Window == Strict,
	}
}

// now returns the present instant.
func (e *Engine) now() flow.Instant { return flow.Instant(time.Since(e.epoch)) }

// at returns an instant as wall-clock time.
func (e *Engine) at(t flow.Instant) time.Time { return e.epoch.Add(time.Duration(t)) }

// Stats returns a snapshot of the counters. After Shutdown it is the last one.
func (e *Engine) Stats() Stats { return e.snapshot(nil) }

// snapshot returns a run's counters, or the engine's for nil.
func (e *Engine) snapshot(r *run) Stats {
	reply := make(chan Stats, 1)
	if e.box.put(message{kind: msgStats, run: r, stats: reply}) {
		return <-reply
	}
	<-e.stopped
	if r == nil {
		return e.final
	}
	s := r.tally.stats()
	r.progress.fill(&s)
	s.Elapsed = e.now().Sub(r.tally.began)
	return s
}

// Shutdown stops starting calls, lets those in flight finish, cancels them when
// ctx ends, and returns when all have ended: with nil, or with ctx's error if
// some had to be cancelled. Calls that wait, and runs, end with [ErrShutdown].
// It may be called more than once and concurrently.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.drain()
	e.box.put(message{kind: msgDrain})
	select {
	case <-e.stopped:
		return nil
	case <-ctx.Done():
	}
	e.box.put(message{kind: msgAbort})
	<-e.stopped
	return context.Cause(ctx)
}
