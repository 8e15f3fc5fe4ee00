package paceline

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/internal/hist"
)

// An Engine makes calls within the limits of its endpoints. It is safe for
// concurrent use. It owns one goroutine until [Engine.Shutdown], and one more
// with Config.Observe.
type Engine struct {
	endpoints []*endpoint // in the order of admission's lanes
	cfg       Config
	epoch     time.Time // instants count from here, on the monotonic clock
	box       *mailbox
	on        processors
	observer  *observer
	heeded    atomic.Pointer[heeded] // the end that most calls share at present; nil: none
	turns     sync.Pool              // of callers whose calls have ended: *turn
	tasks     sync.Pool              // of items whose calls have: *task

	progress  progress
	accepting context.Context    // ends when a shutdown begins
	drain     context.CancelFunc // ends it
	stopped   chan struct{}      // closed when the dispatcher has ended
	final     Measures           // set before stopped is closed
	consumed  consumption        // likewise
	aborted   bool               // likewise: a shutdown had to cancel calls
}

// New returns an engine that sends by p within cfg.Limits. Its error names
// every wrong field of cfg.
func New(p Provider, cfg Config) (*Engine, error) {
	return NewPool([]Endpoint{{Provider: p, Limits: cfg.Limits, Models: cfg.Models}}, cfg)
}

// NewPool returns an engine that spreads its calls over endpoints, each with
// limits and health of its own: the least loaded among those that may take a
// call gets it. cfg.Limits and cfg.Models are not used. Its error names every wrong field.
func NewPool(endpoints []Endpoint, cfg Config) (*Engine, error) {
	return newPool(endpoints, cfg, machine())
}

// newPool is NewPool on processors of its own.
func newPool(endpoints []Endpoint, cfg Config, on processors) (*Engine, error) {
	if err := errors.Join(cfg.validate(), validateEndpoints(endpoints), cfg.checkPriced(len(newMoneyLimits(endpoints)) > 0)); err != nil {
		return nil, err
	}
	e := &Engine{
		cfg:      cfg.completed(),
		epoch:    time.Now().Add(-time.Second), // so that no instant is 0, which stands for none
		box:      newMailbox(),
		on:       on,
		observer: newObserver(cfg.Observe, cfg.Unobserved),
		stopped:  make(chan struct{}),
	}
	for _, ep := range endpoints {
		e.endpoints = append(e.endpoints, newEndpoint(ep))
	}
	e.accepting, e.drain = context.WithCancel(context.Background())
	began := e.now()
	d := &dispatcher{
		engine:    e,
		due:       flow.Never,
		beat:      flow.Never,
		meter:     newMeter(began, on),
		admission: flow.New(rand.Float64, lanes(endpoints)...),
		tally:     newTally(began),
		tokens:    make(map[string]*flow.Estimator),
		deadlines: newDeadlines(e.cfg.Deadlines),
		pings:     newPings(e.endpoints),
		money:     newMoneyLimits(endpoints),
		needy:     make(map[*purse]bool),
		out:       make(map[int]*Error),
		later:     make(episodes),
		begun:     hist.New(),
		failed:    make([]*Error, len(endpoints)),
	}
	d.admission.Weigh, d.admission.Patience = d.reweigh, e.cfg.OutageLimit
	go d.loop()
	return e, nil
}

// now returns the present instant.
func (e *Engine) now() flow.Instant { return flow.Instant(time.Since(e.epoch)) }

// at returns an instant as wall-clock time.
func (e *Engine) at(t flow.Instant) time.Time { return e.epoch.Add(time.Duration(t)) }

// Shutdown stops starting calls, lets those in flight finish, cancels them when
// ctx ends, and returns when all have ended: with nil, or with ctx's error if
// some had to be cancelled. It waits for a [Provider], a [Sink] or a [Source] that does
// not heed its own ctx as long as that takes. Calls that wait, and runs, end with [ErrShutdown].
// It may be called more than once and concurrently, though not by what it awaits
// the end of: Config.Observe, Config.Accept, and a provider within an attempt.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.drain()
	e.box.put(message{kind: msgDrain})
	defer e.observer.join()
	select {
	case <-e.stopped:
	case <-ctx.Done():
		e.box.put(message{kind: msgAbort})
		<-e.stopped
	}
	if e.aborted {
		return context.Cause(ctx)
	}
	return nil
}
