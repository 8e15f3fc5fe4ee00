package paceline_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// dispatcher asleep, one call hangs: does the first-token deadline fire?
func TestADeadlineIsKeptForACallThatWakesAnIdleEngine(t *testing.T) {
	engine(t, paceline.Config{Deadlines: paceline.Deadlines{FirstToken: 2 * time.Second}, Retry: paceline.Retry{Attempts: 1}},
		[]step{answers(time.Millisecond, "a"), hangs}, func(t *testing.T, e *paceline.Engine, s *script) {
			if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			began := time.Now()
			_, err := e.Do(t.Context(), &paceline.Request{})
			if took := time.Since(began); paceline.CodeOf(err) != paceline.CodeFirstToken || took != 2*time.Second {
				t.Errorf("%v after %v", err, took)
			}
		})
}

// Observe that asks for Stats while the engine shuts down.
func TestObserveMayAskForStatsWhileTheEngineEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e *paceline.Engine
		e, err := paceline.New(instant, paceline.Config{Observe: func(ev paceline.Event) {
			time.Sleep(50 * time.Millisecond)
			e.Stats()
		}})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			e.Do(t.Context(), &paceline.Request{})
		}
		began := time.Now()
		endWithin(e, time.Second)
		if took := time.Since(began); took > time.Second {
			t.Errorf("Shutdown took %v, beyond its deadline: Observe called Stats", took)
		}
	})
}

// endWithin shuts an engine down, which may take so long.
func endWithin(e *paceline.Engine, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	e.Shutdown(ctx)
}

// a cancelled run that says nil.
func TestACancelledRunSaysSo(t *testing.T) {
	e, _ := paceline.New(instant, paceline.Config{})
	defer e.Shutdown(context.Background())
	nils := 0
	const n = 300
	for range n {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := e.Run(ctx, paceline.Job{
			Source: paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) { return paceline.Item{}, ctx.Err() }),
			Sink:   paceline.SinkFunc(func(context.Context, *paceline.Result) error { return nil }),
		})
		if err == nil {
			nils++
		}
	}
	if nils > 0 {
		t.Fatalf("%d of %d cancelled runs returned nil", nils, n)
	}
}

// as 3, cancelled by the sink of the last result / at the source mid way.
func TestARunCancelledInItsSourceSaysSo(t *testing.T) {
	e, _ := paceline.New(instant, paceline.Config{})
	defer e.Shutdown(context.Background())
	nils := 0
	const n = 300
	for range n {
		ctx, cancel := context.WithCancel(context.Background())
		i := int64(0)
		_, err := e.Run(ctx, paceline.Job{
			Source: paceline.SourceFunc(func(c context.Context) (paceline.Item, error) {
				if i == 3 {
					cancel()
					return paceline.Item{}, c.Err()
				}
				i++
				return paceline.Item{Index: i - 1, Request: &paceline.Request{}}, nil
			}),
			Sink: paceline.SinkFunc(func(context.Context, *paceline.Result) error { return nil }),
		})
		cancel()
		if err == nil {
			nils++
		}
	}
	if nils > 0 {
		t.Fatalf("%d of %d cancelled runs returned nil", nils, n)
	}
}

// shutdown refuses the last items, run says nil.
func TestARunEndedByShutdownSaysSo(t *testing.T) {
	bad := 0
	const n = 300
	for range n {
		e, _ := paceline.New(instant, paceline.Config{})
		i := int64(0)
		rows := 0
		_, err := e.Run(context.Background(), paceline.Job{
			Source: paceline.SourceFunc(func(c context.Context) (paceline.Item, error) {
				if i == 3 {
					return paceline.Item{}, io.EOF
				}
				if i == 2 {
					go e.Shutdown(context.Background())
					runtime.Gosched()
				}
				i++
				return paceline.Item{Index: i - 1, Request: &paceline.Request{}}, nil
			}),
			Sink: paceline.SinkFunc(func(context.Context, *paceline.Result) error { rows++; return nil }),
		})
		e.Shutdown(context.Background())
		if err == nil && rows < 3 {
			bad++
		}
	}
	if bad > 0 {
		t.Fatalf("%d of %d runs returned nil with rows missing", bad, n)
	}
}

// panic in the loop body of a stream.
func TestAPanicInALoopsBodyGivesBackTheSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []step{answers(time.Millisecond, "a", "b")}}
		e, _ := paceline.New(s, paceline.Config{})
		func() {
			defer func() { recover() }()
			for range e.Stream(t.Context(), &paceline.Request{}).All() {
				panic("user's")
			}
		}()
		if n := e.Stats().InFlight; n != 0 {
			t.Errorf("%d in flight after the panic", n)
		}
		began := time.Now()
		endWithin(e, time.Second)
		if took := time.Since(began); took >= time.Second {
			t.Errorf("Shutdown took all the time it had, %v", took)
		}
	})
}

// typed nil in an outage error.
func TestAnOutagesErrorCanBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := paceline.ProviderFunc(func(ctx context.Context, r *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
			select {
			case <-release:
			default:
				emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: []byte(`"x"`)})
				<-release
			}
			return nil, &paceline.Error{Code: paceline.CodeServer, Status: 503}
		})
		e, _ := paceline.New(p, paceline.Config{OutageLimit: 500 * time.Millisecond, Limits: paceline.Limits{InFlight: 20}})
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				for range e.Stream(t.Context(), &paceline.Request{}).All() {
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		_, err := e.Do(t.Context(), &paceline.Request{})
		if paceline.CodeOf(err) != paceline.CodeOutage || errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
		e.Shutdown(t.Context())
	})
}

// pool window
func TestARunFillsAWholePool(t *testing.T) {
	var in, most atomic.Int64
	p := paceline.ProviderFunc(func(ctx context.Context, r *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		n := in.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		defer in.Add(-1)
		time.Sleep(time.Second)
		return text("x"), nil
	})
	synctest.Test(t, func(t *testing.T) {
		e, _ := paceline.NewPool([]paceline.Endpoint{{Provider: p, Limits: paceline.Limits{InFlight: 6000}}}, paceline.Config{Hedge: paceline.Hedge{Budget: -1}})
		i := int64(0)
		e.Run(t.Context(), paceline.Job{
			Source: paceline.SourceFunc(func(c context.Context) (paceline.Item, error) {
				if i == 12000 {
					return paceline.Item{}, io.EOF
				}
				i++
				return paceline.Item{Index: i - 1, Request: &paceline.Request{}}, nil
			}),
			Sink: paceline.SinkFunc(func(context.Context, *paceline.Result) error { return nil }),
		})
		e.Shutdown(t.Context())
	})
	if most.Load() < 6000 {
		t.Errorf("at most %d in flight, 6000 allowed", most.Load())
	}
}

// entry attempts
func TestAnEntryCountsOnlyTheAttemptsThatCounted(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	s := &script{steps: []step{fails(paceline.Error{Code: paceline.CodeThrottled, RetryAfter: time.Millisecond}), fails(paceline.Error{Code: paceline.CodeThrottled, RetryAfter: time.Millisecond}), answers(time.Millisecond, "a")}}
	e, _ := paceline.New(s, paceline.Config{})
	j, err := journal.Open(out, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	e.Run(t.Context(), paceline.Job{
		Source: paceline.SourceFunc(func(c context.Context) (paceline.Item, error) {
			if i == 1 {
				return paceline.Item{}, io.EOF
			}
			i++
			return paceline.Item{Request: &paceline.Request{}}, nil
		}),
		Journal: j, Encode: row,
	})
	for en := range j.Entries() {
		if en.Attempts != 1 {
			t.Errorf("requests %d attempts %d; throttled calls cost no attempt", en.Requests, en.Attempts)
		}
	}
	j.Close()
	e.Shutdown(t.Context())
}

// the journal is closed under a run with a slow sink.
func TestAJournalClosedUnderARun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	e, _ := paceline.New(instant, paceline.Config{})
	j, err := journal.Open(out, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	i := int64(0)
	closed := make(chan error)
	time.AfterFunc(120*time.Millisecond, func() { closed <- j.Close() })
	_, err = e.Run(t.Context(), paceline.Job{
		Source: paceline.SourceFunc(func(c context.Context) (paceline.Item, error) {
			if i > 1000 { // until one of them finds the journal closed
				time.Sleep(time.Millisecond)
			}
			i++
			return paceline.Item{Index: i - 1, Request: &paceline.Request{}}, nil
		}),
		Journal: j, Encode: row,
		Sink: paceline.SinkFunc(func(context.Context, *paceline.Result) error { time.Sleep(time.Millisecond); return nil }),
	})
	<-closed
	if err == nil {
		t.Error("the run says that all is well")
	}
	e.Shutdown(t.Context())
}

// a provider's stray CodeCanceled loses an item silently
func TestFault47ACancellationNobodyAskedForIsAFailure(t *testing.T) {
	s := &script{steps: []step{fails(paceline.Error{Code: paceline.CodeCanceled})}}
	e, _ := paceline.New(s, paceline.Config{Retry: paceline.Retry{Attempts: 1}})
	i, rows := 0, 0
	sum, err := e.Run(t.Context(), paceline.Job{
		Source: paceline.SourceFunc(func(c context.Context) (paceline.Item, error) {
			if i == 1 {
				return paceline.Item{}, io.EOF
			}
			i++
			return paceline.Item{Request: &paceline.Request{}}, nil
		}),
		Sink: paceline.SinkFunc(func(context.Context, *paceline.Result) error { rows++; return nil }),
	})
	if err == nil && rows == 0 {
		t.Errorf("Run nil, items %d rows %d stoppedby %q", sum.Items, rows, sum.StoppedBy)
	}
	e.Shutdown(t.Context())
}

// sink gets cancelled context for durable rows
func TestTheSinkHearsOfAllThatIsDurable(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	heard := map[int64]int{}
	for try := range 2 {
		ctx, cancel := context.WithCancel(context.Background())
		e, _ := paceline.New(instant, paceline.Config{})
		j, err := journal.Open(out, journal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		i, left := int64(0), make(chan struct{})
		if _, err = e.Run(ctx, paceline.Job{
			Source: paceline.SourceFunc(func(c context.Context) (paceline.Item, error) {
				switch {
				case i == 500:
					return paceline.Item{}, io.EOF
				case i == 300 && try == 0:
					<-c.Done()
					close(left)
					return paceline.Item{}, c.Err()
				}
				i++
				return paceline.Item{Index: i - 1, Request: &paceline.Request{}}, nil
			}),
			Journal: j, Encode: row,
			Sink: paceline.SinkFunc(func(ctx context.Context, r *paceline.Result) error {
				if try == 0 && len(heard) == 50 {
					cancel()
					<-left
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				heard[r.Item.Index]++
				return nil
			}),
		}); (err == nil) != (try == 1) {
			t.Errorf("session %d: %v", try, err)
		}
		j.Close()
		e.Shutdown(context.Background())
		cancel()
	}
	if len(heard) != 500 {
		t.Errorf("after the resumed run the sink has heard of %d of 500 items", len(heard))
	}
}

// Validate checks no Limits
func TestValidateNamesTheLimitsToo(t *testing.T) {
	c := paceline.Config{Limits: paceline.Limits{InFlight: -1}}
	if c.Validate() == nil {
		t.Error("Config.Validate says nothing of Limits.InFlight -1")
	}
}
