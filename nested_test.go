package paceline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// routed is a provider of an engine with one place in flight; a call of "outer" has
// its attempt do what the test wants to, with the engine itself.
func routed(t *testing.T, within func(ctx context.Context, e *paceline.Engine) error) (e *paceline.Engine) {
	t.Helper()
	provider := paceline.ProviderFunc(func(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		if req.Model == "outer" {
			if err := within(ctx, e); err != nil {
				return nil, err
			}
		}
		return answers(time.Second, "well")(ctx, emit)
	})
	e, err := paceline.New(provider, paceline.Config{Limits: paceline.Limits{InFlight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func ask(ctx context.Context, e *paceline.Engine, model string) error {
	_, err := e.Do(ctx, &paceline.Request{Model: model})
	return err
}

// TestACallWithinAnAttemptIsRefused has an attempt, which holds the one place in
// flight, make a call that would wait for it.
func TestACallWithinAnAttemptIsRefused(t *testing.T) {
	another := func(ctx context.Context, e *paceline.Engine) error {
		p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, _ func(paceline.Delta)) (*paceline.Response, error) {
			return nil, ask(ctx, e, "inner")
		})
		between, err := paceline.New(p, paceline.Config{})
		if err != nil {
			return err
		}
		defer between.Shutdown(context.WithoutCancel(ctx))
		return ask(ctx, between, "between")
	}
	for name, within := range map[string]func(context.Context, *paceline.Engine) error{
		"Do": func(ctx context.Context, e *paceline.Engine) error { return ask(ctx, e, "inner") },
		"Do, derived": func(ctx context.Context, e *paceline.Engine) error {
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			return ask(ctx, e, "inner")
		},
		"Stream": func(ctx context.Context, e *paceline.Engine) (last error) {
			for _, err := range e.Stream(ctx, &paceline.Request{Model: "inner"}).All() {
				last = err
			}
			return last
		},
		"Run": func(ctx context.Context, e *paceline.Engine) error {
			_, err := e.Run(ctx, paceline.Job{Source: &numbers{n: 1}, Sink: new(collector)})
			return err
		},
		"by another engine": another,
	} {
		synctest.Test(t, func(t *testing.T) {
			e, began := routed(t, within), time.Now()
			err := ask(t.Context(), e, "outer")
			if took := time.Since(began); took != 0 || !contains(err.Error(), "within an attempt of the same engine") {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			if st := e.Stats(); st.Requests != 1 || paceline.CodeOf(err).Status() != paceline.StatusFailed {
				t.Errorf("%s: %d requests", name, st.Requests)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestACallAfterAnAttemptIsNoneWithinIt lets an attempt leave something to be done
// when it is over, and call another engine.
func TestACallAfterAnAttemptIsNoneWithinIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later, told := make(chan error, 1), make(chan context.Context, 1)
		other := routed(t, nil)
		e := routed(t, func(ctx context.Context, _ *paceline.Engine) error {
			told <- context.WithoutCancel(ctx)
			return ask(ctx, other, "inner")
		})
		go func() {
			ctx := <-told
			time.Sleep(time.Minute)
			later <- ask(ctx, e, "later")
		}()
		if err := ask(t.Context(), e, "outer"); err != nil {
			t.Error(err)
		}
		if err := <-later; err != nil {
			t.Errorf("when the attempt was over: %v", err)
		}
		for _, e := range []*paceline.Engine{e, other} {
			if err := e.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}
