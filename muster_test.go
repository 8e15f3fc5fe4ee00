package paceline_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// connecting is a provider whose connections take up to 40 ms to open, each
// another time, and which notes when the first and the last request went out.
type connecting struct {
	began       time.Time
	calls       atomic.Int64
	first, last atomic.Int64 // since began
}

func (p *connecting) Attempt(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	if err := pause(ctx, time.Duration(p.calls.Add(1)*7%41)*time.Millisecond); err != nil {
		return nil, err
	}
	emit(paceline.Delta{Kind: paceline.DeltaReady})
	if ctx.Err() != nil {
		return nil, &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(ctx)}
	}
	emit(paceline.Delta{Kind: paceline.DeltaSent})
	at := int64(time.Since(p.began))
	p.first.CompareAndSwap(0, at)
	p.last.Store(at)
	return answers(100*time.Millisecond, "a")(ctx, emit)
}

func TestTheFirstCallsOfAStrictLimitGoOutTogether(t *testing.T) {
	cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(200, time.Second), Window: paceline.Strict, InFlight: 200}}
	for items, least := range map[int64]time.Duration{200: 0, 50: 35 * time.Millisecond} {
		p := new(connecting)
		running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
			p.began = time.Now()
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: items}, Sink: new(collector)})
			if err != nil || sum.Done != items {
				t.Errorf("%v; %d done", err, sum.Done)
			}
			if d := time.Duration(p.last.Load() - p.first.Load()); d < least || d > least+5*time.Millisecond {
				t.Errorf("%d calls go out within %v, want about %v", items, d, least)
			}
		})
	}
}

func TestACallThatWaitsForOthersCanBeCancelled(t *testing.T) {
	cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(200, time.Second), Window: paceline.Strict, InFlight: 200}}
	p := &connecting{began: time.Now()}
	running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond) // none has gone out yet
		defer cancel()
		began := time.Now()
		sum, err := e.Run(ctx, paceline.Job{Source: &numbers{n: 200}, Sink: new(collector)})
		if err == nil || sum.Done != 0 {
			t.Errorf("%v; %d done", err, sum.Done)
		}
		if took := time.Since(began); took != 20*time.Millisecond {
			t.Errorf("it takes %v to cancel", took)
		}
	})
}
