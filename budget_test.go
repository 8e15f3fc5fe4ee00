package paceline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// What tokens cost in these tests, in US dollars.
const inputPrice, outputPrice = 1e-6, 4e-6

func testPrice(model string, u paceline.Usage) paceline.Cost {
	if model == "unpriced" || !u.Known {
		return paceline.Cost{}
	}
	return paceline.Cost{USD: float64(u.Prompt)*inputPrice + float64(u.Completion)*outputPrice, Known: true}
}

// mortal is a file system for a process that dies at a moment: what is written
// later is lost.
type mortal struct {
	journal.OS
	dead *atomic.Bool
}

var errDead = errors.New("the process is no more")

func (m mortal) OpenFile(name string, flag int, perm fs.FileMode) (journal.File, error) {
	f, err := m.OS.OpenFile(name, flag, perm)
	return mortalFile{f, m.dead}, err
}

type mortalFile struct {
	journal.File
	dead *atomic.Bool
}

func (f mortalFile) WriteAt(b []byte, off int64) (int, error) {
	if f.dead.Load() {
		return 0, errDead
	}
	return f.File.WriteAt(b, off)
}

func (f mortalFile) Truncate(size int64) error {
	if f.dead.Load() {
		return errDead
	}
	return f.File.Truncate(size)
}

// A spree is a run with a budget that is killed and continued, against a
// provider that fails in every way.
type spree struct {
	luck   *rand.Rand
	budget paceline.Budget
	items  int64
	maxTok int64
	server sim.Config
	cfg    paceline.Config
	output string
	client openai.Provider
}

func newSpree(t *testing.T, seed uint64, budget paceline.Budget) *spree {
	luck := rand.New(rand.NewPCG(seed, 7))
	s := &spree{luck: luck, budget: budget, items: 600, maxTok: 60, output: filepath.Join(t.TempDir(), "out.jsonl")}
	s.server = sim.Config{
		Seed: seed, TTFT: sim.MustDurations("lognormal:500ms,0.6"), ITL: sim.MustDurations("20ms"),
		Tokens: must(sim.ParseCounts("uniform:5,60")), Hang: 0.02, HangFor: 20 * time.Second, Stall: 0.02,
		Errors: must(sim.ParseFaults("500:0.05,cut:0.05,reset:0.02,no-usage:0.05,429:0.02")),
	}
	s.cfg = paceline.Config{
		Limits: paceline.Limits{InFlight: 1 + luck.IntN(60)}, Price: testPrice,
		Hedge: paceline.Hedge{Budget: 0.2}, Deadlines: paceline.Deadlines{FirstToken: 8 * time.Second, Stall: 4 * time.Second},
		Accept: func(_ *paceline.Request, r *paceline.Response) error {
			if len(r.Text())%7 == 0 {
				return errors.New("seven")
			}
			return nil
		},
	}
	return s
}

func (s *spree) prepare(it *paceline.Item) (*paceline.Request, error) {
	return &paceline.Request{Model: "m", Messages: paceline.User(fmt.Sprint("item ", it.Index)), MaxTokens: s.maxTok,
		Body: json.RawMessage(fmt.Sprintf(`{"max_tokens":%d}`, s.maxTok))}, nil
}

// session runs until the end, or until it is killed.
func (s *spree) session(t *testing.T, kill time.Duration) (paceline.Summary, error) {
	t.Helper()
	var dead atomic.Bool
	j, err := journal.Open(s.output, journal.Options{NoSync: true, FS: mortal{dead: &dead}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := paceline.New(s.client, s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if kill > 0 {
		time.AfterFunc(kill, func() { dead.Store(true); cancel() })
	}
	sum, err := e.Run(ctx, paceline.Job{
		Source: &numbers{n: s.items}, Prepare: s.prepare, Journal: j, Budget: s.budget,
		Encode: func(dst []byte, r *paceline.Result) []byte { return fmt.Appendf(dst, "%d\n", r.Item.Index) },
	})
	e.Shutdown(context.Background())
	dead.Store(kill > 0)
	if cerr := j.Close(); cerr != nil && kill == 0 {
		t.Error(cerr)
	}
	return sum, err
}

func TestABudgetIsNeverExceeded(t *testing.T) {
	for _, c := range []struct {
		name   string
		budget paceline.Budget
	}{
		{"money", paceline.Budget{USD: 0.03}},
		{"tokens", paceline.Budget{Tokens: 9_000}},
		{"requests", paceline.Budget{Requests: 250}},
		{"all", paceline.Budget{USD: 0.03, Tokens: 12_000, Requests: 300}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(12) {
				synctest.Test(t, func(t *testing.T) { newSpree(t, seed, c.budget).check(t, seed) })
			}
		})
	}
}

// check kills the run some times, lets it come to its end, and holds what was
// spent against what the server saw.
func (s *spree) check(t *testing.T, seed uint64) {
	server, err := sim.New(s.server)
	if err != nil {
		t.Fatal(err)
	}
	client, stop := (&sim.Network{Seed: seed}).Serve(server)
	s.client = openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport}
	for range s.luck.IntN(4) {
		s.session(t, time.Duration(s.luck.IntN(8000))*time.Millisecond)
	}
	sum, err := s.session(t, 0)
	stop()
	server.Close()
	l := server.Ledger()
	tokens := l.Complete.PromptTokens + l.Partial.PromptTokens + l.Complete.CompletionTokens + l.Partial.CompletionTokens
	usd := float64(l.Complete.PromptTokens+l.Partial.PromptTokens)*inputPrice + float64(l.Complete.CompletionTokens+l.Partial.CompletionTokens)*outputPrice
	b, st := s.budget, sum.Budget
	if b.USD > 0 && usd > b.USD || b.Tokens > 0 && tokens > b.Tokens || b.Requests > 0 && l.Requests > b.Requests {
		t.Errorf("seed %d: the server saw $%g, %d tokens, %d requests; the budget is %+v", seed, usd, tokens, l.Requests, b)
	}
	if usd > st.Spent.USD+1e-9 || tokens > st.Spent.Tokens || l.Requests > st.Spent.Requests {
		t.Errorf("seed %d: the server saw $%g, %d tokens, %d requests; we count %+v", seed, usd, tokens, l.Requests, st.Spent)
	}
	switch {
	case paceline.CodeOf(err) != paceline.CodeBudget || sum.StoppedBy != "budget":
		t.Errorf("seed %d: ended with %v, stopped by %q, %+v", seed, err, sum.StoppedBy, st)
	case st.Reserved != (paceline.Budget{}):
		t.Errorf("seed %d: %+v are still set aside", seed, st.Reserved)
	}
	// What is left is less than a call may take: 60 tokens out, some 90 in.
	left := paceline.Budget{USD: b.USD - st.Spent.USD, Tokens: b.Tokens - st.Spent.Tokens, Requests: b.Requests - st.Spent.Requests}
	if (b.USD == 0 || left.USD > 150*outputPrice) && (b.Tokens == 0 || left.Tokens > 170) && (b.Requests == 0 || left.Requests > 0) {
		t.Errorf("seed %d: stopped with %+v left", seed, left)
	}
}

func TestABudgetBelowOneCallSendsNothing(t *testing.T) {
	for budget, want := range map[paceline.Budget]string{
		{USD: 0.0001}:   "the budget of $0.0001 is below what one call may take: $0.0",
		{USD: 1e-10}:    "the budget of $0.000000001 is below what one call may take: $0.0",
		{Tokens: 100}:   "the budget of 100 tokens is below what one call may take: ",
		{USD: 1000}:     "",
		{Requests: 1e6}: "",
	} {
		running(t, always(answers(time.Second, "a")), paceline.Config{Price: testPrice}, func(t *testing.T, e *paceline.Engine) {
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 10}, Sink: new(collector), Budget: budget})
			switch {
			case want == "" && err != nil:
				t.Errorf("%+v: %v", budget, err)
			case want == "":
			case paceline.CodeOf(err) != paceline.CodeBudget || sum.Requests != 0 || !contains(err.Error(), want):
				t.Errorf("%+v: %v, %d requests", budget, err, sum.Requests)
			}
			item, _ := (&numbers{n: 1}).Next(t.Context())
			if known := budget.Fits(item.Request, testPrice); (known == nil) != (err == nil) || known != nil && !contains(err.Error(), known.Error()) {
				t.Errorf("%+v: beforehand it was %v, the run says %v", budget, known, err)
			}
		})
	}
}

func TestNoRequestIsTooLargeForABudgetToSee(t *testing.T) {
	for _, budget := range []paceline.Budget{{USD: 1}, {Tokens: 1e6}} {
		for _, most := range []int64{1e12, 1e16, math.MaxInt64} {
			items := paceline.SourceFunc(func(context.Context) (paceline.Item, error) {
				req := &paceline.Request{Model: "m", MaxTokens: most, Body: json.RawMessage(`{"n":100}`)}
				return paceline.Item{Request: req}, nil
			})
			running(t, always(used(time.Second, 5, 5)), paceline.Config{Price: testPrice}, func(t *testing.T, e *paceline.Engine) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				sum, err := e.Run(ctx, paceline.Job{Source: items, Sink: new(collector), Budget: budget})
				if paceline.CodeOf(err) != paceline.CodeBudget || sum.Requests > 0 {
					t.Errorf("%+v, answers of up to %d tokens: %v, %d requests", budget, most, err, sum.Requests)
				}
			})
		}
	}
}

func TestABudgetCountsWhatAProviderRepeats(t *testing.T) {
	repeats := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		emit(paceline.Delta{Kind: paceline.DeltaRepeat})
		return used(time.Second, 5, 5)(ctx, emit)
	}
	for _, inFlight := range []int{1, 5} {
		running(t, always(repeats), paceline.Config{Limits: paceline.Limits{InFlight: inFlight}}, func(t *testing.T, e *paceline.Engine) {
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector), Budget: paceline.Budget{Requests: 31}})
			n, b := sum.Requests, sum.Budget
			if paceline.CodeOf(err) != paceline.CodeBudget || n < 31 || n > 31+int64(inFlight) || n != b.Spent.Requests || b.Reserved.Requests != 0 {
				t.Errorf("%v; with %d in flight %d requests were sent: %+v", err, inFlight, n, b)
			}
		})
	}
}

func TestWhatAPanicMayHaveSpentIsInTheJournal(t *testing.T) {
	var started atomic.Int64
	panics := func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		if started.Add(1)%2 == 0 {
			panic("after the request went out")
		}
		return used(time.Second, 5, 5)(ctx, emit)
	}
	output := filepath.Join(t.TempDir(), "out.jsonl")
	open := func() *journal.Journal { return must(journal.Open(output, journal.Options{NoSync: true})) }
	cfg := paceline.Config{Price: testPrice, Limits: paceline.Limits{InFlight: 1}}
	running(t, always(panics), cfg, func(t *testing.T, e *paceline.Engine) {
		j := open()
		sum, err := e.Run(t.Context(), paceline.Job{
			Source: &numbers{n: 10}, Journal: j, Budget: paceline.Budget{USD: 1},
			Encode: func(dst []byte, r *paceline.Result) []byte { return fmt.Appendf(dst, "%d\n", r.Item.Index) },
		})
		if err != nil || sum.Done != 5 || sum.Failed != 5 {
			t.Errorf("%v, %+v", err, sum.Stats)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = open()
		defer j.Close()
		rec := j.Recovered()
		requests, tokens, cost := rec.Spent()
		if s := sum.Budget.Spent; requests != s.Requests || tokens != s.Tokens || cost != int64(math.Round(s.USD*1e9)) || requests != 10 {
			t.Errorf("the next session counts %d requests, %d tokens, $%g; this one counted %+v", requests, tokens, float64(cost)/1e9, s)
		}
	})
}

func TestABudgetIsSpentToItsEndAndWhatIsInFlightFinishes(t *testing.T) {
	// Each call sets aside 64 tokens for its request and 4,096 for its answer,
	// and uses 10: near the end only what really was used may count.
	running(t, always(used(time.Second, 5, 5)), paceline.Config{Limits: paceline.Limits{InFlight: 50}}, func(t *testing.T, e *paceline.Engine) {
		sink := new(collector)
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 10_000}, Sink: sink, Budget: paceline.Budget{Tokens: 50_000}})
		if paceline.CodeOf(err) != paceline.CodeBudget || sum.StoppedBy != "budget" || !contains(err.Error(), "of 50000 tokens spent") {
			t.Fatalf("%v, stopped by %q", err, sum.StoppedBy)
		}
		if n := sum.Budget.Spent.Tokens; n < 49_000 || n > 50_000 || sum.Done != n/10 || int64(len(sink.results)) != sum.Done {
			t.Errorf("%d tokens spent, %d done, %d rows", n, sum.Done, len(sink.results))
		}
		if sum.Budget.Reserved != (paceline.Budget{}) || sum.InFlight != 0 || sum.Waiting != 0 {
			t.Errorf("%+v, %d in flight", sum.Budget, sum.InFlight)
		}
	})
}

func TestABudgetIsOneRunsOwn(t *testing.T) {
	running(t, always(used(time.Second, 5, 5)), paceline.Config{Limits: paceline.Limits{InFlight: 10}}, func(t *testing.T, e *paceline.Engine) {
		over := make(chan error)
		go func() {
			_, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1000}, Sink: new(collector), Budget: paceline.Budget{Requests: 7}})
			over <- err
		}()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 100}, Sink: new(collector)})
		if err != nil || sum.Done != 100 {
			t.Errorf("the run without a budget: %v, %d done", err, sum.Done)
		}
		if err := <-over; paceline.CodeOf(err) != paceline.CodeBudget || !contains(err.Error(), "7 of 7 requests sent") {
			t.Error(err)
		}
	})
}

func TestAnInterruptedRunDismissesThoseThatWaitForItsBudget(t *testing.T) {
	running(t, always(used(time.Hour, 5, 5)), paceline.Config{Deadlines: paceline.Deadlines{FirstToken: -1, Total: -1}}, func(t *testing.T, e *paceline.Engine) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		time.AfterFunc(30*time.Second, func() {
			if st := e.Stats(); st.Pace.LimitedBy != paceline.BottleneckBudget || st.Waiting != 995 || st.InFlight != 5 {
				t.Errorf("limited by %q, %d waiting, %d in flight", st.Pace.LimitedBy, st.Waiting, st.InFlight)
			}
		})
		sum, err := e.Run(ctx, paceline.Job{Source: &numbers{n: 1000}, Sink: new(collector), Budget: paceline.Budget{Requests: 5}})
		if !errors.Is(err, context.DeadlineExceeded) || sum.StoppedBy != "interrupted" || sum.Requests != 5 {
			t.Errorf("%v, stopped by %q, %d requests", err, sum.StoppedBy, sum.Requests)
		}
	})
}

func TestWhatCostsAnUnknownPriceIsNotSentUnderABudget(t *testing.T) {
	unpriced := paceline.SourceFunc((&numbers{n: 5}).unpriced)
	running(t, always(used(time.Second, 5, 5)), paceline.Config{Price: testPrice}, func(t *testing.T, e *paceline.Engine) {
		sum, err := e.Run(t.Context(), paceline.Job{Source: unpriced, Sink: new(collector), Budget: paceline.Budget{USD: 5}})
		if paceline.CodeOf(err) != paceline.CodeBudget || sum.Requests != 0 || !contains(err.Error(), `the price of model "unpriced" is not known`) {
			t.Errorf("%v, %d requests", err, sum.Requests)
		}
		if err := e.SetLimits("", paceline.Limits{Money: paceline.Per(5, time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{Model: "unpriced"}); paceline.CodeOf(err) != paceline.CodeBudget {
			t.Errorf("under a limit on money: %v", err)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{Model: "m"}); err != nil {
			t.Error(err)
		}
	})
}

func TestMoneyOfOneModelNeedsNoPriceOfAnother(t *testing.T) {
	cfg := paceline.Config{Price: testPrice, Models: map[string]paceline.Limits{"m": {Money: paceline.Per(5, time.Hour)}}}
	running(t, always(used(time.Second, 5, 5)), cfg, func(t *testing.T, e *paceline.Engine) {
		for _, model := range []string{"m", "unpriced"} {
			if _, err := e.Do(t.Context(), &paceline.Request{Model: model}); err != nil {
				t.Errorf("%s: %v", model, err)
			}
		}
		if err := e.SetModelLimits("", "unpriced", paceline.Limits{Money: paceline.Per(5, time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Do(t.Context(), &paceline.Request{Model: "unpriced"}); paceline.CodeOf(err) != paceline.CodeBudget {
			t.Error(err)
		}
	})
}

func TestALimitOnMoneyThatIsTakenBackNeedsNoPrice(t *testing.T) {
	running(t, always(used(time.Second, 5, 5)), paceline.Config{Price: testPrice}, func(t *testing.T, e *paceline.Engine) {
		for whose, set := range map[string]func(paceline.Limits) error{
			"all":       func(l paceline.Limits) error { return e.SetLimits("", l) },
			"one model": func(l paceline.Limits) error { return e.SetModelLimits("", "unpriced", l) },
		} {
			for _, money := range []paceline.Rate{paceline.Per(5, time.Hour), {}} {
				if err := set(paceline.Limits{Money: money}); err != nil {
					t.Fatal(err)
				}
				_, err := e.Do(t.Context(), &paceline.Request{Model: "unpriced"})
				if limited := paceline.CodeOf(err) == paceline.CodeBudget; limited == money.IsZero() || !limited && err != nil {
					t.Errorf("with a limit of %v on the money of %s: %v", money, whose, err)
				}
			}
		}
	})
}

func TestBudgetsAndMoneyAreChecked(t *testing.T) {
	running(t, always(used(time.Second, 5, 5)), paceline.Config{}, func(t *testing.T, e *paceline.Engine) {
		_, err := e.Run(t.Context(), paceline.Job{Source: &numbers{}, Sink: new(collector), Budget: paceline.Budget{USD: -1, Tokens: -1, Requests: -1}})
		for _, want := range []string{"Budget.USD", "Budget.Tokens", "Budget.Requests"} {
			if err == nil || !contains(err.Error(), want) {
				t.Errorf("%v does not name %s", err, want)
			}
		}
		_, err = e.Run(t.Context(), paceline.Job{Source: &numbers{}, Sink: new(collector), Budget: paceline.Budget{USD: 1}})
		if err == nil || !contains(err.Error(), "Config.Price") {
			t.Errorf("a budget of money without prices: %v", err)
		}
		if err := e.SetLimits("", paceline.Limits{Money: paceline.Per(1, time.Hour)}); err == nil || !contains(err.Error(), "Config.Price") {
			t.Errorf("a limit on money without prices: %v", err)
		}
	})
	money := paceline.Limits{Money: paceline.Per(1, time.Hour)}
	for _, cfg := range []paceline.Config{{Limits: money}, {Models: map[string]paceline.Limits{"m": money}}} {
		_, err := paceline.New(always(answers(0, "a")), cfg)
		if err == nil || !contains(err.Error(), "Config.Price") || cfg.Validate() == nil {
			t.Errorf("a limit on money without prices: %v", err)
		}
	}
}

func TestMoneyIsSpentAtItsRate(t *testing.T) {
	// $0.36 an hour; a call is expected to cost more than it does, and 100 of
	// them really cost $0.00009 each: $0.009, in 90 s, with a minute's worth at
	// the start.
	cfg := paceline.Config{
		Price:  testPrice,
		Limits: paceline.Limits{Money: paceline.Per(0.36, time.Hour), InFlight: 100},
	}
	running(t, always(used(time.Second, 10, 20)), cfg, func(t *testing.T, e *paceline.Engine) {
		began := time.Now()
		sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: 1000}, Sink: new(collector)})
		if err != nil || sum.Done != 1000 {
			t.Fatal(err)
		}
		took := time.Since(began)
		if want := time.Duration((sum.Cost.USD - 0.006) / 0.36 * float64(time.Hour)); took < want || took > want+want/10 {
			t.Errorf("$%g took %v, want %v at $0.36 an hour", sum.Cost.USD, took, want)
		}
		if sum.Pace.Money != paceline.Per(0.36, time.Hour) {
			t.Errorf("in force: %v", sum.Pace.Money)
		}
	})
}

// unpriced is Next with a model that has no price.
func (s *numbers) unpriced(ctx context.Context) (paceline.Item, error) {
	it, err := s.Next(ctx)
	it.Request = &paceline.Request{Model: "unpriced"}
	return it, err
}

// used answers after d, and tells what it used.
func used(d time.Duration, prompt, completion int64) step {
	return func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		r, err := answers(d, "a")(ctx, emit)
		if r != nil {
			r.Usage = paceline.Usage{Prompt: prompt, Completion: completion, Known: true}
		}
		return r, err
	}
}
