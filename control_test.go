package paceline_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// pace counts the calls that start in each of the next seconds, while f may
// change something between them.
func paceOf(t *testing.T, e *paceline.Engine, seconds int, f func(second int)) []int64 {
	t.Helper()
	go e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1_000_000}, Sink: new(collector)})
	var counts []int64
	last := int64(0)
	for s := range seconds {
		f(s)
		time.Sleep(time.Second)
		now := e.Stats().Requests
		counts = append(counts, now-last)
		last = now
	}
	return counts
}

func TestLimitsChangeAtOnceOnARunningJob(t *testing.T) {
	cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(100, time.Second), InFlight: 1000}}
	running(t, always(answers(100*time.Millisecond, "a")), cfg, func(t *testing.T, e *paceline.Engine) {
		counts := paceOf(t, e, 6, func(second int) {
			switch second {
			case 2:
				if err := e.SetLimits("", paceline.Limits{Requests: paceline.Per(10, time.Second), InFlight: 1000}); err != nil {
					t.Error(err)
				}
			case 4:
				e.SetLimits("1", paceline.Limits{Requests: paceline.Per(500, time.Second), InFlight: 1000})
			}
		})
		for i, want := range []int64{100, 100, 10, 10, 500, 500} {
			if counts[i] < want*85/100 || counts[i] > want*115/100+1 {
				t.Errorf("second %d: %d calls, want about %d (all: %v)", i, counts[i], want, counts)
			}
		}
	})
}

func TestPauseAndResumeLoseNothing(t *testing.T) {
	cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(100, time.Second), InFlight: 1000}}
	running(t, always(answers(100*time.Millisecond, "a")), cfg, func(t *testing.T, e *paceline.Engine) {
		time.AfterFunc(2*time.Second, e.Pause)
		time.AfterFunc(9*time.Second, func() {
			if st := e.Stats(); st.Pace.LimitedBy != paceline.BottleneckHold || st.InFlight != 0 {
				t.Errorf("while paused: limited by %q, %d in flight", st.Pace.LimitedBy, st.InFlight)
			}
		})
		time.AfterFunc(10*time.Second, e.Resume)
		sink := new(collector)
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 500}, Sink: sink})
		if err != nil || sum.Done != 500 {
			t.Errorf("%v, %d done", err, sum.Done)
		}
		sink.whole(t, 500)
		if took := time.Since(began); took < 12*time.Second || took > 14*time.Second {
			t.Errorf("took %v: 5 s of work and 8 s of pause", took)
		}
	})
}

func TestFewerInFlightTakesEffectAsCallsEnd(t *testing.T) {
	cfg := paceline.Config{Limits: paceline.Limits{InFlight: 50}, Hedge: paceline.Hedge{Budget: -1}}
	running(t, always(answers(time.Second, "a")), cfg, func(t *testing.T, e *paceline.Engine) {
		counts := paceOf(t, e, 6, func(second int) {
			if second == 3 {
				e.SetLimits("", paceline.Limits{InFlight: 5})
			}
		})
		if before := counts[0] + counts[1] + counts[2]; before < 140 || before > 210 || counts[4]+counts[5] > 15 {
			t.Errorf("calls a second: %v, want 50 and then 5", counts) // a call on the second may count to either
		}
	})
}

func TestWrongLimitsChangeNothing(t *testing.T) {
	running(t, always(answers(time.Second, "a")), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		if err := e.SetLimits("", paceline.Limits{InFlight: -1}); err == nil || !contains(err.Error(), "InFlight") {
			t.Errorf("err = %v", err)
		}
		if err := e.SetLimits("nowhere", paceline.Limits{}); err == nil || !contains(err.Error(), "nowhere") {
			t.Errorf("err = %v", err)
		}
	})
}

// A provider that lets in 5 calls a second and says nothing of it.
func fiveASecond() byNumber {
	var mu sync.Mutex
	free, last := 5.0, time.Now()
	let := answers(time.Second, "a")
	return func(_ int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		mu.Lock()
		free = min(5, free+5*time.Since(last).Seconds())
		last = time.Now()
		refused := free < 1
		if !refused {
			free--
		}
		mu.Unlock()
		if refused {
			return nil, &paceline.Error{Code: paceline.CodeThrottled, Status: 429, Remote: true}
		}
		return let(ctx, emit)
	}
}

func TestALimitThatNobodyTellsIsFoundOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := paceline.New(fiveASecond(), paceline.Config{Hedge: paceline.Hedge{Budget: -1}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		go e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1_000_000}, Sink: new(collector)})
		time.Sleep(time.Minute)
		before := e.Stats()
		time.Sleep(4 * time.Minute)
		after := e.Stats()
		let := after.Done - before.Done
		if let < 1100 || after.Throttled > after.Requests/50 {
			t.Errorf("%d calls in four minutes, where 1,200 are let in; %d of %d refused", let, after.Throttled, after.Requests)
		}
		if p := after.Pace; !p.FoundOut || !p.Adapts || p.RequestsGiven || p.Requests.PerSecond() < 4.5 || p.Requests.PerSecond() > 5.5 {
			t.Errorf("the pace is %+v, want about 5 a second that were found out", p)
		}
		e.SetLimits("", paceline.Limits{Requests: paceline.Per(2, time.Second), InFlight: 9})
		time.Sleep(time.Minute)
		given := e.Stats()
		if p := given.Pace; p.FoundOut || p.Adapts || !p.RequestsGiven || p.TokensGiven || p.InFlight != 9 || p.Requests != paceline.Per(2, time.Second) || given.Throttled > after.Throttled+1 {
			t.Errorf("after a limit was given: %+v, %d refused since", p, given.Throttled-after.Throttled)
		}
	})
}

func TestLimitsThatWereToldBesideAStrictOneHoldAfterIt(t *testing.T) {
	told := &paceline.RateLimits{Requests: paceline.Allowance{Limit: 600, Window: time.Minute, Left: 600}}
	p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		emit(paceline.Delta{Kind: paceline.DeltaSent})
		emit(paceline.Delta{Kind: paceline.DeltaHeader, Limits: told})
		return answers(100*time.Millisecond, "a")(ctx, emit)
	})
	cfg := paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(5, time.Second), Window: paceline.Strict, InFlight: 1000}}
	running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
		counts := paceOf(t, e, 6, func(second int) {
			if second == 3 {
				e.SetLimits("", paceline.Limits{InFlight: 1000})
			}
		})
		if counts[1] > 5 || counts[5] < 8 || counts[5] > 12 {
			t.Errorf("%v calls in the seconds of a strict limit of 5 and, from the fourth, of 600 a minute that were told", counts)
		}
	})
}
