package paceline_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// mixed runs items that name models in turn against a simulated provider, and
// returns when the last item of each was answered.
func mixed(t *testing.T, server sim.Config, cfg paceline.Config, items int64, models ...string) (last map[string]time.Duration, sum paceline.Summary, ledger sim.Ledger) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := sim.New(server)
		if err != nil {
			t.Fatal(err)
		}
		client, stop := new(sim.Network).Serve(s)
		e, err := paceline.New(openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		src := &numbers{n: items}
		source := paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
			it, err := src.Next(ctx)
			it.Request = &paceline.Request{
				Model: models[int(it.Index)%len(models)], Messages: paceline.User(fmt.Sprint("item ", it.Index)), MaxTokens: 10,
			}
			return it, err
		})
		last = map[string]time.Duration{}
		began := time.Now()
		sum, err = e.Run(t.Context(), paceline.Job{Source: source, Sink: paceline.SinkFunc(func(_ context.Context, r *paceline.Result) error {
			if r.Err != nil {
				t.Error(r.Err)
			}
			last[r.Item.Request.Model] = time.Since(began)
			return nil
		})})
		if err != nil || sum.Done != items {
			t.Errorf("%v, %d done", err, sum.Done)
		}
		e.Shutdown(context.Background())
		stop()
		s.Close()
		ledger = s.Ledger()
	})
	return last, sum, ledger
}

func TestWhatIsToldOfOneModelDoesNotConfuseAnother(t *testing.T) {
	// The slow model's 120 calls take two minutes; the quick one's ten seconds,
	// though they stand between them in the input.
	last, sum, ledger := mixed(t, sim.Config{
		TTFT: sim.MustDurations("300ms"), KeepRequests: true,
		ModelLimits: map[string]sim.Limits{"slow": {RPM: 60, Burst: 1}, "quick": {RPM: 1200}},
	}, paceline.Config{}, 240, "slow", "quick")
	if d := last["quick"]; d > 20*time.Second {
		t.Errorf("the quick model ends after %v, its limit alone needs 6 s", d)
	}
	if d := last["slow"]; d < 115*time.Second || d > 135*time.Second {
		t.Errorf("the slow model ends after %v, its limit alone needs 2 min", d)
	}
	// Before the first answers nobody knows of a limit.
	if refused := sum.Throttled; refused > 20 {
		t.Errorf("%d calls were refused", refused)
	}
	pace := map[string]float64{}
	for _, m := range sum.Pace.Models {
		pace[m.Model] = m.Requests.PerSecond()
	}
	if pace["slow"] != 1 || pace["quick"] != 20 || len(pace) != 2 {
		t.Errorf("in force, a second: %v", pace)
	}
	t.Logf("%v, %d refused, %d requests", last, sum.Throttled, ledger.Requests)
}

func TestLimitsGivenForModels(t *testing.T) {
	_, sum, ledger := mixed(t, sim.Config{
		TTFT:        sim.MustDurations("uniform:100ms,900ms"),
		ModelLimits: map[string]sim.Limits{"a": {RPS: 2, Window: sim.SlidingWindow}, "b": {RPM: 600, Window: sim.FixedWindow}},
		Headers:     sim.NoHeaders,
	}, paceline.Config{Models: map[string]paceline.Limits{
		"a": {Requests: paceline.Per(2, time.Second), Window: paceline.Strict},
		"b": {Requests: paceline.Per(600, time.Minute)},
	}}, 200, "a", "b")
	if sum.Throttled != 0 || ledger.Requests != 200 {
		t.Errorf("%d calls were refused, %d requests", sum.Throttled, ledger.Requests)
	}
}

func TestARefusedModelLeavesTheOthersGoing(t *testing.T) {
	p := paceline.ProviderFunc(func(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		if req.Model == "refused" {
			return nil, &paceline.Error{Code: paceline.CodeThrottled, Status: 429, Remote: true, RetryAfter: time.Hour}
		}
		return answers(time.Second, "a")(ctx, emit)
	})
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 10}}, func(t *testing.T, e *paceline.Engine) {
		ctx, cancel := context.WithCancel(t.Context())
		go e.Do(ctx, &paceline.Request{Model: "refused"})
		time.Sleep(time.Second)
		began := time.Now()
		if _, err := e.Do(t.Context(), &paceline.Request{Model: "other"}); err != nil || time.Since(began) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		st := e.Stats()
		if st.Pace.PausedFor < 50*time.Minute || len(st.Pace.Models) != 2 || st.Pace.Models[0].PausedFor > 0 || st.Pace.Models[1].PausedFor < 50*time.Minute {
			t.Errorf("%+v", st.Pace)
		}
		cancel()
	})
}

func TestModelLimitsAreChecked(t *testing.T) {
	bad := map[string]paceline.Limits{"": {}, "m": {InFlight: -1, Requests: paceline.Per(-1, time.Second)}}
	cfg := paceline.Config{Models: bad}
	_, one := paceline.New(always(answers(0, "a")), cfg)
	_, pool := paceline.NewPool([]paceline.Endpoint{{Name: "eu", Provider: always(answers(0, "a")), Models: bad}}, paceline.Config{})
	for _, want := range []string{"a model has no name", `Models["m"].InFlight`, `Models["m"].Requests`} {
		for _, err := range []error{one, pool, cfg.Validate()} {
			if err == nil || !contains(err.Error(), want) {
				t.Errorf("%v does not name %s", err, want)
			}
		}
	}
	running(t, always(answers(time.Second, "a")), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		for _, err := range []error{
			e.SetModelLimits("", "", paceline.Limits{}),
			e.SetModelLimits("", "m", paceline.Limits{Burst: -1}),
			e.SetModelLimits("nowhere", "m", paceline.Limits{}),
		} {
			if err == nil {
				t.Error("accepted")
			}
		}
	})
}

func TestModelLimitsChangeOnARunningEngine(t *testing.T) {
	running(t, always(answers(time.Second, "a")), paceline.Config{Limits: paceline.Limits{InFlight: 100}}, func(t *testing.T, e *paceline.Engine) {
		if err := e.SetModelLimits("", "m", paceline.Limits{Requests: paceline.Per(1, time.Minute), Burst: 1}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		e.Do(ctx, &paceline.Request{Model: "m"})
		if _, err := e.Do(ctx, &paceline.Request{Model: "m"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second call within a minute: %v", err)
		}
		if err := e.SetModelLimits("1", "m", paceline.Limits{}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{Model: "m"}); err != nil {
			t.Error(err)
		}
	})
}

func TestContradictoryLimitsAreRefused(t *testing.T) {
	second := paceline.Per(10, time.Second)
	for want, l := range map[string]paceline.Limits{
		"Limits.Burst":    {Burst: 5},
		"goes with":       {Burst: 5, Requests: second, Window: paceline.Strict},
		"Limits.Requests": {Requests: paceline.Rate{N: 5}},
		"Limits.Tokens":   {Tokens: paceline.Per(-1, time.Minute)},
		"Limits.Money":    {Money: paceline.Per(0, time.Hour)},
	} {
		_, err := paceline.New(always(answers(0, "a")), paceline.Config{Limits: l, Price: testPrice})
		if err == nil || !contains(err.Error(), want) {
			t.Errorf("%+v: %v does not say %q", l, err, want)
		}
	}
	for _, l := range []paceline.Limits{{Burst: 50, Requests: second}, {Requests: second, Window: paceline.Strict}} {
		if err := (&paceline.Config{Limits: l}).Validate(); err != nil {
			t.Errorf("%+v: %v", l, err)
		}
	}
}
