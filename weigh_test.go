package paceline_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// Items are read ahead by thousands. Weighed by what was guessed when they were
// read, before the first answer, each would reserve six times what it uses: they
// are weighed when their turn comes.
func TestCallsReadAheadAreWeighedWhenTheirTurnComes(t *testing.T) {
	h := held{items: 3000, sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{Tokens: paceline.Per(20_000, time.Minute), InFlight: 100})}
	synctest.Test(t, func(t *testing.T) {
		sum, _ := h.run(t, "")
		if u := sum.Use.Tokens; !u.Known || u.Part < 0.97 || u.Part > 1.03 {
			t.Errorf("%.4f of the limit used, in %v", u.Part, sum.Elapsed)
		}
	})
}

// A call that asks for several answers may have the limit of each: of four answers
// of 100 tokens as many start as of one of 400.
func TestACallIsWeighedByAllItsAnswers(t *testing.T) {
	starts := func(maxTokens, choices int64) (n int64) {
		synctest.Test(t, func(t *testing.T) {
			var started atomic.Int64
			p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, _ func(paceline.Delta)) (*paceline.Response, error) {
				started.Add(1)
				<-ctx.Done()
				return nil, &paceline.Error{Code: paceline.CodeCanceled}
			})
			e, err := paceline.New(p, limitedTo(paceline.Limits{Tokens: paceline.Per(100_000, time.Minute), InFlight: 1000}))
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			var calls sync.WaitGroup
			for range 500 {
				calls.Go(func() { e.Do(ctx, &paceline.Request{Model: "m", MaxTokens: maxTokens, Choices: choices}) })
			}
			time.Sleep(10 * time.Second)
			n = started.Load()
			stop()
			calls.Wait()
			e.Shutdown(context.Background())
		})
		return n
	}
	if one, four := starts(400, 1), starts(100, 4); one != four || one == 0 || one >= 500 {
		t.Errorf("%d calls for one answer start, %d for four of a quarter of it", one, four)
	}
}
