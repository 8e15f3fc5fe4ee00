package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/control"
	"github.com/seed-1814a72b/paceline/internal/dash"
	"github.com/seed-1814a72b/paceline/internal/demo"
	"github.com/seed-1814a72b/paceline/internal/interrupt"
	"github.com/seed-1814a72b/paceline/internal/live"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/status"
	"github.com/seed-1814a72b/paceline/internal/summary"
	"github.com/seed-1814a72b/paceline/internal/value"
	"github.com/seed-1814a72b/paceline/journal"
	"github.com/seed-1814a72b/paceline/provider/openai"
	"github.com/seed-1814a72b/paceline/sim"
)

// demoRPM is how many requests a minute the demo's provider allows: many, so
// that the demo is over in less than 20 s.
const demoRPM = 14_400

// demoGrace is how long calls in flight may go on after an interrupt.
const demoGrace = 2 * time.Second

// demoPriced is the model at whose prices the demo counts money.
const demoPriced = "gpt-4o-mini"

const demoPrompt = "Say how the writer of this review feels. Answer with one of: positive, negative, mixed.\n\n"

// demoFlags is what `paceline demo` is told.
type demoFlags struct {
	items, seed int64
	out         string
	quiet       bool
	webFlags
}

// newDemoCommand returns `paceline demo`.
func newDemoCommand(env *command.Env) *cobra.Command {
	flags := &demoFlags{items: demo.Count, seed: 1}
	p := demoPage()
	s := p.Group("Flags")
	s.VarP(value.Count{To: &flags.items, Min: 1}, "items", "n", fmt.Sprintf("how many reviews to label, at most %s", numeral.Grouped(demo.Count)))
	s.Var(value.Count{To: &flags.seed, Min: 0}, "seed", "another seed makes other calls go wrong")
	value.Text(s, &flags.out, "out", "o", "FILE", "where the rows go (default labels.jsonl in a fresh temporary folder, which is named at the end)")
	s.BoolVarP(&flags.quiet, "quiet", "q", false, "no progress and no report; errors only")
	flags.webFlags.define(p.Group("Page in the browser"))
	cmd := p.Command(func(ctx context.Context, _ []string) error {
		d := demonstration{env: env, flags: flags}
		return d.run(ctx)
	})
	cmd.Args = manual.NoArguments
	return cmd
}

func demoPage() *manual.Page {
	return &manual.Page{
		Use:   "demo",
		Short: "see the whole of it, with no key and no network",
		About: "Labels 2,000 product reviews as positive, negative or mixed, in less than 20 seconds. " +
			"The provider is simulated, in this very process, and has a bad day: it limits the rate, " +
			"hangs, fails, breaks off and answers nonsense. At the end you see what went wrong, how it " +
			"was healed, and where the rows are.",
		Examples: []manual.Example{
			{What: "The whole show", Line: "paceline demo"},
			{What: "A short one, with the rows in a file of your choice", Line: "paceline demo --items 200 --out labels.jsonl"},
			{What: "The same in the browser, as it goes; the page stays until Ctrl-C", Line: "paceline demo --ui 127.0.0.1:7777 --ui-stay"},
			{What: "See what it came to", Line: "jq -r .llm.response labels.jsonl | sort | uniq -c"},
		},
		Sections: []manual.Section{
			{Title: "Exit codes", Text: "" +
				"  0    every review has its label\n" +
				"  1    wrong usage, or the rows cannot be written there\n" +
				"  2    some reviews could not be labelled\n" +
				"  130  interrupted"},
		},
	}
}

// A demonstration is one execution of `paceline demo`.
type demonstration struct {
	env     *command.Env
	flags   *demoFlags
	output  string
	pricing pricing
	server  *sim.Server
	trouble trouble
	labels  map[string]int64
	web     *web // nil: there is no page
}

// run does all of it. Its error ends the program.
func (d *demonstration) run(ctx context.Context) (err error) {
	if d.flags.items > demo.Count {
		return fmt.Errorf("--items: %d is too many; the sample has %s reviews", d.flags.items, numeral.Grouped(demo.Count))
	}
	if err := d.flags.webFlags.check(); err != nil {
		return err
	}
	if err := d.place(); err != nil {
		return err
	}
	if d.web, err = openWeb(d.env, &d.flags.webFlags, d.flags.quiet); err != nil {
		return err
	}
	defer d.web.close()
	if d.pricing, err = newPricing(&runFlags{}, []string{openai.DefaultBaseURL}); err != nil {
		return err
	}
	if d.server, err = sim.New(d.simulation()); err != nil {
		return err
	}
	defer d.server.Close()
	client, stop := new(sim.Network).Serve(d.server)
	defer stop()
	rows, err := journal.Open(d.output, journal.Options{})
	if err != nil {
		return err
	}
	ctx, interrupts := interrupt.Watch(ctx, d.env.Signals, demoGrace, d.env.Stderr)
	defer interrupts.Stop()
	sum, err := d.label(ctx, client, rows, interrupts)
	err = d.finish(sum, errors.Join(err, rows.Close()))
	d.web.stay(ctx, interrupts)
	return err
}

// place settles where the rows go. It never writes over a file.
func (d *demonstration) place() error {
	if d.flags.out == "" {
		folder, err := d.env.TempDir("paceline-demo-")
		if err != nil {
			return fmt.Errorf("no temporary folder: %w; name a file with --out", err)
		}
		d.output = filepath.Join(folder, "labels.jsonl")
		return nil
	}
	d.output = d.flags.out
	if _, err := d.env.Stat(d.output); err == nil {
		return fmt.Errorf("--out: %s exists already; name a new file", d.output)
	}
	return nil
}

// simulation is the provider and its bad day.
func (d *demonstration) simulation() sim.Config {
	c := sim.Config{
		Seed:   uint64(d.flags.seed),
		Limits: sim.Limits{RPM: demoRPM, Burst: 400},
		TTFT:   sim.MustDurations("lognormal:250ms,0.45"),
		ITL:    sim.MustDurations("5ms"),
		Answer: knownLabel(),
		Hang:   0.007, Invalid: 0.03,
		Errors: sim.Rates{{Fault: "500", Share: 0.008}, {Fault: "502", Share: 0.004},
			{Fault: "reset", Share: 0.006}, {Fault: "cut", Share: 0.006}},
	}
	if n := int(d.flags.items); n >= 100 {
		c.Script = map[int]string{n / 3: "429", n * 3 / 4: "429"}
	}
	return c
}

// knownLabel lets the simulated model find the label as no real one may: from
// the stars that came with the review. Its prompt has the text alone.
func knownLabel() func(*sim.Query) (string, bool) {
	stars := make(map[string]int64, demo.Count)
	for line := range bytes.Lines(demo.Reviews) {
		review := gjson.ParseBytes(line)
		stars[review.Get("text").String()] = review.Get("stars").Int()
	}
	return func(q *sim.Query) (string, bool) {
		_, text, _ := strings.Cut(q.User, demoPrompt)
		n, ok := stars[text]
		switch {
		case n >= 4:
			return "positive", ok
		case n == 3:
			return "mixed", ok
		}
		return "negative", ok
	}
}

// demoLimits are those that the engine keeps to.
func demoLimits() pool.Limits { return pool.Limits{RPM: demoRPM, Concurrency: 256, Window: "bucket"} }

// config is how the engine is set up: nothing is switched on for the demo.
func (d *demonstration) config() paceline.Config {
	limits := demoLimits()
	return paceline.Config{
		Limits: limits.Library(),
		Accept: acceptLabel,
		Price:  func(_ string, u paceline.Usage) paceline.Cost { return d.pricing.cost(demoPriced, u) },
	}
}

// acceptLabel takes the three labels for an answer and nothing else.
func acceptLabel(_ *paceline.Request, r *paceline.Response) error {
	switch r.Text() {
	case "positive", "negative", "mixed":
		return nil
	}
	return errors.New("the answer is none of positive, negative, mixed")
}

// label runs the engine from its making to its end.
func (d *demonstration) label(ctx context.Context, client *http.Client, rows *journal.Journal, interrupts *interrupt.Interrupts) (paceline.Summary, error) {
	var events eventReaders
	events.add(d.trouble.observe)
	options := live.Options{Facts: status.Facts{Total: d.flags.items, Model: "a simulated model on a bad day"}, Quiet: d.flags.quiet}
	events.add(options.ListErrors(d.env))
	d.web.read(&events)
	cfg := d.config()
	events.tell(&cfg)
	eng, err := paceline.New(openai.Provider{BaseURL: "http://simulated/v1", Transport: client.Transport}, cfg)
	if err != nil {
		return paceline.Summary{}, err
	}
	defer shutDown(eng)
	options.Stats, options.Stopping = eng.Stats, interrupts.Interrupted
	view := live.New(d.env, options)
	defer view.Stop()
	interrupts.Attach(eng, view)
	ctl := control.Start(eng, options.Facts, []pool.Endpoint{{Name: "1", Limits: demoLimits()}}, control.Models{}, nil)
	letKeysGo := sync.OnceFunc(live.TakeKeys(d.env, view, ctl, interrupts.Press))
	defer letKeysGo()
	d.web.begin(eng, ctl, dash.Facts{}, view)
	d.labels = map[string]int64{}
	sum, err := eng.Run(ctx, d.job(rows))
	view.Last(sum.Stats)
	letKeysGo()
	ctl.Close()
	d.web.rest(ctl.Ended(sum.Stats))
	return sum, err
}

func (d *demonstration) job(rows *journal.Journal) paceline.Job {
	reviews := dataset.JSONL(bytes.NewReader(demo.Reviews))
	return paceline.Job{
		Source: dataset.Limit(reviews, d.flags.items),
		Prepare: func(it *paceline.Item) (*paceline.Request, error) {
			review := gjson.GetBytes(it.Raw, "text").String()
			return &paceline.Request{Model: "simulated", Messages: paceline.User(demoPrompt + review)}, nil
		},
		Journal: rows,
		Encode: func(dst []byte, r *paceline.Result) []byte {
			return append(dataset.AppendRow(dst, r), '\n')
		},
		Sum:  dataset.Sum,
		Sink: paceline.SinkFunc(d.put),
	}
}

// put counts the labels.
func (d *demonstration) put(_ context.Context, r *paceline.Result) error {
	if r.Status == paceline.StatusDone {
		d.labels[r.Response.Text()]++
	}
	d.web.finished(r)
	return nil
}

// finish reports and turns the run's end into the program's.
func (d *demonstration) finish(sum paceline.Summary, err error) error {
	s := summary.Of(sum, summary.Earlier{Cost: paceline.Cost{Known: true}}, d.flags.items)
	d.web.end(s)
	if !d.flags.quiet && sum.Requests > 0 {
		d.report(sum, s, err)
	}
	switch {
	case errors.Is(err, paceline.ErrShutdown) || errors.Is(err, interrupt.ErrInterrupted):
		return &command.Exit{Code: command.ExitInterrupted, Err: errors.New("interrupted")}
	case err != nil:
		return &command.Exit{Code: command.ExitStopped, Err: err}
	case sum.Ended() > sum.Done:
		return &command.Exit{Code: command.ExitFailed}
	}
	return nil
}
