package paceline_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// pinged is a provider that answers after a second and counts its pings, of
// which none ends before its context does once it is to hang.
type pinged struct {
	pings        atomic.Int64
	hang, panics bool
}

func (p *pinged) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	emit(paceline.Delta{Kind: paceline.DeltaSent})
	return answers(time.Second, "a")(ctx, emit)
}

func (p *pinged) Ping(ctx context.Context) (time.Duration, error) {
	p.pings.Add(1)
	if p.panics {
		panic("no network here")
	}
	if p.hang {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return 20 * time.Millisecond, pause(ctx, 20*time.Millisecond)
}

func TestStrictLimitsMeasureTheNetworkWhileThereAreCalls(t *testing.T) {
	for _, c := range []struct {
		window      paceline.Window
		hang        bool
		items       int64
		least, most int64
	}{
		{paceline.TokenBucket, false, 20, 0, 0},
		{paceline.Strict, false, 20, 64, 80},
		{paceline.Strict, false, 2000, 256, 340}, // 1,000 s: 192 in the first minutes, then one in 15 s
		{paceline.Strict, true, 20, 8, 8},        // one that ends without a trip is the last
	} {
		p := &pinged{hang: c.hang}
		cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(2, time.Second), Window: c.window}}
		running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: c.items}, Sink: new(collector)})
			if err != nil || sum.Done != c.items {
				t.Errorf("%v; %d done", err, sum.Done)
			}
			time.Sleep(time.Hour) // nobody calls, nobody asks
			if n := p.pings.Load(); n < c.least || n > c.most {
				t.Errorf("%+v: %d pings", c, n)
			}
		})
	}
}

func TestShutdownJoinsPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := paceline.New(&pinged{hang: true}, paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(2, time.Second), Window: paceline.Strict}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
			t.Error(err)
		}
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}) // the bubble fails if a goroutine is left
}

func TestAStrayRefusalDoesNotStopAStrictLimit(t *testing.T) {
	var calls atomic.Int64
	p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		emit(paceline.Delta{Kind: paceline.DeltaSent})
		if calls.Add(1) == 20 {
			return nil, &paceline.Error{Code: paceline.CodeThrottled, Status: 429, Remote: true}
		}
		return answers(100*time.Millisecond, "a")(ctx, emit)
	})
	cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(10, time.Second), Window: paceline.Strict}}
	running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 99}, Sink: new(collector)})
		if err != nil || sum.Done != 99 || sum.Throttled != 1 {
			t.Errorf("%v; %d done, %d refused", err, sum.Done, sum.Throttled)
		}
		if took := time.Since(began); took > 9500*time.Millisecond {
			t.Errorf("100 requests at 10 a second took %v", took)
		}
	})
}

func TestAPingThatPanicsIsTheLast(t *testing.T) {
	p := &pinged{panics: true}
	cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(2, time.Second), Window: paceline.Strict}}
	running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 20}, Sink: new(collector)})
		if err != nil || sum.Done != 20 || p.pings.Load() != 8 {
			t.Errorf("%v; %d done, %d pings; want no more than were sent at once", err, sum.Done, p.pings.Load())
		}
	})
}
