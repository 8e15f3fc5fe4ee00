package paceline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// mute answers after a tenth of a second, until it falls silent at some time.
func mute(from time.Time) paceline.Provider {
	return always(func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if !from.IsZero() && !time.Now().Before(from) {
			return hangs(ctx, emit)
		}
		return answers(100*time.Millisecond, "a")(ctx, emit)
	})
}

// An endpoint that has fallen silent keeps no item from one that answers and has
// nothing left to do.
func TestASilentEndpointHoldsNoItem(t *testing.T) {
	for name, c := range map[string]struct {
		silent time.Duration // from when on
		most   time.Duration
	}{
		"from the beginning": {0, 52 * time.Second},
		"from 10 s on":       {10 * time.Second, 42 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 500
				limits := paceline.Limits{Requests: paceline.Per(10, time.Second)}
				e, err := paceline.NewPool([]paceline.Endpoint{
					{Name: "well", Provider: mute(time.Time{}), Limits: limits},
					{Name: "silent", Provider: mute(time.Now().Add(c.silent)), Limits: limits},
				}, paceline.Config{})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Shutdown(context.Background())
				began, sink := time.Now(), new(collector)
				sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: n}, Sink: sink})
				took := time.Since(began)
				t.Logf("%v; %d requests, %d of them hedges, %d retries", took, sum.Requests, sum.Hedges, sum.Retries)
				if err != nil || sum.Done != n {
					t.Errorf("%v, %d done", err, sum.Done)
				}
				if took > c.most {
					t.Errorf("it took %v, want %v at most", took, c.most)
				}
			})
		})
	}
}

// Calls that hang by chance, here and there, make no endpoint a silent one: their
// hedges are of the budget. One that is silent to few calls at a time is soon left
// alone, and with hedges off nothing is sent twice.
func TestASilentEndpointIsKnownByItsSilence(t *testing.T) {
	for _, c := range []struct {
		name   string
		hang   float64 // at both, by chance
		silent bool    // the second is
		hedge  paceline.Hedge
		most   int64 // hedges
		down   bool  // the second in the end
	}{
		{"both hang now and then", 0.03, false, paceline.Hedge{}, 10 + 3, false},
		{"one is silent", 0, true, paceline.Hedge{}, 60, true},
		{"hedges are off", 0, true, paceline.Hedge{Budget: -1}, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 1000
				well := &ward{usual: time.Second, hang: c.hang}
				second := &ward{usual: time.Second, hang: c.hang}
				providers := []paceline.Provider{well.provider(), second.provider()}
				if c.silent {
					providers[1] = always(hangs)
				}
				limits := paceline.Limits{InFlight: 20}
				e, err := paceline.NewPool([]paceline.Endpoint{
					{Provider: providers[0], Limits: limits}, {Provider: providers[1], Limits: limits},
				}, paceline.Config{Hedge: c.hedge})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Shutdown(context.Background())
				job := paceline.Job{Source: &numbers{n: n, pause: 200 * time.Millisecond}, Sink: new(collector)} // nobody waits
				sum, err := e.Run(t.Context(), job)
				p := e.Stats().Pace.Endpoints[1]
				t.Logf("%d requests, %d of them hedges; the second: %+v", sum.Requests, sum.Hedges, p)
				if err != nil || sum.Done != n {
					t.Errorf("%v, %d done", err, sum.Done)
				}
				if sum.Hedges > c.most || p.Down != c.down {
					t.Errorf("%d hedges, want %d at most; the second is down: %v, want %v", sum.Hedges, c.most, p.Down, c.down)
				}
				if c.down && (p.Failure == nil || p.Failure.Code != paceline.CodeFirstToken) {
					t.Errorf("the second is down for %v", p.Failure)
				}
			})
		})
	}
}
