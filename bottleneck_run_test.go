package paceline_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// A held is a run in virtual time on the simulator of which it is known what
// holds it back.
type held struct {
	name  string
	want  paceline.Bottleneck
	share float64 // of the time that want takes at least
	sim   sim.Config
	cfg   paceline.Config
	items int64
	slow  time.Duration // that the source takes for an item
	sink  time.Duration // and the sink
	disk  time.Duration // and each sync of the journal; 0: there is none

	budget    paceline.Budget
	maxTokens int64
	prepare   func(*paceline.Item) (*paceline.Request, error)
	beside    func(*paceline.Engine)                            // while it runs
	used      func(began time.Time) (used func() time.Duration) // of two processors; nil: nothing
}

// quick are the simulator's times where they do not matter.
func quick(c sim.Config) sim.Config {
	c.TTFT, c.ITL = sim.MustDurations("100ms"), sim.MustDurations("1ms")
	return c
}

// brief is quick with answers of one token: where many calls are wanted, not what
// they say.
func brief(c sim.Config) sim.Config {
	c.Tokens = sim.MustCounts("1")
	return quick(c)
}

func limitedTo(l paceline.Limits) paceline.Config {
	return paceline.Config{Limits: l, Price: testPrice, Hedge: paceline.Hedge{Budget: -1}}
}

var helds = []held{
	{name: "requests", want: paceline.BottleneckRequests, share: 0.95, items: 300,
		sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{Requests: paceline.Per(10, time.Second), InFlight: 100})},
	{name: "requests told in headers", want: paceline.BottleneckRequests, share: 0.9, items: 1200,
		sim: brief(sim.Config{Limits: sim.Limits{RPM: 600}})},
	{name: "tokens", want: paceline.BottleneckTokens, share: 0.9, items: 3000,
		sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{Tokens: paceline.Per(200_000, time.Minute), Requests: paceline.Per(500, time.Second), InFlight: 100})},
	{name: "money", want: paceline.BottleneckMoney, share: 0.9, items: 1000,
		sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{Money: paceline.Per(0.5, time.Hour), InFlight: 100})},
	{name: "concurrency", want: paceline.BottleneckConcurrency, share: 0.95, items: 300,
		sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{InFlight: 4, Requests: paceline.Per(100, time.Second)})},
	{name: "budget", want: paceline.BottleneckBudget, share: 0.8, items: 100, maxTokens: 1000,
		sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{InFlight: 100}), budget: paceline.Budget{Tokens: 12_000}},
	{name: "answers", want: paceline.BottleneckAnswers, share: 0.95, items: 20,
		sim: sim.Config{TTFT: sim.MustDurations("10s")}, cfg: limitedTo(paceline.Limits{InFlight: 100})},
	{name: "retries", want: paceline.BottleneckRetries, share: 0.5, items: 5,
		sim: quick(sim.Config{Script: map[int]string{1: "503", 2: "503", 3: "500", 4: "500", 5: "503", 6: "500", 7: "503"}}),
		cfg: paceline.Config{Retry: paceline.Retry{Base: time.Minute, Max: time.Minute}}},
	{name: "throttled", want: paceline.BottleneckThrottled, share: 0.5, items: 500,
		sim: brief(sim.Config{Outages: []sim.Outage{{From: 2 * time.Second, To: 2 * time.Minute, Fault: "429"}}}),
		cfg: limitedTo(paceline.Limits{Requests: paceline.Per(10, time.Second), InFlight: 100})},
	{name: "outage", want: paceline.BottleneckOutage, share: 0.9, items: 500,
		sim: brief(sim.Config{Outages: []sim.Outage{{From: 2 * time.Second, To: 20 * time.Minute}}}),
		cfg: limitedTo(paceline.Limits{Requests: paceline.Per(10, time.Second), InFlight: 100})},
	{name: "an outage that only few items meet", want: paceline.BottleneckOutage, share: 0.7, items: 15,
		sim: quick(sim.Config{Outages: []sim.Outage{{From: 500 * time.Millisecond, To: 20 * time.Minute}}}),
		cfg: limitedTo(paceline.Limits{InFlight: 1})},
	{name: "hold", want: paceline.BottleneckHold, share: 0.9, items: 500,
		sim: brief(sim.Config{}), cfg: limitedTo(paceline.Limits{Requests: paceline.Per(100, time.Second), InFlight: 100}),
		beside: func(e *paceline.Engine) {
			time.AfterFunc(time.Second, e.Pause)
			time.AfterFunc(2*time.Minute, e.Resume)
		}},
	{name: "cpu", want: paceline.BottleneckCPU, share: 0.9, items: 1000,
		sim: brief(sim.Config{}), cfg: limitedTo(paceline.Limits{InFlight: 10}),
		used: func(began time.Time) func() time.Duration {
			return func() time.Duration { return 2 * time.Since(began) * 95 / 100 }
		}},
	{name: "requests, with no processor time left either", want: paceline.BottleneckRequests, share: 0.9, items: 300,
		sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{Requests: paceline.Per(10, time.Second), InFlight: 100}),
		used: func(began time.Time) func() time.Duration {
			return func() time.Duration { return 2 * time.Since(began) }
		}},
	{name: "concurrency, with half of the processor time", want: paceline.BottleneckConcurrency, share: 0.9, items: 300,
		sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{InFlight: 10}),
		used: func(began time.Time) func() time.Duration {
			return func() time.Duration { return time.Since(began) }
		}},
	{name: "disk", want: paceline.BottleneckDisk, share: 0.8, items: 1_500, disk: 5 * time.Second,
		sim: brief(sim.Config{}), cfg: limitedTo(paceline.Limits{InFlight: 500})},
	{name: "a slow sink", want: paceline.BottleneckDisk, share: 0.8, items: 1_500, sink: 20 * time.Millisecond,
		sim: brief(sim.Config{}), cfg: limitedTo(paceline.Limits{InFlight: 500})},
	{name: "input", want: paceline.BottleneckInput, share: 0.95, items: 100, slow: time.Second,
		sim: quick(sim.Config{}), cfg: limitedTo(paceline.Limits{InFlight: 100})},
}

// Of each cause a run that is held back by it, and what the run says of it.
func TestEveryBottleneckIsNamedInARunThatItHoldsBack(t *testing.T) {
	for _, h := range helds {
		t.Run(h.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.jsonl")
			synctest.Test(t, func(t *testing.T) {
				sum, all := h.run(t, out)
				if b, share := sum.Limited.Worst(); b != h.want || share < h.share {
					t.Errorf("the worst is %q with %.1f %%, want %q with %.0f %% at least", b, 100*share, h.want, 100*h.share)
				}
				for _, s := range []paceline.Stats{sum.Stats, all} {
					if s.Limited.Total() != s.Elapsed {
						t.Errorf("%v together of %v", s.Limited.Total(), s.Elapsed)
					}
				}
				if b, _ := all.Limited.Worst(); b != h.want {
					t.Errorf("of the engine the worst is %q", b)
				}
				t.Log(shares(sum.Stats))
			})
		})
	}
}

// What a run has used of its limits, as it follows from them.
func TestUseIsMeasuredAgainstTheLimitsInForce(t *testing.T) {
	const all = 1.0
	uses := map[string]map[string]float64{
		"requests":                 {"requests": all, "concurrency": 0.0131},
		"requests told in headers": {"requests": all},
		"tokens":                   {"tokens": all, "requests": 0.168},
		"money":                    {"money": 1.06},
		"concurrency":              {"concurrency": all, "requests": 0.305},
		"input":                    {"concurrency": 0.0131 / 10},
		"cpu":                      {"processor": 0.95, "concurrency": all},
	}
	for _, h := range helds {
		want, ok := uses[h.name]
		if !ok {
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sum, _ := h.run(t, "")
				u := sum.Use
				for name, got := range map[string]paceline.Share{
					"requests": u.Requests, "tokens": u.Tokens, "money": u.Money, "concurrency": u.Concurrency, "processor": u.Processor,
				} {
					if w, ok := want[name]; ok && (!got.Known || got.Part < w*0.93 || got.Part > w*1.07) {
						t.Errorf("%s: %.4f (known: %v) of the limit used, want %.4f", name, got.Part, got.Known, w)
					}
				}
				if h.name == "input" && (u.Requests.Known || u.Tokens.Known || u.Money.Known) {
					t.Errorf("use of limits that there are not: %+v", u)
				}
			})
		})
	}
}

// Runs of one engine have each what is their own; the engine waits for any source
// that may still give an item.
func TestRunsOfOneEngineAreLimitedByTheirOwn(t *testing.T) {
	running(t, always(answers(10*time.Second, "a")), limitedTo(paceline.Limits{InFlight: 100}), func(t *testing.T, e *paceline.Engine) {
		sums := make(chan paceline.Summary, 2)
		run := func(src *numbers) {
			sum, err := e.Run(t.Context(), paceline.Job{Source: src, Sink: new(collector)})
			if err != nil {
				t.Error(err)
			}
			sums <- sum
		}
		go run(&numbers{n: 10, pause: 5 * time.Second})
		go run(&numbers{n: 20})
		quick, slow := <-sums, <-sums
		for name, c := range map[string]struct {
			got  paceline.Limited
			want paceline.Limited
		}{
			"all at once": {quick.Limited, paceline.Limited{paceline.BottleneckAnswers: 10 * time.Second}},
			"one by one":  {slow.Limited, paceline.Limited{paceline.BottleneckInput: 50 * time.Second, paceline.BottleneckAnswers: 10 * time.Second}},
			"the engine":  {e.Stats().Limited, paceline.Limited{paceline.BottleneckInput: 50 * time.Second, paceline.BottleneckAnswers: 10 * time.Second}},
		} {
			if c.got != c.want {
				t.Errorf("%s: %v, want %v", name, c.got, c.want)
			}
		}
		time.Sleep(time.Minute)
		if got := e.Stats().Limited; got[paceline.BottleneckInput] != 110*time.Second {
			t.Errorf("an idle engine waits for input: %v", got)
		}
	})
}

// A run that is continued does not wait for its source while that is read past what
// was done before.
func TestItemsThatAreDoneAreNotWaitedFor(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	for _, n := range []int64{1000, 1010} {
		synctest.Test(t, func(t *testing.T) {
			e, err := paceline.New(always(answers(time.Second, "a")), limitedTo(paceline.Limits{InFlight: 100}))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Shutdown(context.Background())
			j := openJournal(t, out)
			defer j.Close()
			sum, err := e.Run(t.Context(), paceline.Job{Source: &numbers{n: n, pause: 10 * time.Millisecond}, Journal: j, Encode: row})
			if err != nil || sum.Done+sum.Resumed != n {
				t.Errorf("%v, %d done, %d before", err, sum.Done, sum.Resumed)
			}
			passed, waited := sum.Limited[paceline.BottleneckResume], sum.Limited[paceline.BottleneckInput]
			if sum.Resumed == 0 && passed > 0 || sum.Resumed > 0 && (passed < 9*time.Second || waited > 700*time.Millisecond) {
				t.Errorf("%d were done: past them %v, for the source %v", sum.Resumed, passed, waited)
			}
		})
	}
}

// A run with a journal notes about once a second how it stands, and at its end:
// together that is what it says in the end.
func TestTheMomentsOfARunAddUp(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.jsonl")
	h := held{items: 605, disk: time.Millisecond, sim: quick(sim.Config{Script: map[int]string{40: "503", 50: "429"}}),
		cfg: limitedTo(paceline.Limits{Requests: paceline.Per(10, time.Second), InFlight: 100})}
	synctest.Test(t, func(t *testing.T) {
		sum, _ := h.run(t, out)
		var all journal.Moment
		var limited paceline.Limited
		n, last := 0, time.Time{}
		err := journal.Visit(out, journal.Visitor{Moment: func(m *journal.Moment) error {
			if spent := m.At.Sub(last); n > 0 && (spent-m.Span).Abs() > time.Millisecond {
				t.Errorf("%v after the one before it says %v", spent, m.Span)
			}
			if n > 5 && n < 55 && (m.RequestLimit != 600_000 || m.Cap != 100 || m.TokenLimit != 0 || m.Requests < 1 || m.Requests > 11) {
				t.Errorf("moment %d: %+v", n, *m)
			}
			n, last = n+1, m.At
			all.Span += m.Span
			all.Requests, all.Retries, all.Throttled = all.Requests+m.Requests, all.Retries+m.Retries, all.Throttled+m.Throttled
			all.PromptTokens, all.CompletionTokens, all.Cost = all.PromptTokens+m.PromptTokens, all.CompletionTokens+m.CompletionTokens, all.Cost+m.Cost
			for i, d := range m.Limited {
				limited[i] += d
			}
			return nil
		}})
		if err != nil || n < 60 || n > 70 {
			t.Errorf("%d moments in %v, %v", n, sum.Elapsed, err)
		}
		if all.Requests != sum.Requests || all.Retries != 1 || all.Throttled != 1 ||
			all.PromptTokens != sum.Usage.Prompt || all.CompletionTokens != sum.Usage.Completion || all.Cost == 0 {
			t.Errorf("together %+v, of %+v", all, sum.Stats)
		}
		for i, d := range sum.Limited {
			if limited[i] != d.Truncate(time.Microsecond) {
				t.Errorf("by %q for %v, in the moments %v", paceline.Bottleneck(i), d, limited[i])
			}
		}
	})
}

func (h *held) run(t *testing.T, out string) (sum paceline.Summary, all paceline.Stats) {
	server, err := sim.New(h.sim)
	if err != nil {
		t.Fatal(err)
	}
	client, stop := new(sim.Network).Serve(server)
	used := func() time.Duration { return 0 }
	if h.used != nil {
		used = h.used(time.Now())
	}
	e, err := paceline.NewOn(openai.Provider{BaseURL: "http://sim/v1", Transport: client.Transport}, h.cfg, used, 2)
	if err != nil {
		t.Fatal(err)
	}
	if h.beside != nil {
		h.beside(e)
	}
	job := h.job()
	if h.disk > 0 {
		j, err := journal.Open(out, journal.Options{SyncBytes: 1 << 10, FS: tardy{by: h.disk}})
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		job.Journal, job.Encode = j, row
	}
	if sum, err = e.Run(t.Context(), job); err != nil || sum.Done != h.items {
		t.Errorf("%v, %d of %d done", err, sum.Done, h.items)
	}
	all = e.Stats()
	e.Shutdown(context.Background())
	stop()
	server.Close()
	return sum, all
}

func (h *held) job() paceline.Job {
	src := &numbers{n: h.items, pause: h.slow}
	source := paceline.SourceFunc(func(ctx context.Context) (paceline.Item, error) {
		it, err := src.Next(ctx)
		it.Request = &paceline.Request{Model: "m", Messages: paceline.User(fmt.Sprint("item ", it.Index)), MaxTokens: h.maxTokens}
		return it, err
	})
	return paceline.Job{Source: source, Sink: &collector{slow: h.sink}, Budget: h.budget, Prepare: h.prepare}
}

// shares says in short what a run was limited by.
func shares(s paceline.Stats) (text string) {
	for i, d := range s.Limited {
		if d > 0 {
			text += fmt.Sprintf("%v %.2f %%  ", paceline.Bottleneck(i), 100*d.Seconds()/s.Elapsed.Seconds())
		}
	}
	return text + "of " + s.Elapsed.String()
}

// tardy is a file system whose syncs take their time.
type tardy struct {
	journal.OS
	by time.Duration
}

func (f tardy) OpenFile(name string, flag int, perm os.FileMode) (journal.File, error) {
	file, err := f.OS.OpenFile(name, flag, perm)
	return tardyFile{file, f.by}, err
}

type tardyFile struct {
	journal.File
	by time.Duration
}

func (f tardyFile) Sync() error {
	time.Sleep(f.by)
	return nil
}
