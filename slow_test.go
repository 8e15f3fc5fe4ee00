package paceline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// ward is a provider of which some items take longer than the others by nature,
// each time that they are asked, and some hang when they are asked first.
type ward struct {
	usual, slow time.Duration // to the first token
	share       float64       // of items that are slow
	hang        float64       // of items that hang once

	mu   sync.Mutex
	sent map[int]int
}

// drawn reports whether item i is one of so large a share, the same each time.
func drawn(stream uint64, i int, share float64) bool {
	return rand.New(rand.NewPCG(uint64(i), stream)).Float64() < share
}

const (
	slowOnes = iota
	hungOnes
)

func (w *ward) provider() paceline.Provider {
	w.sent = map[int]int{}
	return byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		w.mu.Lock()
		w.sent[i]++
		first := w.sent[i] == 1
		w.mu.Unlock()
		switch {
		case first && drawn(hungOnes, i, w.hang):
			return hangs(ctx, emit)
		case drawn(slowOnes, i, w.share):
			return answers(w.slow, "late")(ctx, emit)
		}
		return answers(w.usual, "soon")(ctx, emit)
	})
}

// drawnOf returns how many of the first n items are slow.
func (w *ward) drawnOf(n int) (slow int) {
	for i := range n {
		if drawn(slowOnes, i, w.share) {
			slow++
		}
	}
	return slow
}

// An item that is slow by nature is answered in the end, whatever was learnt from
// the many that are quick, and soon costs no more than one request.
func TestALearntDeadlineCostsTimeAndNeverAnItem(t *testing.T) {
	for _, c := range []struct {
		share float64
		slow  time.Duration
		extra float64 // requests beyond one an item, for each slow one, hedges included
	}{
		{0.01, 50 * time.Second, 2},
		{0.01, 100 * time.Second, 2},
		{0.04, 9 * time.Second, 1},
		{0.04, 45 * time.Second, 1},
	} {
		t.Run(fmt.Sprintf("%g %% at %v", c.share*100, c.slow), func(t *testing.T) {
			const n = 1000
			w := &ward{usual: 100 * time.Millisecond, slow: c.slow, share: c.share}
			cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(8, time.Second)}}
			running(t, w.provider(), cfg, func(t *testing.T, e *paceline.Engine) {
				began, sink := time.Now(), new(collector)
				sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: n}, Sink: sink})
				if err != nil || sum.Done != n {
					t.Errorf("%v: %d of %d items are done", err, sum.Done, n)
				}
				slow := w.drawnOf(n)
				extra := sum.Requests - n
				t.Logf("%d slow items: %d extra requests, %d of them hedges; %v", slow, extra, sum.Hedges, time.Since(began))
				if float64(extra) > c.extra*float64(slow) {
					t.Errorf("%d extra requests for %d slow items", extra, slow)
				}
			})
		})
	}
}

// The last attempt that an item gets is not cut by what was learnt from others.
func TestTheLastAttemptHasItsFullTime(t *testing.T) {
	for _, attempts := range []int{1, 2, 3} {
		const n, odd = 100, 90
		p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
			if i == odd {
				return answers(50*time.Second, "late")(ctx, emit)
			}
			return answers(100*time.Millisecond, "soon")(ctx, emit)
		})
		cfg := paceline.Config{
			Limits: paceline.Limits{InFlight: 10}, Retry: paceline.Retry{Attempts: attempts},
			Hedge: paceline.Hedge{Budget: -1},
		}
		running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: n}, Sink: new(collector)})
			if err != nil || sum.Done != n || sum.Requests != n+int64(attempts)-1 {
				t.Errorf("%d attempts: %v, %d done with %d requests", attempts, err, sum.Done, sum.Requests)
			}
		})
	}
}

// A server that answers what is sent again is not held back as if it were in
// trouble: retries that are answered cost none of their budget.
func TestRetriesThatAreAnsweredAreNotHeldBack(t *testing.T) {
	const n = 1000
	w := &ward{usual: 3 * time.Second, hang: 0.3}
	cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(50, time.Second), InFlight: 1000}}
	running(t, w.provider(), cfg, func(t *testing.T, e *paceline.Engine) {
		began := time.Now()
		var stall, last time.Duration // the longest time without a row after the first half
		rows := 0
		sink := paceline.SinkFunc(func(context.Context, *paceline.Result) error {
			at := time.Since(began)
			if rows++; rows > n*3/4 {
				stall = max(stall, at-last)
			}
			last = at
			return nil
		})
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: n}, Sink: sink})
		took := time.Since(began)
		t.Logf("%v for %d requests, %d of them retries; at most %v without a row", took, sum.Requests, sum.Retries, stall)
		if err != nil || sum.Done != n {
			t.Errorf("%v, %d done", err, sum.Done)
		}
		if took > 45*time.Second {
			t.Errorf("%v for %d requests at 50 a second", took, sum.Requests)
		}
	})
}

// Where many calls hang, and each time that they are sent by chance, an item that was
// cut several times is no slow one: it is sent again as soon as before.
func TestManyHangsAreNoSlowItems(t *testing.T) {
	const n = 1000
	for seed := range uint64(3) {
		for _, c := range []struct {
			hang float64
			most time.Duration
		}{{0.1, 80 * time.Second}, {0.2, 3 * time.Minute}} {
			var mu sync.Mutex
			sent := map[int]int{}
			p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
				mu.Lock()
				sent[i]++
				k := sent[i]
				mu.Unlock()
				if drawn(seed<<8+uint64(k), i, c.hang) {
					return hangs(ctx, emit)
				}
				return answers(3*time.Second, "a")(ctx, emit)
			})
			cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(50, time.Second), InFlight: n}}
			running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
				began := time.Now()
				sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: n}, Sink: new(collector)})
				took := time.Since(began)
				t.Logf("%g %% hang: %v, %d done, %d requests", 100*c.hang, took, sum.Done, sum.Requests)
				if err != nil || sum.Done < n-1 || took > c.most {
					t.Errorf("%v: %d done in %v, want %v at most", err, sum.Done, took, c.most)
				}
			})
		}
	}
}
