package paceline_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// script is a provider that plays one step per attempt, the last one for ever.
type script struct {
	mu    sync.Mutex
	steps []step
	sent  []time.Time
}

type step func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error)

func (s *script) Attempt(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	s.mu.Lock()
	next := s.steps[min(len(s.sent), len(s.steps)-1)]
	s.sent = append(s.sent, time.Now())
	s.mu.Unlock()
	return next(ctx, emit)
}

// pause waits for d as a server would that takes its time.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(ctx)}
	}
}

func text(s string) *paceline.Response {
	quoted, _ := json.Marshal(s)
	return &paceline.Response{
		Choices: []paceline.Choice{{Content: quoted, FinishReason: "stop"}},
		Usage:   paceline.Usage{Prompt: 10, Completion: 5, Known: true},
	}
}

// answers streams pieces, each after d.
func answers(d time.Duration, pieces ...string) step {
	return func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		whole := ""
		for _, p := range pieces {
			if err := pause(ctx, d); err != nil {
				return nil, err
			}
			quoted, _ := json.Marshal(p)
			emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: quoted})
			whole += p
		}
		return text(whole), nil
	}
}

func fails(e paceline.Error) step {
	return func(context.Context, func(paceline.Delta)) (*paceline.Response, error) { return nil, &e }
}

// hangs sends keep-alives for ever.
func hangs(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
	for {
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
		emit(paceline.Delta{Kind: paceline.DeltaKeepAlive})
	}
}

// engine runs f in a bubble of virtual time with an engine on the script.
func engine(t *testing.T, cfg paceline.Config, steps []step, f func(*testing.T, *paceline.Engine, *script)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: steps}
		e, err := paceline.New(s, cfg)
		if err != nil {
			t.Fatal(err)
		}
		f(t, e, s)
		if err := e.Shutdown(t.Context()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
}

func TestConfigNamesEveryWrongField(t *testing.T) {
	_, err := paceline.New(&script{}, paceline.Config{
		Limits: paceline.Limits{Requests: paceline.Per(-1, time.Second), InFlight: -2},
		Retry:  paceline.Retry{Attempts: -3},
	})
	if err == nil {
		t.Fatal("a wrong config was accepted")
	}
	for _, field := range []string{"Limits.Requests", "Limits.InFlight", "Retry.Attempts"} {
		if !contains(err.Error(), field) {
			t.Errorf("%q does not name %s", err, field)
		}
	}
}

func TestFault3TransientFailuresAreRetriedWithinTheAttempts(t *testing.T) {
	busy := fails(paceline.Error{Code: paceline.CodeServer, Status: 503})
	engine(t, paceline.Config{}, []step{busy, busy, answers(time.Second, "well")}, func(t *testing.T, e *paceline.Engine, s *script) {
		resp, err := e.Do(t.Context(), &paceline.Request{Messages: paceline.User("hi")})
		if err != nil || resp.Text() != "well" || resp.Requests != 3 {
			t.Fatalf("%+v, %v", resp, err)
		}
		if st := e.Stats(); st.Retries != 2 || st.Requests != 3 || st.Causes[paceline.CodeServer] != 2 {
			t.Errorf("%+v", st)
		}
	})
	engine(t, paceline.Config{Retry: paceline.Retry{Attempts: 3}}, []step{busy}, func(t *testing.T, e *paceline.Engine, s *script) {
		_, err := e.Do(t.Context(), &paceline.Request{})
		failure, _ := errors.AsType[*paceline.Error](err)
		if failure == nil || failure.Code != paceline.CodeServer || failure.Attempts != 3 || len(s.sent) != 3 {
			t.Errorf("%v after %d requests", err, len(s.sent))
		}
	})
}

func TestFault16ADeadKeepAliveCostsNoAttemptOnce(t *testing.T) {
	stale := fails(paceline.Error{Code: paceline.CodeConnection, Stale: true})
	cfg := paceline.Config{Retry: paceline.Retry{Attempts: 1}}
	engine(t, cfg, []step{stale, answers(time.Second, "well")}, func(t *testing.T, e *paceline.Engine, s *script) {
		resp, err := e.Do(t.Context(), &paceline.Request{})
		if err != nil || resp.Text() != "well" || !s.sent[1].Equal(s.sent[0]) {
			t.Errorf("%v, %v, sent at %v", resp, err, s.sent)
		}
	})
	engine(t, cfg, []step{stale}, func(t *testing.T, e *paceline.Engine, s *script) {
		if _, err := e.Do(t.Context(), &paceline.Request{}); err == nil || len(s.sent) != 2 {
			t.Errorf("%v after %d requests, want one forgiven and one charged", err, len(s.sent))
		}
	})
}

func TestFault5TheItemsFaultIsNotRetried(t *testing.T) {
	engine(t, paceline.Config{}, []step{fails(paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400})}, func(t *testing.T, e *paceline.Engine, s *script) {
		if _, err := e.Do(t.Context(), &paceline.Request{}); paceline.CodeOf(err) != paceline.CodeInvalidRequest || len(s.sent) != 1 {
			t.Errorf("%v after %d requests", err, len(s.sent))
		}
	})
}

func TestFault1ThrottledCallsWaitAsToldAndCostNoAttempt(t *testing.T) {
	later := fails(paceline.Error{Code: paceline.CodeThrottled, Status: 429, RetryAfter: 20 * time.Second})
	steps := []step{later, later, later, later, later, later, later, answers(time.Second, "well")}
	engine(t, paceline.Config{Retry: paceline.Retry{Attempts: 1}}, steps, func(t *testing.T, e *paceline.Engine, s *script) {
		resp, err := e.Do(t.Context(), &paceline.Request{})
		if err != nil || resp.Text() != "well" {
			t.Fatalf("%v, %v", resp, err)
		}
		for i := 1; i < len(s.sent); i++ {
			if d := s.sent[i].Sub(s.sent[i-1]); d < 20*time.Second || d > 21*time.Second {
				t.Errorf("request %d came after %v, the server asked for 20s", i, d)
			}
		}
		if st := e.Stats(); st.Throttled != 7 || st.Retries != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestFault18HeadersThenSilenceIsCutByTheFirstTokenDeadline(t *testing.T) {
	cfg := paceline.Config{Deadlines: paceline.Deadlines{FirstToken: 10 * time.Second}}
	engine(t, cfg, []step{hangs, answers(time.Second, "well")}, func(t *testing.T, e *paceline.Engine, s *script) {
		began := time.Now()
		resp, err := e.Do(t.Context(), &paceline.Request{})
		if err != nil || resp.Text() != "well" {
			t.Fatalf("%v, %v", resp, err)
		}
		if took := time.Since(began); took < 11*time.Second || took > 12*time.Second {
			t.Errorf("took %v, want 10 s of hanging, a short delay and 1 s", took)
		}
		if st := e.Stats(); st.Causes[paceline.CodeFirstToken] != 1 {
			t.Errorf("causes %v", st.Causes)
		}
	})
}

func TestALongAnswerIsNotCutByTheFirstTokenDeadline(t *testing.T) {
	long := make([]string, 600)
	for i := range long {
		long[i] = "x"
	}
	cfg := paceline.Config{Deadlines: paceline.Deadlines{FirstToken: 2 * time.Second}}
	engine(t, cfg, []step{answers(time.Second, long...)}, func(t *testing.T, e *paceline.Engine, s *script) {
		resp, err := e.Do(t.Context(), &paceline.Request{})
		if err != nil || len(resp.Text()) != 600 || resp.FirstToken != time.Second || resp.Total != 600*time.Second {
			t.Errorf("%v, %v", resp, err)
		}
	})
}

func TestFault30AStreamThatOnlyPingsStalls(t *testing.T) {
	stalls := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: []byte(`"a"`)})
		return hangs(ctx, emit)
	}
	cfg := paceline.Config{Deadlines: paceline.Deadlines{Stall: 7 * time.Second}}
	engine(t, cfg, []step{stalls, answers(time.Second, "well")}, func(t *testing.T, e *paceline.Engine, s *script) {
		if resp, err := e.Do(t.Context(), &paceline.Request{}); err != nil || resp.Text() != "well" {
			t.Fatalf("%v, %v", resp, err)
		}
		if st := e.Stats(); st.Causes[paceline.CodeStall] != 1 {
			t.Errorf("causes %v", st.Causes)
		}
	})
}

func TestFault19ASlowDripEndsAtTheTotalDeadline(t *testing.T) {
	drip := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		for {
			if err := pause(ctx, time.Second); err != nil {
				return nil, err
			}
			emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: []byte(`"a"`)})
		}
	}
	cfg := paceline.Config{Deadlines: paceline.Deadlines{Total: time.Minute}, Retry: paceline.Retry{Attempts: 1}}
	engine(t, cfg, []step{drip}, func(t *testing.T, e *paceline.Engine, s *script) {
		began := time.Now()
		_, err := e.Do(t.Context(), &paceline.Request{})
		if paceline.CodeOf(err) != paceline.CodeTimeout || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestWaitingInOurQueueDoesNotCount(t *testing.T) {
	cfg := paceline.Config{
		Limits:    paceline.Limits{InFlight: 1},
		Deadlines: paceline.Deadlines{FirstToken: 2 * time.Second, Total: 5 * time.Second},
	}
	engine(t, cfg, []step{answers(time.Second, "a", "b")}, func(t *testing.T, e *paceline.Engine, s *script) {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if st := e.Stats(); st.Requests != 20 || st.Retries != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestTheFirstTokenDeadlineIsLearntAndAppliesToCallsUnderWay(t *testing.T) {
	// 100 calls at once; one hangs from the start. Those that answer in a
	// second teach a deadline of two, long before the cold start's 60 s.
	var n atomic.Int32
	mixed := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if n.Add(1) == 7 {
			return hangs(ctx, emit)
		}
		return answers(time.Second, "a", "b")(ctx, emit)
	}
	engine(t, paceline.Config{Limits: paceline.Limits{InFlight: 100}}, []step{mixed}, func(t *testing.T, e *paceline.Engine, s *script) {
		began := time.Now()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("took %v: the call that hung was not cut by the learnt deadline", took)
		}
	})
}

func TestManyHangsAmongFewCallsAreCutAllTheSame(t *testing.T) {
	// A tenth hangs: too many for the distribution to be known by its answers,
	// and nothing ends any more that could teach. Four times the slowest
	// answer is proof enough.
	var n atomic.Int32
	mixed := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i := n.Add(1); i <= 30 && i%10 == 7 {
			return hangs(ctx, emit)
		}
		return answers(time.Second, "a")(ctx, emit)
	}
	engine(t, paceline.Config{Limits: paceline.Limits{InFlight: 100}}, []step{mixed}, func(t *testing.T, e *paceline.Engine, s *script) {
		began := time.Now()
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestInvalidAnswersAreAskedForAgainAndThenKept(t *testing.T) {
	cfg := paceline.Config{Accept: func(_ *paceline.Request, r *paceline.Response) error {
		if r.Text() != "yes" {
			return errors.New("want yes")
		}
		return nil
	}}
	engine(t, cfg, []step{answers(time.Second, "no"), answers(time.Second, "yes")}, func(t *testing.T, e *paceline.Engine, s *script) {
		if resp, err := e.Do(t.Context(), &paceline.Request{}); err != nil || resp.Text() != "yes" || resp.Requests != 2 {
			t.Errorf("%v, %v", resp, err)
		}
	})
	engine(t, cfg, []step{answers(time.Second, "no")}, func(t *testing.T, e *paceline.Engine, s *script) {
		resp, err := e.Do(t.Context(), &paceline.Request{})
		if paceline.CodeOf(err) != paceline.CodeInvalidAnswer || resp.Text() != "no" || len(s.sent) != 4 {
			t.Errorf("%v, %v after %d requests", resp, err, len(s.sent))
		}
		if st := e.Stats(); st.Asked != 3 || st.Causes[paceline.CodeInvalidAnswer] != 4 || st.Usage.Completion != 20 {
			t.Errorf("%+v", st)
		}
	})
}

func TestFault47APanicInAHookIsTheItemsAlone(t *testing.T) {
	cfg := paceline.Config{Accept: func(r *paceline.Request, _ *paceline.Response) error {
		if r.Model == "bad" {
			panic("boom")
		}
		return nil
	}}
	engine(t, cfg, []step{answers(time.Second, "a")}, func(t *testing.T, e *paceline.Engine, s *script) {
		if _, err := e.Do(t.Context(), &paceline.Request{Model: "bad"}); paceline.CodeOf(err) != paceline.CodePanic {
			t.Errorf("err = %v", err)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{Model: "good"}); err != nil {
			t.Errorf("the next call fails too: %v", err)
		}
	})
}

func TestCancelGivesBackAndReturnsAtOnce(t *testing.T) {
	cfg := paceline.Config{Limits: paceline.Limits{InFlight: 1}}
	engine(t, cfg, []step{answers(time.Hour, "a"), answers(time.Second, "b")}, func(t *testing.T, e *paceline.Engine, s *script) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		for range 3 { // one in flight, two waiting
			wg.Go(func() {
				if _, err := e.Do(ctx, &paceline.Request{}); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("err = %v", err)
				}
			})
		}
		wg.Wait()
		if resp, err := e.Do(t.Context(), &paceline.Request{}); err != nil || resp.Text() != "b" {
			t.Errorf("the slot was not given back: %v, %v", resp, err)
		}
		if st := e.Stats(); st.InFlight != 0 || st.Waiting != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestShutdownFinishesWhatRunsAndRefusesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := paceline.New(&script{steps: []step{answers(10*time.Second, "a")}}, paceline.Config{Limits: paceline.Limits{InFlight: 1}})
		var wg sync.WaitGroup
		var finished, refused atomic.Int32
		for range 3 {
			wg.Go(func() {
				switch _, err := e.Do(t.Context(), &paceline.Request{}); {
				case err == nil:
					finished.Add(1)
				case errors.Is(err, paceline.ErrShutdown):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Second)
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if finished.Load() != 1 || refused.Load() != 2 {
			t.Errorf("%d finished, %d refused", finished.Load(), refused.Load())
		}
		if _, err := e.Do(t.Context(), &paceline.Request{}); !errors.Is(err, paceline.ErrShutdown) {
			t.Errorf("after shutdown: %v", err)
		}
		if st := e.Stats(); st.Requests != 1 {
			t.Errorf("the last snapshot: %+v", st)
		}
	})
}

func TestShutdownCancelsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := paceline.New(&script{steps: []step{hangs}}, paceline.Config{Deadlines: paceline.Deadlines{FirstToken: -1}})
		ended := make(chan error)
		go func() {
			_, err := e.Do(t.Context(), &paceline.Request{})
			ended <- err
		}()
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		go e.Shutdown(ctx)
		if err := <-ended; !errors.Is(err, paceline.ErrShutdown) {
			t.Errorf("err = %v", err)
		}
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("cancelled after %v", d)
		}
	})
}

func TestEventsTellTheStoryOfACall(t *testing.T) {
	var kinds []paceline.EventKind
	cfg := paceline.Config{Observe: func(ev paceline.Event) {
		kinds = append(kinds, ev.Kind)
		if ev.Endpoint != "1" || ev.Model != "m" || ev.Hedge {
			t.Errorf("%+v: it is of model m at endpoint 1, and no hedge", ev)
		}
	}}
	engine(t, cfg, []step{fails(paceline.Error{Code: paceline.CodeThrottled, RetryAfter: time.Second}), answers(time.Second, "a")},
		func(t *testing.T, e *paceline.Engine, s *script) {
			if _, err := e.Do(t.Context(), &paceline.Request{Model: "m"}); err != nil {
				t.Error(err)
			}
		})
	want := []paceline.EventKind{paceline.EventStart, paceline.EventEnd, paceline.EventLater,
		paceline.EventStart, paceline.EventFirstToken, paceline.EventEnd, paceline.EventLaterOver}
	if len(kinds) != len(want) {
		t.Fatalf("events %v, want %v", kinds, want)
	}
	for i := range want {
		if kinds[i] != want[i] {
			t.Fatalf("events %v, want %v", kinds, want)
		}
	}
}

func TestARequestThatTheProviderRepeatsIsCounted(t *testing.T) {
	repeated := func(next step) step {
		return func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
			emit(paceline.Delta{Kind: paceline.DeltaRepeat})
			return next(ctx, emit)
		}
	}
	busy := fails(paceline.Error{Code: paceline.CodeServer, Status: 503})
	engine(t, paceline.Config{}, []step{repeated(busy), repeated(answers(time.Second, "a"))}, func(t *testing.T, e *paceline.Engine, s *script) {
		resp, err := e.Do(t.Context(), &paceline.Request{})
		if err != nil || resp.Requests != 4 {
			t.Errorf("%+v, %v; two attempts of two requests each", resp, err)
		}
		if st := e.Stats(); st.Requests != 4 || st.Retries != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// TestARateOfThousandsKeepsNobodyElseWaiting has calls wait for a limit of 10,000 a
// second, at which the dispatcher looks at the coming and going of calls at each tick
// of 2 ms only: orders and questions it takes at once.
func TestARateOfThousandsKeepsNobodyElseWaiting(t *testing.T) {
	s := &script{}
	for range 1080 {
		s.steps = append(s.steps, answers(0, "a"))
	}
	synctest.Test(t, func(t *testing.T) {
		e, err := paceline.New(s, paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(10_000, time.Second), Burst: 80, InFlight: 1000}})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var all sync.WaitGroup
		for range 1080 {
			all.Go(func() {
				if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(50*time.Millisecond + 700*time.Microsecond) // between two ticks
		asked := time.Now()
		if st := e.Stats(); st.Waiting < 400 || st.Pace.LimitedBy != paceline.BottleneckRequests {
			t.Errorf("%d calls wait, for %v", st.Waiting, st.Pace.LimitedBy)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Microsecond)
		defer cancel()
		if _, err := e.Do(ctx, &paceline.Request{}); err == nil {
			t.Error("a call started that was given up in the queue")
		}
		if took := time.Since(asked); took != 300*time.Microsecond {
			t.Errorf("to look, and to give up after 300 µs, took %v", took)
		}
		all.Wait()
		if took := time.Since(began); took < 99*time.Millisecond || took > 103*time.Millisecond {
			t.Errorf("1,080 calls took %v, want about 100 ms", took)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
