package paceline_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// gate is a provider that can be down.
type gate struct {
	mu   sync.Mutex
	down bool
	sent []time.Time // while down
}

func (g *gate) set(down bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = down
}

func (g *gate) Attempt(ctx context.Context, req *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	g.mu.Lock()
	down := g.down
	if down {
		g.sent = append(g.sent, time.Now())
	}
	g.mu.Unlock()
	if down {
		return nil, &paceline.Error{Code: paceline.CodeConnection, Message: "connection refused"}
	}
	return answers(time.Second, "a")(ctx, emit)
}

func TestAnOutageOfAnHourIsWaitedOut(t *testing.T) {
	g := new(gate)
	cfg := paceline.Config{Limits: paceline.Limits{InFlight: 100, Requests: paceline.Per(50, time.Second)}}
	running(t, g, cfg, func(t *testing.T, e *paceline.Engine) {
		time.AfterFunc(20*time.Second, func() { g.set(true) })
		back := time.Now().Add(20*time.Second + time.Hour)
		time.AfterFunc(time.Until(back), func() { g.set(false) })
		var first time.Time
		sink := new(collector)
		counting := paceline.SinkFunc(func(ctx context.Context, r *paceline.Result) error {
			if first.IsZero() && !time.Now().Before(back) {
				first = time.Now()
			}
			return sink.Put(ctx, r)
		})
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 10_000}, Sink: counting})
		if err != nil {
			t.Fatal(err)
		}
		sink.whole(t, 10_000)
		if sum.Done != 10_000 {
			t.Errorf("%d done, %d failed because of an outage", sum.Done, sum.Failed)
		}
		if d := first.Sub(back); d > 6*time.Second {
			t.Errorf("the first row came %v after the end of the outage; calls take 1 s", d)
		}
		storm := map[int64]int{}
		for _, at := range g.sent[200:] { // those in flight when it began come first
			storm[at.Unix()]++
		}
		for second, n := range storm {
			if n > 1 {
				t.Errorf("%d probes in second %d", n, second)
			}
		}
	})
}

func TestAnEndpointThatNeverAnswersIsGivenUp(t *testing.T) {
	g := &gate{down: true}
	running(t, g, paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 10_000}, Sink: new(collector)})
		if paceline.CodeOf(err) != paceline.CodeOutage || sum.StoppedBy != "outage" || !contains(err.Error(), "connection refused") {
			t.Errorf("%v, stopped by %q", err, sum.StoppedBy)
		}
		if d := time.Since(began); d < 25*time.Second || d > 40*time.Second {
			t.Errorf("given up after %v", d)
		}
		if sum.Failed != 0 {
			t.Errorf("%d items have a row that blames them", sum.Failed)
		}
	})
}

// Why an endpoint does not answer is known from its first failure on, until it answers.
func TestWhyAnEndpointDoesNotAnswerIsKnownAtOnce(t *testing.T) {
	g := &gate{down: true}
	running(t, g, paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		time.AfterFunc(20*time.Second, func() { g.set(false) })
		early := time.AfterFunc(time.Second, func() {
			p := e.Stats().Pace.Endpoints[0]
			if p.Answered || p.Failing == 0 || p.Failure == nil || !contains(p.Failure.Error(), "connection refused") {
				t.Errorf("after a second: %+v", p)
			}
		})
		defer early.Stop()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
		if p := e.Stats().Pace.Endpoints[0]; err != nil || sum.Done != 100 || !p.Answered || p.Failure != nil {
			t.Errorf("%v, %d done; at the end %+v", err, sum.Done, p)
		}
	})
}

func TestOutageLimit(t *testing.T) {
	g := new(gate)
	cfg := paceline.Config{OutageLimit: 10 * time.Minute, Limits: paceline.Limits{InFlight: 10}}
	running(t, g, cfg, func(t *testing.T, e *paceline.Engine) {
		time.AfterFunc(20*time.Second, func() { g.set(true) })
		began := time.Now()
		_, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 10_000}, Sink: new(collector)})
		if d := time.Since(began); paceline.CodeOf(err) != paceline.CodeOutage || d < 10*time.Minute || d > 11*time.Minute {
			t.Errorf("%v after %v", err, d)
		}
	})
}

func TestDoIsGivenUpToo(t *testing.T) {
	running(t, &gate{down: true}, paceline.Config{Retry: paceline.Retry{Attempts: 100}}, func(t *testing.T, e *paceline.Engine) {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := e.Do(t.Context(), &paceline.Request{}); paceline.CodeOf(err) != paceline.CodeOutage {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestAPoolSpreadsCallsAndLeavesOutWhatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		well, sick := new(gate), &gate{down: true}
		e, err := paceline.NewPool([]paceline.Endpoint{
			{Name: "well", Provider: well, Limits: paceline.Limits{InFlight: 10}},
			{Name: "sick", Provider: sick, Limits: paceline.Limits{InFlight: 10}},
		}, paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1000}, Sink: sink})
		if err != nil || sum.Done != 1000 {
			t.Errorf("%v, %d done, %d failed", err, sum.Done, sum.Failed)
		}
		if p := e.Stats().Pace; !p.Endpoints[1].Down || p.Endpoints[1].Answered || p.Endpoints[0].Down || p.InFlight != 10 {
			t.Errorf("the endpoints stand so: %+v; %d may be in flight", p.Endpoints, p.InFlight)
		}
		if p := sum.Pace.Endpoints[1]; p.Name != "sick" || p.DownFor < time.Second || p.Failing < 10 {
			t.Errorf("the summary says of the one that is down: %+v", p)
		}
		if n := len(sick.sent); n > 150 {
			t.Errorf("the endpoint that is down got %d calls", n)
		}
		e.Shutdown(context.Background())
	})
}

func TestAnItemThatAlwaysFailsIsNotAnOutage(t *testing.T) {
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i == 5 {
			return nil, &paceline.Error{Code: paceline.CodeServer, Status: 500}
		}
		return answers(time.Second, "a")(ctx, emit)
	})
	for _, inFlight := range []int{1, 10} {
		running(t, p, paceline.Config{Retry: paceline.Retry{Attempts: 30}, Limits: paceline.Limits{InFlight: inFlight}}, func(t *testing.T, e *paceline.Engine) {
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 8}, Sink: new(collector)})
			if err != nil || sum.Done != 7 || sum.Failed != 1 {
				t.Errorf("%d in flight: %v, %+v", inFlight, err, sum.Stats)
			}
		})
	}
}

func TestItemsThatAlwaysFailAtTheEndOfARunDoNotHoldItUpForEver(t *testing.T) {
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i >= 95 {
			return nil, &paceline.Error{Code: paceline.CodeServer, Status: 500, Remote: true}
		}
		return answers(time.Second, "a")(ctx, emit)
	})
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 10}}, func(t *testing.T, e *paceline.Engine) {
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
		if err != nil || sum.Done != 95 || sum.Failed != 5 {
			t.Errorf("%v, %d done, %d failed", err, sum.Done, sum.Failed)
		}
		if took := time.Since(began); took > 20*time.Minute {
			t.Errorf("took %v", took)
		}
	})
}

func TestAWrongPoolIsRefused(t *testing.T) {
	_, err := paceline.NewPool([]paceline.Endpoint{{Name: "eu", Limits: paceline.Limits{InFlight: -1}, Weight: -1}}, paceline.Config{})
	for _, want := range []string{"endpoint eu", "Provider", "Weight", "Limits.InFlight"} {
		if err == nil || !contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	if _, err := paceline.NewPool(nil, paceline.Config{}); err == nil {
		t.Error("an empty pool was accepted")
	}
}

func TestHedgeRescuesASlowBeginning(t *testing.T) {
	var mu sync.Mutex
	n := 0
	var losers []error
	p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		mu.Lock()
		n++
		slow := n == 150
		mu.Unlock()
		if slow {
			_, err := hangs(ctx, emit)
			losers = append(losers, context.Cause(ctx))
			return nil, err
		}
		return answers(time.Second, "a")(ctx, emit)
	})
	hedges := map[paceline.EventKind]int{} // an attempt is one from its beginning to its end
	observe := func(ev paceline.Event) {
		if ev.Hedge {
			hedges[ev.Kind]++
		}
	}
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 50}, Observe: observe}, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 150}, Sink: sink})
		if err != nil {
			t.Fatal(err)
		}
		sink.whole(t, 150)
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if hedges[paceline.EventStart] != 1 || hedges[paceline.EventFirstToken] != 1 || hedges[paceline.EventEnd] != 1 {
			t.Errorf("events of hedges: %v, want one of each kind", hedges)
		}
		if sum.Hedges != 1 || sum.Requests != 151 || sum.Retries != 0 {
			t.Errorf("%+v", sum.Stats)
		}
		if took := time.Since(began); took > 5500*time.Millisecond {
			t.Errorf("took %v: 3 s of work, and a hedge after about 1 s", took)
		}
		if len(losers) != 1 || !contains(fmt.Sprint(losers[0]), "quicker") {
			t.Errorf("losers %v", losers)
		}
		twice := 0
		for _, r := range sink.results {
			if r.Requests == 2 {
				twice++
			}
		}
		if twice != 1 {
			t.Errorf("%d items count two requests, want the one that was hedged", twice)
		}
	})
}

func TestNoHedgeWhileOthersWaitOrWhenOff(t *testing.T) {
	slow := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i%10 == 9 {
			return answers(1900*time.Millisecond, "a")(ctx, emit)
		}
		return answers(time.Second, "a")(ctx, emit)
	})
	for _, c := range []struct {
		name string
		cfg  paceline.Config
	}{
		{"off", paceline.Config{Hedge: paceline.Hedge{Budget: -1}, Limits: paceline.Limits{InFlight: 50}}},
		{"waiting", paceline.Config{Hedge: paceline.Hedge{Budget: 1}, Limits: paceline.Limits{InFlight: 1, Requests: paceline.Per(1, time.Second)}}},
	} {
		running(t, slow, c.cfg, func(t *testing.T, e *paceline.Engine) {
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 200}, Sink: new(collector)})
			if err != nil || sum.Hedges != 0 {
				t.Errorf("%s: %v, %d hedges", c.name, err, sum.Hedges)
			}
		})
	}
}

func TestAHedgeOfWholeAnswersTakesTheFirstThatEnds(t *testing.T) {
	// A provider without deltas: nothing is known before the end.
	var mu sync.Mutex
	n := 0
	p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, _ func(paceline.Delta)) (*paceline.Response, error) {
		mu.Lock()
		n++
		d := time.Second
		if n == 100 {
			d = 40 * time.Second
		}
		mu.Unlock()
		if err := pause(ctx, d); err != nil {
			return nil, err
		}
		return text("a"), nil
	})
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 50}, Deadlines: paceline.Deadlines{FirstToken: -1}}, func(t *testing.T, e *paceline.Engine) {
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
		if err != nil || sum.Done != 100 || sum.Hedges != 1 {
			t.Errorf("%v, %+v", err, sum.Stats)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestAHedgeWhoseFirstFailsIsStillUsed(t *testing.T) {
	var mu sync.Mutex
	n := 0
	p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		mu.Lock()
		n++
		last := n == 100
		mu.Unlock()
		if last {
			if err := pause(ctx, 1500*time.Millisecond); err != nil {
				return nil, err
			}
			return nil, &paceline.Error{Code: paceline.CodeServer, Status: 500}
		}
		return answers(time.Second, "a")(ctx, emit)
	})
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 50}}, func(t *testing.T, e *paceline.Engine) {
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
		if err != nil || sum.Done != 100 || sum.Retries != 0 || sum.Hedges != 1 {
			t.Errorf("%v, %+v", err, sum.Stats)
		}
		if sum.Causes[paceline.CodeServer] != 1 {
			t.Errorf("the failure is not counted: %v", sum.Causes)
		}
	})
}

func TestShutdownJoinsHedges(t *testing.T) {
	var started sync.WaitGroup
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if i == 99 {
			return hangs(ctx, emit)
		}
		return answers(time.Second, "a")(ctx, emit)
	})
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 50}, Deadlines: paceline.Deadlines{FirstToken: -1}}, func(t *testing.T, e *paceline.Engine) {
		started.Go(func() {
			_, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
			if !errors.Is(err, paceline.ErrShutdown) {
				t.Error(err)
			}
		})
		time.Sleep(20 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e.Shutdown(ctx)
		started.Wait()
	})
}

// byStart returns a provider whose n-th attempt, from 1, is steps[n], and well
// after a second if there is none.
func byStart(steps map[int]step) paceline.Provider {
	var n atomic.Int64
	return paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		if s := steps[int(n.Add(1))]; s != nil {
			return s(ctx, emit)
		}
		return answers(time.Second, "a")(ctx, emit)
	})
}

func TestAHedgeThatHangsHasAHedgeItself(t *testing.T) {
	for _, failing := range []step{hangs, func(ctx context.Context, _ func(paceline.Delta)) (*paceline.Response, error) {
		if err := pause(ctx, 1500*time.Millisecond); err != nil {
			return nil, err
		}
		return nil, &paceline.Error{Code: paceline.CodeServer, Status: 500}
	}} {
		p := byStart(map[int]step{300: failing, 301: hangs})
		cfg := paceline.Config{Limits: paceline.Limits{InFlight: 50}, Deadlines: paceline.Deadlines{FirstToken: -1}}
		running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
			began := time.Now()
			sink := new(collector)
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 300}, Sink: sink})
			if err != nil || sum.Done != 300 || sum.Hedges != 2 || sum.Requests != 302 {
				t.Errorf("%v, %+v", err, sum.Stats)
			}
			if took := time.Since(began); took > 9500*time.Millisecond {
				t.Errorf("took %v: 6 s of work, and two hedges after about 1 s each", took)
			}
			three := 0
			for _, r := range sink.results {
				if r.Requests == 3 {
					three++
				}
			}
			if three != 1 {
				t.Errorf("%d items count three requests, want the one that was hedged twice", three)
			}
		})
	}
}

func TestAnAnswerOfAHedgeThatIsNotAcceptedIsCounted(t *testing.T) {
	p := byStart(map[int]step{100: hangs, 101: answers(time.Second, "bad")})
	cfg := paceline.Config{
		Limits: paceline.Limits{InFlight: 50},
		Price: func(_ string, u paceline.Usage) paceline.Cost {
			return paceline.Cost{USD: float64(u.Prompt), Known: true}
		},
		Accept: func(_ *paceline.Request, r *paceline.Response) error {
			if r.Text() == "bad" {
				return errors.New("want a")
			}
			return nil
		},
	}
	running(t, p, cfg, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: sink})
		if err != nil || sum.Done != 100 || sum.Hedges != 1 || sum.Asked != 1 || sum.Causes[paceline.CodeInvalidAnswer] != 1 {
			t.Errorf("%v, %+v", err, sum.Stats)
		}
		if sum.Usage.Prompt != 1010 || sum.Cost.USD != 1010 {
			t.Errorf("%+v for %+v, want the 101 answers that came", sum.Usage, sum.Cost)
		}
		for _, r := range sink.results {
			if want := int64(10); r.Requests == 3 && (r.Usage.Prompt != 2*want || r.Cost.USD != 20) || r.Requests == 2 {
				t.Errorf("%d requests used %+v for %+v", r.Requests, r.Usage, r.Cost)
			}
		}
	})
}

func TestBothAnswersOfARaceThatArePaidForAreInTheRow(t *testing.T) {
	// A provider of whole answers that does not heed its context in time.
	whole := func(d time.Duration) step {
		return func(context.Context, func(paceline.Delta)) (*paceline.Response, error) {
			time.Sleep(d)
			return text("a"), nil
		}
	}
	steps := map[int]step{100: whole(3 * time.Second)}
	for i := range 99 {
		steps[i+1] = whole(time.Second)
	}
	steps[101] = whole(time.Second)
	running(t, byStart(steps), paceline.Config{Limits: paceline.Limits{InFlight: 50}, Deadlines: paceline.Deadlines{FirstToken: -1}}, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: sink})
		if err != nil || sum.Done != 100 || sum.Hedges != 1 || sum.Usage.Prompt != 1010 {
			t.Errorf("%v, %+v", err, sum.Stats)
		}
		for _, r := range sink.results {
			if want := int64(10 * r.Requests); r.Usage.Prompt != want {
				t.Errorf("%d requests used %+v", r.Requests, r.Usage)
			}
		}
	})
}

func TestFault4ABadKeyTakesItsEndpointOutOfThePool(t *testing.T) {
	for _, code := range []paceline.Code{paceline.CodeAuth, paceline.CodeQuota} {
		synctest.Test(t, func(t *testing.T) {
			var outs []string
			bad := always(fails(paceline.Error{Code: code, Status: 401, Remote: true, Message: "no"}))
			e, err := paceline.NewPool([]paceline.Endpoint{
				{Name: "good", Provider: always(answers(time.Second, "a")), Limits: paceline.Limits{InFlight: 10}},
				{Name: "bad", Provider: bad, Limits: paceline.Limits{InFlight: 10}},
			}, paceline.Config{Observe: func(ev paceline.Event) {
				if ev.Kind == paceline.EventOut {
					outs = append(outs, ev.Err.Error())
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
			if err != nil || sum.Done != 100 || sum.Retries != 0 || sum.Causes[code] > 10 {
				t.Errorf("%v, %+v", err, sum.Stats)
			}
			if st := e.Stats(); len(st.Out) != 1 || st.Out[0].Endpoint != "bad" || st.Pace.InFlight != 10 || st.Pace.Endpoints[1].Out != st.Out[0] {
				t.Errorf("out are %v, %d may be in flight", st.Out, st.Pace.InFlight)
			}
			e.Shutdown(t.Context())
			if len(outs) != 1 || !contains(outs[0], "at endpoint bad: no") {
				t.Errorf("told %q", outs)
			}
		})
	}
}

func TestFault4TheRunStopsWhenNoKeyIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := always(fails(paceline.Error{Code: paceline.CodeAuth, Status: 401}))
		e, err := paceline.NewPool([]paceline.Endpoint{{Provider: bad}, {Provider: bad}, {Provider: bad}}, paceline.Config{})
		if err != nil {
			t.Fatal(err)
		}
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
		failure, _ := errors.AsType[*paceline.Error](err)
		if failure == nil || failure.Code != paceline.CodeAuth || failure.Endpoint == "" || sum.StoppedBy != "auth" {
			t.Errorf("%v, stopped by %q", err, sum.StoppedBy)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{}); paceline.CodeOf(err) != paceline.CodeAuth {
			t.Errorf("a call afterwards: %v", err)
		}
		e.Shutdown(t.Context())
	})
}

func TestALoserThatToldItsUsageCostsTheSameInTheRowAndTheRun(t *testing.T) {
	// A server that counts on in every chunk, and one request that never has content.
	told := func(ctx context.Context, _ func(paceline.Delta)) (*paceline.Response, error) {
		<-ctx.Done()
		return nil, &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(ctx), Usage: paceline.Usage{Prompt: 100, Known: true}}
	}
	steps := map[int]step{100: told}
	for i := range 99 {
		steps[i+1] = answers(time.Second, "a")
	}
	steps[101] = answers(time.Second, "a")
	cfg := paceline.Config{Limits: paceline.Limits{InFlight: 50}, Deadlines: paceline.Deadlines{FirstToken: -1}, Price: testPrice}
	running(t, byStart(steps), cfg, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: sink})
		if err != nil || sum.Done != 100 || sum.Hedges != 1 || sum.Unsettled != 0 || len(sum.Causes) != 0 {
			t.Errorf("%v, %+v", err, sum.Stats)
		}
		cost := 0.0
		for _, r := range sink.results {
			cost += r.Cost.USD
		}
		if math.Abs(cost-sum.Cost.USD) > 1e-12 || sum.Usage.Prompt != 1100 {
			t.Errorf("the rows cost $%g, the run $%g for %+v", cost, sum.Cost.USD, sum.Usage)
		}
	})
}

// A provider that offers to make its attempts on smaller stacks makes them so.
func TestACompactProviderMakesTheAttempts(t *testing.T) {
	running(t, new(bulky), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		resp, err := e.Do(t.Context(), &paceline.Request{Model: "m", Messages: paceline.User("hi")})
		if err != nil || resp == nil {
			t.Errorf("%v, %v", resp, err)
		}
	})
}

type bulky struct{}

func (*bulky) Attempt(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
	return nil, &paceline.Error{Code: paceline.CodeInvalidRequest, Message: "not this one"}
}

func (b *bulky) CompactOf(of paceline.Provider) paceline.Provider {
	if of != paceline.Provider(b) {
		return of
	}
	return paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		return answers(time.Second, "a")(ctx, emit)
	})
}
