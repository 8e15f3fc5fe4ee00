package paceline_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

var (
	masterSeed  = flag.Uint64("seed", 0, "the one seed that TestMasterOracle runs; 0: -seeds random ones")
	masterSeeds = flag.Int("seeds", 6, "how many seeds TestMasterOracle runs")
)

// canaryKey is the key of a trial; nothing that is written may contain it.
const canaryKey = "sk-canary-4f1d2e3c5b"

// TestMasterOracle runs whole jobs in virtual time against a simulated provider
// with faults, and kills, interrupts and resumes them. Afterwards the provider's
// ledger is the judge (see trial.judge). A seed decides everything but the order
// of goroutines within one instant.
func TestMasterOracle(t *testing.T) {
	seeds := []uint64{*masterSeed}
	if *masterSeed == 0 {
		seeds = nil
		for range *masterSeeds {
			seeds = append(seeds, rand.Uint64N(1<<32))
		}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t, seed)
			synctest.Test(t, tr.run)
			if t.Failed() {
				t.Errorf("again: go test -run 'TestMasterOracle' -seed %d .", seed)
			}
		})
	}
}

// trial is one job from its first session to the last.
type trial struct {
	t      *testing.T
	rng    *rand.Rand
	items  int64
	sim    sim.Config
	cfg    paceline.Config
	wire   *wire
	pause  time.Duration // between two items
	folder string        // of this session; a kill leaves a copy
	home   string

	server   *sim.Server
	sessions []span
	killed   int
	known    map[int64]journal.Entry // rows that were committed at the last look
	retried  bool                    // failed rows may have been taken out since
	said     []string                // errors and results, as text
}

// span is a session's time.
type span struct{ from, to time.Time }

func newTrial(t *testing.T, seed uint64) *trial {
	rng := rand.New(rand.NewPCG(seed, 43))
	tr := &trial{t: t, rng: rng, items: 100 + rng.Int64N(300), home: t.TempDir()}
	tr.sim = sim.Config{
		Seed: seed, KeepRequests: true, APIKeys: []string{canaryKey},
		TTFT: sim.MustDurations([]string{"200ms", "lognormal:500ms,0.6", "uniform:10ms,3s"}[rng.IntN(3)]),
		ITL:  sim.MustDurations([]string{"0s", "20ms"}[rng.IntN(2)]), Tokens: sim.MustCounts("uniform:3,40"),
		Hang: 0.02 * rng.Float64(), Stall: 0.02 * rng.Float64(), Errors: masterFaults(rng),
	}
	tr.cfg = paceline.Config{
		Limits: paceline.Limits{InFlight: 1 + rng.IntN(60)},
		Retry:  paceline.Retry{Attempts: 1 + rng.IntN(6)},
		Hedge:  paceline.Hedge{Budget: []float64{-1, 0.01, 0.3}[rng.IntN(3)]},
		Asks:   1 + rng.IntN(4),
		Accept: func(_ *paceline.Request, r *paceline.Response) error {
			if !strings.Contains(r.Text(), "item") {
				return errors.New("names no item")
			}
			return nil
		},
		Price: func(_ string, u paceline.Usage) paceline.Cost {
			if !u.Known {
				return paceline.Cost{}
			}
			return paceline.Cost{USD: float64(u.Prompt+2*u.Completion) / 1e6, Known: true}
		},
		OutageLimit: time.Hour,
	}
	if rng.IntN(3) == 0 { // room for hedges
		tr.cfg.Limits.InFlight, tr.pause = 500, time.Duration(rng.IntN(50))*time.Millisecond
	}
	if rng.IntN(3) > 0 {
		rate := 5 + rng.IntN(60)
		tr.sim.Limits = sim.Limits{RPS: rate, Window: sim.Window(rng.IntN(3))}
		tr.cfg.Limits.Requests = paceline.Per(float64(rate), time.Second)
		tr.cfg.Limits.Window = paceline.Window(rng.IntN(2))
	}
	return tr
}

// prepare panics on an item and refuses another.
func (tr *trial) prepare(it *paceline.Item) (*paceline.Request, error) {
	switch it.Index {
	case 17:
		panic("seventeen")
	case 18:
		return nil, errors.New("no request for eighteen")
	}
	return it.Request, nil
}

// masterFaults are all faults of the simulator, with shares of their own. Those
// that end a job, since it cannot go on, are rare.
func masterFaults(rng *rand.Rand) sim.Rates {
	var rates sim.Rates
	all := sim.Faults()
	total := 0.3 * rng.Float64()
	for _, f := range all {
		share := total / float64(len(all)) * 2 * rng.Float64()
		switch f.Name {
		case "hang", "stall": // have shares of their own
			continue
		case "gzip-bomb", "huge-headers", "endless-line", "long-line": // much work for a test
			share = 0
		case "401", "401-vllm", "403", "quota", "402", "spend-limit", "model-not-found", "redirect", "redirect-307":
			share /= 20
		}
		rates = append(rates, sim.Rate{Fault: f.Name, Share: share})
	}
	return rates
}

func (tr *trial) run(t *testing.T) {
	tr.t = t
	server, err := sim.New(tr.sim)
	if err != nil {
		t.Fatal(err)
	}
	tr.server = server
	network := &sim.Network{}
	client, stop := network.Serve(server)
	tr.wire = &wire{Provider: openai.Provider{Key: canaryKey, BaseURL: "http://sim/v1", Transport: client.Transport, NoStream: tr.rng.IntN(4) == 0}}
	tr.folder = filepath.Join(tr.home, "0")
	if err := os.Mkdir(tr.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for n := 1; !t.Failed() && !tr.session(n); n++ {
		if n > 80 {
			t.Error("after 80 sessions the job is not done")
		}
	}
	stop()
	server.Close()
	if !t.Failed() {
		tr.judge(server.Ledger())
	}
}

// session opens the journal, runs the job for a while, and reports whether all
// items have their rows.
func (tr *trial) session(n int) (done bool) {
	t := tr.t
	began := span{from: time.Now()}
	defer func() {
		began.to = time.Now()
		tr.sessions = append(tr.sessions, began)
		time.Sleep(time.Minute) // what was broken off is noticed by the server
	}()
	j, err := journal.Open(filepath.Join(tr.folder, "out.jsonl"), journal.Options{})
	if err != nil {
		t.Errorf("session %d: %v", n, err)
		return false
	}
	defer func() { j.Close() }()
	tr.look(j)
	if r := j.Recovered(); r.Rows() == tr.items && tr.rng.IntN(2) == 0 {
		return true
	}
	tr.rewrite(j)
	e, err := paceline.New(tr.wire, tr.cfg)
	if err != nil {
		t.Fatal(err)
	}
	end := tr.ending(n, e, j)
	sum, err := e.Run(end.ctx, paceline.Job{
		Source: &masterSource{numbers{n: tr.items, pause: tr.pause}}, Journal: j, Prepare: tr.prepare,
		Encode: func(b []byte, r *paceline.Result) []byte { return append(dataset.AppendRow(b, r), '\n') },
	})
	end.over()
	e.Shutdown(context.Background())
	tr.check(sum, err)
	if err := j.Close(); err != nil {
		t.Errorf("session %d: %v", n, err)
	}
	if end.copied != "" {
		tr.folder = end.copied
		tr.killed++
	}
	return false
}

// look notes what is committed, and holds it against the last look.
func (tr *trial) look(j *journal.Journal) {
	now := map[int64]journal.Entry{}
	for e, err := range j.Entries() {
		if err != nil {
			tr.t.Error(err)
			return
		}
		now[e.Index] = e
	}
	for i, was := range tr.known {
		if is, there := now[i]; !there && !(tr.retried && was.Status != journal.Done) || there && was.Status == journal.Done && is.RowSum != was.RowSum {
			tr.t.Errorf("item %d had a committed row, %+v, and has %+v", i, was, is)
		}
	}
	tr.known, tr.retried = now, false
}

// rewrite does what --ordered and --retry-failed do, now and then.
func (tr *trial) rewrite(j *journal.Journal) {
	o := journal.RewriteOptions{Ordered: tr.rng.IntN(3) == 0}
	if tr.rng.IntN(4) == 0 {
		o.Keep = func(e journal.Entry) bool { return e.Status == journal.Done }
		tr.retried = true
	}
	if !o.Ordered && o.Keep == nil {
		return
	}
	if err := j.Rewrite(context.Background(), o); err != nil {
		tr.t.Error(err)
	}
}

// sessionEnd is how a session ends.
type sessionEnd struct {
	ctx    context.Context
	over   func() // after the run: joins what would have ended it
	copied string // the folder as a killed process left it; "" if it was not killed
}

// ending decides how a session ends: by itself, by a kill, by an interrupt with
// some grace or without.
func (tr *trial) ending(n int, e *paceline.Engine, j *journal.Journal) *sessionEnd {
	ctx, cancel := context.WithCancel(context.Background())
	end := &sessionEnd{ctx: ctx}
	way, grace := tr.rng.IntN(5), time.Duration(tr.rng.IntN(4000))*time.Millisecond
	after := time.Duration(tr.rng.ExpFloat64() * float64(5*time.Second))
	to := filepath.Join(tr.home, fmt.Sprint(n))
	joined := make(chan struct{})
	go func() {
		defer close(joined)
		if way == 0 { // until all is done, unless a fault asks for a pause of a day
			after = 2 * time.Hour
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(after):
		}
		switch way {
		case 0, 1, 2:
			end.copied = tr.copy(to)
			cancel()
		case 3:
			cancel()
		case 4:
			grace, done := context.WithTimeout(context.Background(), grace)
			defer done()
			e.Shutdown(grace)
		}
	}()
	end.over = func() { cancel(); <-joined }
	return end
}

// copy copies the journal and then the output as they stand, which is what a
// kill in this moment would leave: the output is written first, so that a copy
// of it that is made later holds all that the journal covers.
func (tr *trial) copy(to string) string {
	out := filepath.Join(tr.folder, "out.jsonl")
	err := os.MkdirAll(journal.Dir(filepath.Join(to, "out.jsonl")), 0o755)
	for _, name := range []string{"out.jsonl.paceline/journal", "out.jsonl"} {
		if err == nil {
			var b []byte
			b, err = os.ReadFile(filepath.Join(filepath.Dir(out), name))
			err = errors.Join(err, os.WriteFile(filepath.Join(to, name), b, 0o644))
		}
	}
	if err != nil {
		tr.t.Error(err)
		return ""
	}
	return to
}

// check holds a session's summary.
func (tr *trial) check(sum paceline.Summary, err error) {
	t := tr.t
	if err != nil {
		tr.said = append(tr.said, err.Error())
	}
	if sum.StoppedBy == "" && sum.Ended()+sum.Resumed != tr.items {
		t.Errorf("a whole run with %d+%d of %d items", sum.Ended(), sum.Resumed, tr.items)
	}
	if n := sum.Account.Requests(); n+sum.Lost != sum.Requests || sum.Lost < 0 {
		t.Errorf("%d requests are accounted for and %d lost, of %d: %+v", n, sum.Lost, sum.Requests, sum.Account)
	}
	if sum.StoppedBy == "" && sum.Lost != 0 {
		t.Errorf("a whole run lost %d requests", sum.Lost)
	}
	if sum.Account.Answered.Requests != sum.Done {
		t.Errorf("%d answers for %d rows", sum.Account.Answered.Requests, sum.Done)
	}
	if budget := max(tr.cfg.Hedge.Budget, 0)*float64(sum.Requests) + 1; float64(sum.Hedges) > budget {
		t.Errorf("%d hedges of %d requests, the budget is %g", sum.Hedges, sum.Requests, tr.cfg.Hedge.Budget)
	}
	if n := tr.wire.most.Load(); n > int64(tr.cfg.Limits.InFlight) {
		t.Errorf("%d calls in flight, the limit is %d", n, tr.cfg.Limits.InFlight)
	}
}

// masterSource yields items of some text.
type masterSource struct{ numbers }

func (s *masterSource) Next(ctx context.Context) (paceline.Item, error) {
	it, err := s.numbers.Next(ctx)
	if err != nil {
		return it, err
	}
	text := fmt.Sprintf("item %d of many", it.Index)
	it.Raw = json.RawMessage(fmt.Sprintf(`{"text":%q}`, text))
	it.Request = &paceline.Request{Model: "m", Messages: paceline.User(text)}
	return it, nil
}
