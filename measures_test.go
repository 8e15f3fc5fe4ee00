package paceline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// moody answers well, mostly, and has every trouble that counts somewhere else.
func moody(rate float64) paceline.ProviderFunc {
	return func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		switch n := rand.Float64(); {
		case n < rate:
			return fails(paceline.Error{Code: paceline.CodeServer, Status: 500})(ctx, emit)
		case n < 2*rate:
			return fails(paceline.Error{Code: paceline.CodeThrottled, Status: 429, RetryAfter: time.Second})(ctx, emit)
		case n < 3*rate:
			emit(paceline.Delta{Kind: paceline.DeltaRepeat})
		case n < 4*rate:
			return hangs(ctx, emit)
		case n < 5*rate:
			return fails(paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400})(ctx, emit)
		}
		return answers(time.Duration(100+rand.IntN(200))*time.Millisecond, "one", "two")(ctx, emit)
	}
}

func TestMeasuresAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := paceline.Config{
			Asks: 2, Hedge: paceline.Hedge{Budget: 0.2}, Deadlines: paceline.Deadlines{FirstToken: 3 * time.Second},
			Accept: func(*paceline.Request, *paceline.Response) error {
				if rand.IntN(20) == 0 {
					return fmt.Errorf("not liked")
				}
				return nil
			},
			Price: func(string, paceline.Usage) paceline.Cost { return paceline.Cost{USD: 1.0 / 1024, Known: true} },
		}
		e, err := paceline.NewPool([]paceline.Endpoint{
			{Name: "a", Provider: moody(0.02), Limits: paceline.Limits{InFlight: 50}},
			{Name: "b", Provider: moody(0.05), Limits: paceline.Limits{InFlight: 50}},
		}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		src := &numbers{n: 2000}
		source := paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
			it, err := src.Next(ctx)
			it.Request = &paceline.Request{Model: fmt.Sprint("m", it.Index%70), Messages: paceline.User("hi")}
			return it, err
		})
		var looked atomic.Int64
		over, stop := context.WithCancel(t.Context())
		go func() { // while it goes on
			for pause(over, time.Second) == nil {
				checkMeasures(t, e.Measures())
				looked.Add(1)
			}
		}()
		_, err = e.Run(t.Context(), paceline.Job{Source: source, Sink: new(collector)})
		stop()
		if err != nil {
			t.Fatal(err)
		}
		before := e.Measures()
		checkMeasures(t, before)
		if before.Ended() != 2000 || before.Hedges == 0 || before.Throttled == 0 || before.NotAccepted == 0 || looked.Load() < 10 {
			t.Errorf("the run had too little of what is to be counted: %+v, looked %d times", before.Stats, looked.Load())
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := e.Measures()
		if after.Requests != before.Requests || after.Totals.Count() != before.Totals.Count() || len(after.Traffic) != len(before.Traffic) {
			t.Errorf("after shutdown %+v, before %+v", after.Stats, before.Stats)
		}
		checkMeasures(t, after)
	})
}

// checkMeasures holds the traffic by endpoint and model against the totals.
func checkMeasures(t *testing.T, m paceline.Measures) {
	t.Helper()
	var requests, inFlight, repeats int64
	var usage paceline.Usage
	cost, names, causes := 0.0, map[string]bool{}, map[paceline.Code]int64{}
	for _, at := range m.Traffic {
		requests += at.Requests
		repeats += at.Repeated
		open := at.Requests - at.Answered - at.Repeated
		for code, n := range at.Failed {
			open -= n
			causes[code] += n
		}
		if open < 0 {
			t.Errorf("%s/%s: more ends than requests: %+v", at.Endpoint, at.Model, at)
		}
		inFlight += open
		usage.Prompt, usage.Completion = usage.Prompt+at.Usage.Prompt, usage.Completion+at.Usage.Completion
		cost += at.Cost.USD
		if names[at.Endpoint+"/"+at.Model] {
			t.Errorf("%s/%s stands twice", at.Endpoint, at.Model)
		}
		names[at.Endpoint+"/"+at.Model] = true
	}
	if requests != m.Requests || inFlight != int64(m.InFlight) {
		t.Errorf("%d requests of which %d are in flight, by models; %d and %d in all", requests, inFlight, m.Requests, m.InFlight)
	}
	if usage.Prompt != m.Usage.Prompt || usage.Completion != m.Usage.Completion || cost != m.Cost.USD {
		t.Errorf("%+v and $%v by models, %+v and $%v in all", usage, cost, m.Usage, m.Cost.USD)
	}
	for code, n := range causes {
		if n != m.Causes[code] && code != paceline.CodeOutrun {
			t.Errorf("%v: %d by models, %d in all", code, n, m.Causes[code])
		}
	}
	checkDistribution(t, m.FirstTokens, m.FirstToken)
	checkDistribution(t, m.Totals, m.Total)
	if m.Ended() == 2000 && (len(names) > 2*65 || len(names) < 2*60 || !names["a/"] || !names["b/"]) {
		t.Errorf("models beyond 64 are told apart, or others are not: %d", len(names))
	}
}

// checkDistribution holds a distribution against its quantiles.
func checkDistribution(t *testing.T, d paceline.Distribution, l paceline.Latency) {
	t.Helper()
	var n int64
	var sum, median time.Duration
	for at, count := range d.All() {
		if n < (l.Count+1)/2 {
			median = at
		}
		n += count
		sum += time.Duration(count) * at
	}
	near := func(a, b time.Duration) bool {
		return a-b < (a+b)/100+time.Microsecond && b-a < (a+b)/100+time.Microsecond
	}
	if n != l.Count || d.Count() != l.Count || !near(sum, d.Sum()) || l.Count > 0 && !near(median, l.P50) {
		t.Errorf("%d durations, %v in all, median %v; want %d, %v, %v", n, sum, median, l.Count, d.Sum(), l.P50)
	}
}

func TestADistributionOfNothingIsEmpty(t *testing.T) {
	var d paceline.Distribution
	for range d.All() {
		t.Error("yielded a duration")
	}
	if d.Count() != 0 || d.Sum() != 0 {
		t.Error("not empty")
	}
}

// TestDurationsSinceAnEarlierSnapshot has two attempts begin, of which one is
// answered, between two snapshots.
func TestDurationsSinceAnEarlierSnapshot(t *testing.T) {
	cut := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if _, err := answers(time.Second, "half")(ctx, emit); err != nil {
			return nil, err
		}
		return nil, &paceline.Error{Code: paceline.CodeCut, MaybeBilled: true}
	}
	steps := []step{answers(time.Minute, "a"), cut, answers(2*time.Second, "a")}
	engine(t, paceline.Config{}, steps, func(t *testing.T, e *paceline.Engine, s *script) {
		ask := func() {
			if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
				t.Error(err)
			}
		}
		var none paceline.Distribution
		if l := none.Since(none); l != (paceline.Latency{}) {
			t.Errorf("nothing since nothing: %+v", l)
		}
		ask()
		before := e.Measures()
		ask()
		after := e.Measures()
		near := func(d, want time.Duration) bool { return d > want*98/100 && d < want*102/100 }
		begun, answered := after.Begun.Since(before.Begun), after.Totals.Since(before.Totals)
		if begun.Count != 2 || !near(begun.P50, time.Second) || !near(begun.Max, 2*time.Second) {
			t.Errorf("first contents: %+v; one after 1 s, of an answer that was cut, and one after 2 s", begun)
		}
		if answered.Count != 1 || !near(answered.P50, 2*time.Second) {
			t.Errorf("answers: %+v; one after 2 s", answered)
		}
		if all := after.Begun.Since(none); all.Count != 3 || !near(all.Max, time.Minute) {
			t.Errorf("in all: %+v", all)
		}
	})
}
