package paceline_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// simulated runs n items through an engine and a simulated provider in virtual
// time, and returns what each of them saw.
type simulated struct {
	sim     sim.Config
	network sim.Durations
	cfg     paceline.Config
	items   int64
	maxTok  int64
}

type outcome struct {
	sum    paceline.Summary
	rows   *collector
	ledger sim.Ledger
	took   time.Duration
}

func (s simulated) run(t *testing.T) (out outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, err := sim.New(s.sim)
		if err != nil {
			t.Fatal(err)
		}
		network := &sim.Network{Delay: s.network, Seed: s.sim.Seed}
		client, stop := network.Serve(server)
		e, err := paceline.New(openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport}, s.cfg)
		if err != nil {
			t.Fatal(err)
		}
		src := &numbers{n: s.items}
		source := paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
			it, err := src.Next(ctx)
			it.Request = &paceline.Request{Model: "m", Messages: paceline.User(fmt.Sprint("item ", it.Index)), MaxTokens: s.maxTok}
			return it, err
		})
		out.rows = new(collector)
		began := time.Now()
		out.sum, err = e.Run(t.Context(), paceline.Job{Source: source, Sink: out.rows})
		out.took = time.Since(began)
		if err != nil {
			t.Error(err)
		}
		e.Shutdown(context.Background())
		stop()
		server.Close()
		out.ledger = server.Ledger()
	})
	return out
}

// check holds a run against the simulator's ledger: one row for each item,
// every answer one that the server gave to this very item, every request
// accounted for.
func (o outcome) check(t *testing.T, items int64) {
	t.Helper()
	o.rows.whole(t, items)
	given := map[string]sim.Record{}
	for _, r := range o.ledger.Records {
		given[r.AnswerID+"/"+r.RequestID] = r
	}
	for i, r := range o.rows.results {
		if r.Status != paceline.StatusDone {
			continue
		}
		found := false
		for _, rec := range o.ledger.Records {
			if rec.RequestID == r.Response.RequestID {
				found = rec.Complete && rec.Content == r.Response.Text()
				break
			}
		}
		if !found {
			t.Errorf("item %d: its answer %q does not stand in the ledger", i, r.Response.Text())
		}
	}
	if o.sum.Requests < o.ledger.Requests {
		t.Errorf("we count %d requests, the server saw %d", o.sum.Requests, o.ledger.Requests)
	}
}

func TestOracleARunWithEveryKindOfTrouble(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			o := simulated{
				sim: sim.Config{
					Seed: seed, KeepRequests: true,
					Limits: sim.Limits{RPS: 100, Window: sim.SlidingWindow},
					TTFT:   sim.MustDurations("lognormal:500ms,0.5"), ITL: sim.MustDurations("20ms"),
					Tokens: must(sim.ParseCounts("uniform:5,60")),
					Hang:   0.01, Stall: 0.01,
					Errors: must(sim.ParseFaults("500:0.03,503:0.02,reset:0.02,cut:0.02,html:0.01,empty:0.01")),
				},
				cfg: paceline.Config{
					Limits: paceline.Limits{Requests: paceline.Per(100, time.Second), InFlight: 400},
					Retry:  paceline.Retry{Attempts: 8},
				},
				items: 3000,
			}.run(t)
			o.check(t, 3000)
			if o.sum.Done != 3000 {
				t.Errorf("%d of 3,000 done, %d failed: %v", o.sum.Done, o.sum.Failed, o.sum.Causes)
			}
			if o.took > 90*time.Second {
				t.Errorf("took %v; the limit alone needs 33 s", o.took)
			}
		})
	}
}

// Invalid answers are asked for again, at the third time by another model; every
// token that the simulator gave is counted, at its model's price.
func TestOracleInvalidAnswersAreAskedForAgain(t *testing.T) {
	price := func(model string, u paceline.Usage) paceline.Cost {
		return paceline.Cost{USD: map[string]float64{"m": 1, "large": 10}[model] * float64(u.Prompt+u.Completion), Known: true}
	}
	o := simulated{
		sim: sim.Config{
			Seed: 1, KeepRequests: true, TTFT: sim.MustDurations("lognormal:500ms,0.5"),
			Tokens: must(sim.ParseCounts("uniform:5,60")), Invalid: 0.3,
		},
		cfg: paceline.Config{
			Limits: paceline.Limits{InFlight: 50}, Hedge: paceline.Hedge{Budget: -1}, Price: price,
			Deadlines: paceline.Deadlines{FirstToken: -1},
			Accept: func(_ *paceline.Request, r *paceline.Response) error {
				time.Sleep(time.Second) // the judge takes longer than the call
				if strings.HasPrefix(r.Text(), "I'm sorry") {
					return errors.New("you are not to be sorry")
				}
				return nil
			},
			Again: func(a paceline.Ask) *paceline.Request {
				req := *paceline.Feedback(a)
				if a.Number >= 3 {
					req.Model = "large"
				}
				return &req
			},
		},
		items: 1000,
	}.run(t)
	o.check(t, 1000)
	var cost float64
	models := map[string]int{}
	for _, r := range o.ledger.Records {
		models[r.Model]++
		cost += price(r.Model, paceline.Usage{Prompt: int64(r.PromptTokens), Completion: int64(r.CompletionTokens)}).USD
	}
	invalid := o.ledger.ByFault["invalid"]
	if o.sum.Done+o.sum.Invalid != 1000 || o.sum.Invalid == 0 || o.sum.Invalid > 30 {
		t.Errorf("%d done, %d invalid", o.sum.Done, o.sum.Invalid)
	}
	if o.sum.NotAccepted != invalid || o.sum.Asked != invalid-o.sum.Invalid || o.sum.Causes[paceline.CodeInvalidAnswer] != invalid {
		t.Errorf("%d answers were invalid; %d not accepted, %d asked for again", invalid, o.sum.NotAccepted, o.sum.Asked)
	}
	if math.Abs(o.sum.Cost.USD-cost) > 1e-6*cost || models["large"] < 50 {
		t.Errorf("cost %v, the answers given cost %v; asked %v", o.sum.Cost.USD, cost, models)
	}
	if o.took > 60*time.Second {
		t.Errorf("took %v: calls wait for the judge", o.took)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestStrictTwoASecondWithoutARefusal(t *testing.T) {
	for _, window := range []sim.Window{sim.TokenBucket, sim.FixedWindow, sim.SlidingWindow} {
		o := simulated{
			sim:   sim.Config{KeepRequests: true, Limits: sim.Limits{RPS: 2, Window: window}, TTFT: sim.MustDurations("uniform:2s,5s")},
			cfg:   paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(2, time.Second), Window: paceline.Strict}},
			items: 10,
		}.run(t)
		o.check(t, 10)
		if o.ledger.Refused != 0 || o.sum.Throttled != 0 {
			t.Errorf("%v: %d refused", window, o.ledger.Refused)
		}
		var first, last time.Time
		for _, r := range o.ledger.Records {
			if first.IsZero() || r.At.Before(first) {
				first = r.At
			}
			if r.At.After(last) {
				last = r.At
			}
		}
		if d := last.Sub(first); d > 4010*time.Millisecond {
			t.Errorf("%v: the last of ten calls was sent after %v; the theoretical time is 4 s", window, d)
		}
	}
}

func TestHangsDoNotHoldUpARun(t *testing.T) {
	// A thousand calls, a hundred at once, one in a hundred hangs for ten
	// minutes. Without any deadline this takes over ten minutes.
	for seed := range uint64(3) {
		o := simulated{
			sim: sim.Config{Seed: seed, KeepRequests: true, TTFT: sim.MustDurations("uniform:0.5s,1.5s"), Hang: 0.01, Tokens: must(sim.ParseCounts("1"))},
			cfg: paceline.Config{Limits: paceline.Limits{InFlight: 100}}, items: 1000,
		}.run(t)
		o.check(t, 1000)
		if o.took > 20*time.Second {
			t.Errorf("seed %d: took %v, the work alone is 10 s", seed, o.took)
		}
		if extra := o.sum.Requests - 1000; extra > 30 {
			t.Errorf("seed %d: %d extra requests for about 10 hangs", seed, extra)
		}
	}
}

func TestCallsOfAnotherKindAreAnsweredInTheEnd(t *testing.T) {
	// Most items are answered at once, one in twenty thinks for five seconds.
	// What is learnt from the many must not fail the few, nor may they, sent
	// again, hold up the many as probes of a pause.
	for _, throttled := range []string{"", "429:0.03", "no limit"} {
		p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
			d := 20 * time.Millisecond
			if i%20 == 7 {
				d = 5 * time.Second
			}
			return answers(d, "a")(ctx, emit)
		})
		var provider paceline.Provider = p
		limits := paceline.Limits{Requests: paceline.Per(40, time.Second)}
		switch throttled {
		case "429:0.03":
			provider = everyNth(33, p)
		case "no limit": // the many are done in a moment, and only the few are left
			limits = paceline.Limits{InFlight: 300}
		}
		running(t, provider, paceline.Config{Limits: limits}, func(t *testing.T, e *paceline.Engine) {
			began := time.Now()
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 2000}, Sink: new(collector)})
			if err != nil || sum.Done != 2000 {
				t.Errorf("%v; %d done, %d failed: %v", err, sum.Done, sum.Failed, sum.Causes)
			}
			if took := time.Since(began); took > 150*time.Second {
				t.Errorf("429s %q: took %v, the limit alone needs 50 s", throttled, took)
			}
			if extra := sum.Requests - 2000 - sum.Throttled; extra > 200 {
				t.Errorf("429s %q: %d extra requests for 100 slow items", throttled, extra)
			}
		})
	}
}

// everyNth refuses every n-th call for a moment.
func everyNth(n int, p paceline.Provider) paceline.Provider {
	var calls atomic.Int64
	return paceline.ProviderFunc(func(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		if calls.Add(1)%int64(n) == 0 {
			return nil, &paceline.Error{Code: paceline.CodeThrottled, Status: 429, RetryAfter: 100 * time.Millisecond}
		}
		return p.Attempt(ctx, req, emit)
	})
}
