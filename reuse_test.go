package paceline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// a place is where the attempt and the call are that a provider is asked by.
type place struct {
	attempt *attempt
	call    *call
}

func placeOf(ctx context.Context) place {
	a := ctx.(*lifetime).attempt.Load()
	return place{a, a.call}
}

// given is what a provider has been given for an attempt.
type given struct {
	place
	ctx  context.Context
	emit func(Delta)
}

// remembers is a provider that remembers all that it was given, and ends as told.
type remembers struct {
	all []given
	ask func(n int, ctx context.Context) (*Response, error)
}

func (r *remembers) Attempt(ctx context.Context, _ *Request, emit func(Delta)) (*Response, error) {
	r.all = append(r.all, given{placeOf(ctx), ctx, emit})
	return r.ask(len(r.all), ctx)
}

// settled makes a call and waits until the dispatcher has taken note of all.
func settled(e *Engine, ctx context.Context) error {
	_, err := e.Do(ctx, &Request{})
	synctest.Wait()
	return err
}

func well(int, context.Context) (*Response, error) { return &Response{}, nil }

// TestACallsMemoryIsAnothersOnceNobodyHasIt holds that a call takes the memory of the
// one before it, and that whoever kept what it was given for that one can neither see
// nor change anything of the other.
func TestACallsMemoryIsAnothersOnceNobodyHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remembers{ask: well}
		e, err := New(r, Config{Deadlines: Deadlines{FirstToken: 2 * time.Second}, Retry: Retry{Attempts: 1}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		if err := settled(e, t.Context()); err != nil {
			t.Fatal(err)
		}
		first := r.all[0]
		r.ask = func(_ int, ctx context.Context) (*Response, error) {
			time.Sleep(time.Second)
			first.emit(Delta{Kind: DeltaContent, Quoted: []byte(`"late"`)})
			if !errors.Is(first.ctx.Err(), context.Canceled) || ctx.Err() != nil {
				t.Errorf("the context of a call that has ended says %v, that of the next %v", first.ctx.Err(), ctx.Err())
			}
			<-ctx.Done()
			return nil, &Error{Code: CodeCanceled, Err: context.Cause(ctx)}
		}
		began := time.Now()
		err = settled(e, t.Context())
		if took := time.Since(began); CodeOf(err) != CodeFirstToken || took != 2*time.Second {
			t.Errorf("%v after %v: a late word counted for another call", err, took)
		}
		if r.all[1].attempt != first.attempt {
			t.Error("the attempt's memory was not used again")
		}
	})
}

// TestWhatAProviderStillSpeaksOfIsNotUsedAgain holds that a provider that breaks its
// promise, and returns while another of its goroutines is within emit, harms no other
// call.
func TestWhatAProviderStillSpeaksOfIsNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		r := &remembers{}
		r.ask = func(n int, ctx context.Context) (*Response, error) {
			if n == 1 {
				r.all[0].call.reader = func(Delta) { <-goOn }
				go r.all[0].emit(Delta{Kind: DeltaContent, Quoted: []byte(`"late"`)})
				synctest.Wait()
				return &Response{}, nil
			}
			close(goOn)
			synctest.Wait()
			if last := r.all[1].attempt.last.Load(); last != 0 {
				t.Errorf("another call has had content at %d", last)
			}
			return &Response{}, nil
		}
		e, err := New(r, Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		for range 2 {
			if err := settled(e, t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if r.all[0].attempt == r.all[1].attempt || r.all[0].call == r.all[1].call {
			t.Error("its memory was used again")
		}
	})
}

// TestAWordAtTheEndHarmsNoOtherCall has providers return at the moment at which another
// of their goroutines says something. The race detector looks on in CI.
func TestAWordAtTheEndHarmsNoOtherCall(t *testing.T) {
	var late sync.WaitGroup
	e, err := New(ProviderFunc(func(_ context.Context, _ *Request, emit func(Delta)) (*Response, error) {
		late.Go(func() { emit(Delta{Kind: DeltaKeepAlive}) })
		runtime.Gosched()
		return &Response{}, nil
	}), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	for range 2000 {
		if _, err := e.Do(t.Context(), &Request{}); err != nil {
			t.Fatal(err)
		}
	}
	late.Wait()
}

// TestNothingIsSaidAfterAPanic holds that a provider that has panicked in a stream, and
// speaks on, does not reach the body of a loop that has ended.
func TestNothingIsSaidAfterAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &remembers{ask: func(int, context.Context) (*Response, error) { panic("a fault") }}
		e, err := New(r, Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		func() {
			defer func() { _ = recover() }()
			for d := range e.Stream(t.Context(), &Request{}).All() {
				t.Errorf("the loop's body has %q", d.Quoted)
			}
		}()
		r.all[0].emit(Delta{Kind: DeltaContent, Quoted: []byte(`"late"`)})
	})
}

// refusing accepts no answer but those after the first n.
func refusing(n int) func(*Request, *Response) error {
	return func(*Request, *Response) error {
		if n--; n >= 0 {
			return errors.New("not that")
		}
		return nil
	}
}

// TestWhatSomebodyMayRememberIsNotUsedAgain makes calls of every kind whose address
// may stand somewhere still, and looks at where the next ones are.
func TestWhatSomebodyMayRememberIsNotUsedAgain(t *testing.T) {
	failing := func(n int, _ context.Context) (*Response, error) {
		if n == 1 {
			return nil, &Error{Code: CodeServer, Remote: true}
		}
		return &Response{}, nil
	}
	for name, c := range map[string]struct {
		cfg Config
		ask func(int, context.Context) (*Response, error)
	}{
		"retried":     {ask: failing},
		"failed":      {cfg: Config{Retry: Retry{Attempts: 1}}, ask: failing},
		"strict":      {cfg: Config{Limits: Limits{Requests: Per(10, time.Second), Window: Strict}}, ask: well},
		"asked again": {cfg: Config{Accept: refusing(1)}, ask: well},
		"cancelled": {ask: func(n int, ctx context.Context) (*Response, error) {
			if n == 1 {
				<-ctx.Done()
				return nil, &Error{Code: CodeCanceled, Err: context.Cause(ctx)}
			}
			return &Response{}, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &remembers{ask: c.ask}
				e, err := New(r, c.cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer e.Shutdown(context.Background())
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				settled(e, ctx)
				cancel()
				ended := len(r.all)
				for range 3 {
					if err := settled(e, t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				for _, later := range r.all[ended:] {
					for _, g := range r.all[:ended] {
						if later.call == g.call || later.attempt == g.attempt {
							t.Error("its memory was used again")
						}
					}
				}
			})
		})
	}
}

// echo answers with the request's model after a while, or fails, or hangs.
type echo struct{}

func (echo) Attempt(ctx context.Context, req *Request, emit func(Delta)) (*Response, error) {
	wait, err := time.Duration(rand.N(20))*time.Millisecond, error(nil)
	switch rand.N(12) {
	case 0:
		wait = time.Hour
	case 1:
		err = &Error{Code: CodeServer, Remote: true}
	case 2:
		err = &Error{Code: CodeThrottled, Remote: true, RetryAfter: time.Millisecond}
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return nil, &Error{Code: CodeCanceled, Err: context.Cause(ctx)}
	}
	if err != nil {
		return nil, err
	}
	emit(Delta{Kind: DeltaContent, Quoted: []byte(`"a"`)})
	return &Response{RequestID: req.Path, Usage: Usage{Prompt: 1, Known: true}}, nil
}

// TestCallsThatShareMemoryKeepApart makes calls of all kinds at once, in rounds, and
// holds that each has its own answer, and that the counts add up. The race detector
// looks on in CI.
func TestCallsThatShareMemoryKeepApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := New(echo{}, Config{
			Limits: Limits{InFlight: 32}, Deadlines: Deadlines{FirstToken: time.Second}, Hedge: Hedge{Budget: 0.2}, Retry: Retry{Attempts: 20},
		})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for w := range 64 {
			all.Go(func() {
				for i := range 40 {
					id := fmt.Sprint(w, "-", i)
					ctx, cancel := context.WithCancel(t.Context())
					if i%10 == 9 {
						time.AfterFunc(time.Duration(rand.N(30))*time.Millisecond, cancel)
					}
					resp, err := e.Do(ctx, &Request{Path: id})
					switch {
					case err == nil && resp.RequestID != id:
						t.Errorf("%s has the answer of %s", id, resp.RequestID)
					case err != nil && ctx.Err() == nil:
						t.Errorf("%s: %v", id, err)
					}
					cancel()
				}
			})
		}
		all.Wait()
		e.Shutdown(context.Background())
		s := e.Stats()
		if s.InFlight != 0 || s.Waiting != 0 {
			t.Errorf("%d in flight and %d waiting after the end", s.InFlight, s.Waiting)
		}
		if s.Usage.Prompt != s.Total.Count {
			t.Errorf("%d answers were counted, and the tokens of %d", s.Total.Count, s.Usage.Prompt)
		}
	})
}

// TestACallTakesLittleMemory holds that calls leave little to be collected.
func TestACallTakesLittleMemory(t *testing.T) {
	answer := &Response{}
	e, err := New(ProviderFunc(func(context.Context, *Request, func(Delta)) (*Response, error) { return answer, nil }), Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	ask := func(n int) {
		for range n {
			if _, err := e.Do(context.Background(), &Request{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask(100)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const n = 2000
	ask(n)
	runtime.ReadMemStats(&after)
	// Some 240 bytes; 1,500 where nothing is used again. Under the race detector
	// a pool loses a quarter of what it is given.
	if each := (after.TotalAlloc - before.TotalAlloc) / n; each > 800 {
		t.Errorf("%d bytes a call", each)
	}
}
