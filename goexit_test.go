package paceline_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// exits ends its goroutine, as a test's FailNow does.
func exits(context.Context, func(paceline.Delta)) (*paceline.Response, error) {
	runtime.Goexit()
	return nil, nil
}

// nth is a provider of which the calls with these numbers, from 0, do something else.
func nth(usual step, other map[int64]step) paceline.Provider {
	var n atomic.Int64
	return paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		if s := other[n.Add(1)-1]; s != nil {
			return s(ctx, emit)
		}
		return usual(ctx, emit)
	})
}

// A function of the caller's that ends the goroutine on which it is called has its
// item fail, as if it had panicked: nothing waits for it, and its place is free.
func TestAGoroutineThatIsEndedIsItsItemsMisfortune(t *testing.T) {
	ask := func(r *paceline.Request, resp *paceline.Response) error {
		if resp.Text() == "exit" {
			runtime.Goexit()
		}
		if resp.Text() == "again" {
			return errors.New("not good")
		}
		return nil
	}
	again := func(paceline.Ask) *paceline.Request { runtime.Goexit(); return nil }
	usual := answers(time.Second, "a")
	for name, c := range map[string]struct {
		other step
		cfg   paceline.Config
	}{
		"provider": {exits, paceline.Config{}},
		"provider, in its emit": {func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
			usual(ctx, emit)
			return exits(ctx, emit)
		}, paceline.Config{}},
		"accept": {answers(time.Second, "exit"), paceline.Config{Accept: ask}},
		"again":  {answers(time.Second, "again"), paceline.Config{Accept: ask, Again: again}},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.Limits.InFlight = 2
			running(t, nth(usual, map[int64]step{3: c.other, 4: c.other, 5: c.other}), c.cfg, func(t *testing.T, e *paceline.Engine) {
				sink := new(collector)
				sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 20}, Sink: sink})
				sink.whole(t, 20)
				if err != nil || sum.Failed != 3 || sum.Done != 17 || sum.InFlight != 0 {
					t.Errorf("%v, %d failed, %d done, %d in flight", err, sum.Failed, sum.Done, sum.InFlight)
				}
				for _, r := range sink.results {
					if r.Err != nil && (r.Err.Code != paceline.CodePanic || !contains(r.Err.Message, "Goexit")) {
						t.Errorf("item %d failed by %v", r.Item.Index, r.Err)
					}
				}
			})
		})
	}
}

func TestAHedgeWhoseGoroutineIsEndedIsJoined(t *testing.T) {
	for name, other := range map[string]map[int64]step{
		"the hedge": {149: hangs, 150: exits},
		"the first": {149: func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
			pause(ctx, 2*time.Second)
			return exits(ctx, emit)
		}, 150: hangs},
	} {
		t.Run(name, func(t *testing.T) {
			p := nth(answers(time.Second, "a"), other)
			running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 50}}, func(t *testing.T, e *paceline.Engine) {
				sink := new(collector)
				sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 150}, Sink: sink})
				want := map[string]int64{"the first": 1}[name]
				if err != nil || sum.Hedges != 1 || sum.InFlight != 0 || sum.Failed != want {
					t.Errorf("%v, %d hedges, %d in flight, %d failed; want %d", err, sum.Hedges, sum.InFlight, sum.Failed, want)
				}
				sink.whole(t, 150)
			})
		})
	}
}

// What ends the goroutine of a source or a sink ends the run, in good order: Run's
// own caller, where it is that, once all that the run has started has ended.
func TestAGoroutineThatIsEndedEndsTheRun(t *testing.T) {
	count := 0
	fifth := func() {
		if count++; count == 5 {
			runtime.Goexit()
		}
	}
	src := func(n *numbers) paceline.SourceFunc {
		return func(ctx context.Context) (paceline.Item, error) { fifth(); return n.Next(ctx) }
	}
	for name, c := range map[string]struct {
		job  func(*paceline.Job)
		ends bool // the caller of Run
	}{
		"source": {func(j *paceline.Job) { j.Source = src(j.Source.(*numbers)) }, true},
		"prepare": {func(j *paceline.Job) {
			j.Prepare = func(*paceline.Item) (*paceline.Request, error) { fifth(); return &paceline.Request{}, nil }
		}, true},
		"sink": {func(j *paceline.Job) {
			j.Sink = paceline.SinkFunc(func(context.Context, *paceline.Result) error { fifth(); return nil })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			count = 0
			running(t, always(answers(time.Second, "a")), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
				job := paceline.Job{Source: &numbers{n: 2000}, Sink: new(collector)}
				c.job(&job)
				var err error
				over, returned := make(chan struct{}), false
				go func() {
					defer close(over)
					_, err = e.Run(t.Context(), job)
					returned = true
				}()
				<-over
				synctest.Wait()
				if returned == c.ends || returned && paceline.CodeOf(err) != paceline.CodePanic {
					t.Errorf("Run returned %v: %v", returned, err)
				}
				if st := e.Stats(); st.InFlight+st.Waiting != 0 {
					t.Errorf("%d in flight, %d waiting", st.InFlight, st.Waiting)
				}
			})
		})
	}
}

// An observer that ends its goroutine misses what it was about to be told, and is told
// of what comes later.
func TestAnObserverThatEndsItsGoroutineIsToldOfTheRest(t *testing.T) {
	told := 0
	observe := func(paceline.Event) {
		if told++; told == 1 {
			runtime.Goexit()
		}
	}
	running(t, always(answers(time.Second, "a")), paceline.Config{Observe: observe}, func(t *testing.T, e *paceline.Engine) {
		for range 10 {
			if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
				t.Fatal(err)
			}
		}
		e.Shutdown(context.Background())
		if told < 20 {
			t.Errorf("told %d times", told)
		}
	})
}
