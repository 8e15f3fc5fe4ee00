package paceline

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a provider that takes a second.
var slow = ProviderFunc(func(ctx context.Context, _ *Request, _ func(Delta)) (*Response, error) {
	select {
	case <-time.After(time.Second):
		return &Response{}, nil
	case <-ctx.Done():
		return nil, &Error{Code: CodeCanceled, Err: ctx.Err()}
	}
})

// heeding returns an engine of one call at a time, which looks after ctx.
func heeding(t *testing.T, ctx context.Context) *Engine {
	e, err := New(slow, Config{Limits: Limits{InFlight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	doAll(e, 2*heedFrom, func(int) context.Context { return ctx }, func(_ int, err error) {
		if err != nil {
			t.Error(err)
		}
	}).Wait()
	if !e.heeds(ctx.Done()) {
		t.Fatalf("after %d calls with one context the engine does not look after it", 2*heedFrom)
	}
	return e
}

// doAll has n goroutines make a call each.
func doAll(e *Engine, n int, ctx func(i int) context.Context, came func(i int, err error)) *sync.WaitGroup {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			_, err := e.Do(ctx(i), &Request{})
			came(i, err)
		})
	}
	return &all
}

func closeEngine(t *testing.T, e *Engine) {
	t.Helper()
	if s := e.Stats(); s.Waiting != 0 || s.InFlight != 0 {
		t.Errorf("%d wait and %d are in flight, and all have returned", s.Waiting, s.InFlight)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestThoseOfOneContextAreGivenUpAtOnce cancels a context that the engine looks after
// while many wait with it, and others with contexts of their own.
func TestThoseOfOneContextAreGivenUpAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		e := heeding(t, ctx)
		began := time.Now()
		var gone, done atomic.Int64
		all := doAll(e, 200, func(i int) context.Context {
			if i%2 == 0 {
				return ctx
			}
			return t.Context()
		}, func(i int, err error) {
			switch {
			case i%2 != 0 && err == nil:
				done.Add(1)
			case i%2 == 0 && errors.Is(err, why) && time.Since(began) == 10500*time.Millisecond:
				gone.Add(1)
			case i%2 != 0 || err != nil:
				t.Errorf("call %d came back after %v: %v", i, time.Since(began), err)
			}
		})
		time.Sleep(10500 * time.Millisecond)
		cancel(why)
		all.Wait()
		if gone.Load() < 85 || done.Load() != 100 {
			t.Errorf("%d were given up at once, and %d of 100 others made", gone.Load(), done.Load())
		}
		if e.heeds(ctx.Done()) {
			t.Error("it looks after a context that has ended")
		}
		if _, err := e.Do(ctx, &Request{}); !errors.Is(err, why) {
			t.Errorf("a call with a context that has ended: %v", err)
		}
		closeEngine(t, e)
	})
}

// TestNobodyIsMissedWhoIsGivenUp cancels contexts that the engine looks after at random
// moments among calls that come and go with them: each comes back as soon as its own has
// ended.
func TestNobodyIsMissedWhoIsGivenUp(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			base, end := context.WithCancel(t.Context())
			defer end()
			e := heeding(t, base)
			for range 10 {
				ctx, cancel := context.WithCancel(t.Context())
				var ended atomic.Int64 // nanoseconds; below 0: it has not
				ended.Store(-1)
				began := time.Now()
				all := doAll(e, 3*heedFrom, func(int) context.Context { return ctx }, func(i int, err error) {
					if at := ended.Load(); err != nil && int64(time.Since(began)) != at {
						t.Errorf("seed %d: call %d came back at %v, its context ended at %v: %v", seed, i, time.Since(began), time.Duration(at), err)
					}
				})
				if r.IntN(2) == 0 { // else while they are being submitted
					time.Sleep(time.Duration(r.Int64N(int64(5 * time.Second))))
				}
				ended.Store(int64(time.Since(began)))
				cancel()
				all.Wait()
			}
			closeEngine(t, e)
		})
	}
}

// TestACallThatComesAfterItsEndIsNotQueued submits a call that relies on the engine to
// look after its end, which has come and been forgotten before.
func TestACallThatComesAfterItsEndIsNotQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := heeding(t, ctx)
		other := doAll(e, 1, func(int) context.Context { return t.Context() }, func(int, error) {})
		turn := e.turn()
		c := &turn.call
		c.begin(e, ctx, &Request{})
		c.waits, c.end, c.heeded = turn, ctx.Done(), e.heeds(ctx.Done())
		cancel()
		synctest.Wait()
		e.box.put(message{kind: msgSubmit, call: c})
		synctest.Wait()
		select {
		case a := <-turn.granted:
			if a != nil || !c.heeded {
				t.Errorf("heeded: %t, granted: %v", c.heeded, a)
			}
		default:
			t.Error("it waits, and nobody looks after its end any more")
			e.box.put(message{kind: msgWithdraw, call: c})
		}
		other.Wait()
		closeEngine(t, e)
	})
}

// TestHeedingIsBounded has calls come with ever new contexts that never end.
func TestHeedingIsBounded(t *testing.T) {
	e := &Engine{box: newMailbox()}
	var h heed
	call := func(ctx context.Context) *call { return &call{engine: e, ctx: ctx, end: ctx.Done()} }
	for i := range 2 * heedMost {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for n := range heedFrom {
			if e.heeds(ctx.Done()) {
				t.Fatalf("after %d calls with context %d it is heeded", n, i)
			}
			h.note(call(ctx))
		}
		if got, want := e.heeds(ctx.Done()), i < heedMost; got != want {
			t.Errorf("context %d is heeded: %t", i, got)
		}
	}
	h.stop()
}
