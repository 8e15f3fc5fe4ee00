package cli

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/chronicle"
	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// runFlags is what `paceline run` is told, as it was written: nothing is read
// or checked beyond each value's own form.
type runFlags struct {
	inputFormat string
	first       int64 // -n; 0: all
	sample      int64 // 0: all
	seed        int64
	strict      bool

	prompt, system, messages, body string
	params                         []string

	model         string
	pool.Flags           // where calls go, and what may be sent there
	checkFlags           // what an answer must be
	priorityField string // "": all items are of normal priority

	attempts                   int64
	firstToken, stall, timeout time.Duration // 0: the engine's default; below 0: none
	outage                     time.Duration // 0: without end
	hedge                      float64       // share of the calls; 0: the engine's own; below 0: none

	output, format, summary          string
	sync                             time.Duration // how long a row may wait to be durable; below 0: for ever
	ordered, retryFailed, fresh, yes bool
	allowChanges                     bool
	prices                           []string
	maxCost                          float64 // US dollars; 0: no budget
	maxTokens, maxRequests           int64   // 0: no budget
	dryRun, quiet                    bool
	metrics                          string // where to serve them; "": nowhere
	metricsLinger                    time.Duration
	otel, noTelemetry                bool // the second: this program has none
	grace                            time.Duration
	diskWait                         time.Duration // below 0: not at all

	chronicle.LogFlags
	webFlags

	profile string // a folder; "": none
}

// The words that stand for values of durations: the engine takes 0 for its
// default and a negative value for none.
var (
	learntWords = map[string]time.Duration{"auto": 0, "off": -1}
	offWords    = map[string]time.Duration{"off": -1}
	endless     = map[string]time.Duration{"off": 0}
	syncWords   = map[string]time.Duration{"each": 1, "off": -1}
)

func defaultRunFlags() *runFlags {
	return &runFlags{
		inputFormat: "auto", checkFlags: defaultCheckFlags(), Flags: pool.DefaultFlags(), format: "jsonl",
		seed: 1, attempts: 5, timeout: 15 * time.Minute, grace: 30 * time.Second, diskWait: 2 * time.Minute,
		sync: 100 * time.Millisecond, LogFlags: chronicle.LogFlags{LogFormat: "text", LogLevel: "info"},
	}
}

func (f *runFlags) define(p *manual.Page) {
	f.defineInput(p.Group("Input"))
	f.definePrompt(p.Group("Prompt"))
	f.defineModel(p.Group("Model and endpoint"))
	f.defineChecks(p.Group("Checks of answers"))
	f.defineLimits(p)
	f.defineRetries(p.Group("Retries and deadlines"))
	f.defineOutput(p.Group("Output"))
	f.defineMoney(p.Group("Money"))
	f.defineRunning(p.Group("Running"))
	f.LogFlags.Define(p.Group("Log"))
	f.webFlags.define(p.Group("Page in the browser"))
	f.defineMetrics(p.Group("Metrics"))
	f.defineProfile(p.Group("Profile"))
}

func (f *runFlags) defineInput(s *pflag.FlagSet) {
	s.Var(&value.Choice{To: &f.inputFormat, Allowed: []string{"auto", "jsonl", "csv", "tsv", "text", "parquet"}}, "input-format",
		"the input's format; auto goes by the name, else by the content: a pipe is CSV only if its first line is a header of every field that the prompt names")
	s.VarP(value.Count{To: &f.first, Min: 1}, "first", "n", "take only the first N items")
	s.Var(value.Count{To: &f.sample, Min: 1}, "sample", "take N items at random, in the input's order")
	s.Var(value.Count{To: &f.seed, Min: 0}, "seed", "seed of --sample: the same one takes the same items")
	s.BoolVar(&f.strict, "strict", false, "stop, before anything is sent, at a line that cannot be read (without it the line becomes a row with an error) or is not UTF-8")
}

func (f *runFlags) defineLimits(p *manual.Page) {
	s := p.Group("Limits")
	f.Flags.DefineLimits(s)
	value.Text(s, &f.priorityField, "priority-field", "", "NAME", "the item's field with its priority: high, normal or low (or 1, 0, -1); without the field normal. Of the items read ahead, some thousands, high ones go first")
}

func (f *runFlags) definePrompt(s *pflag.FlagSet) {
	s.VarP(value.Word{To: &f.prompt, Kind: "TEXT|@FILE"}, "prompt", "p", "the user message, a template over the item such as 'Classify: {{.text}}', or @FILE (see 'paceline help prompts')")
	value.Text(s, &f.system, "system", "", "TEXT|@FILE", "the system message, a template too")
	value.Text(s, &f.messages, "messages", "", "FILE", "a JSON file with the whole array of messages, its strings templates")
	s.Var((*value.Pairs)(&f.params), "param", "a field of the request, NAME=VALUE: temperature=0.2, stop='[\"END\"]'; a value that is not JSON is a string; repeatable")
	value.Text(s, &f.body, "body", "", "FILE", "a JSON file with further fields of the request: tools, response_format, ...")
}

func (f *runFlags) defineModel(s *pflag.FlagSet) {
	value.Text(s, &f.model, "model", "m", "MODEL", "needed unless every item names its own")
	f.DefineEndpoints(s)
}

func (f *runFlags) defineRetries(s *pflag.FlagSet) {
	s.Var(value.Count{To: &f.attempts, Min: 1}, "attempts", "attempts an item gets in all; a wait that the server asked for costs none, unless the item alone is told to wait, as often, 5 times at least")
	s.Var(value.Duration{To: &f.firstToken, Words: learntWords}, "first-token-timeout", "send again when no content came for so long: 10s, 1m30s, plain seconds, auto (60s, and from 20 answers on learnt from the traffic; longer for an item that was cut, 60s or more at its last attempt) or off")
	s.Var(value.Duration{To: &f.stall, Words: learntWords}, "stall-timeout", "send again when a stream is silent for so long; auto (likewise) or off")
	s.Var(value.Duration{To: &f.timeout, Words: offWords}, "timeout", "send again when the whole call takes so long; or off")
	s.Var(hedgeShare{&f.hedge}, "hedge", "send a call a second time when its first token is late and nobody waits, for at most this share of the calls: 5%, 0.05; auto is 1%, beside what waits at an endpoint that has fallen silent; or off")
	s.Var(value.Duration{To: &f.outage, Words: endless}, "outage-limit", "stop when the server has failed for so long; off waits without end, save for one that never answered at all: 30s. The last items, if the server only says later to them (429), get a row after that long, a minute at least, or after 65 minutes")
}

func (f *runFlags) defineOutput(s *pflag.FlagSet) {
	value.Text(s, &f.output, "output", "o", "FILE", "where the rows go; - is standard output, without a journal, so that nothing can be continued (default INPUT.out.jsonl beside the input)")
	s.Var(&value.Choice{To: &f.format, Allowed: []string{"jsonl", "batch", "response"}}, "format", "the rows: the item and its answer, OpenAI Batch output lines, or raw response bodies")
	s.BoolVar(&f.ordered, "ordered", false, "put the rows into the order of the input at the end")
	s.Var(value.Duration{To: &f.sync, Words: syncWords}, "sync", "how long rows may wait until the disk has them for good, at most 1m; each makes every row durable by itself, off leaves it to the system: then rows outlive a kill, but not a loss of power")
	value.Text(s, &f.summary, "summary", "", "FILE", "write the summary here too, as JSON")
}

func (f *runFlags) defineMoney(s *pflag.FlagSet) {
	s.Var(priceList{&f.prices}, "price", "US dollars for 1M tokens, in=0.15,out=0.60 and perhaps cached=0.075, instead of the built-in price list; models of --escalate have those of the list, or, as any model, one of their own: gpt-4o:in=2.5,out=10; repeatable")
	s.Var(value.Money{To: &f.maxCost}, "max-cost", "stop, resumable, before all sessions of this run together cost more US dollars than this: what a call may cost at most is set aside before it is sent. The prices must be known; give requests a max_tokens, since otherwise the longest answers so far are the measure")
	s.Var(value.Count{To: &f.maxTokens, Min: 1}, "max-tokens-total", "likewise for tokens, in and out together")
	s.Var(value.Count{To: &f.maxRequests, Min: 1}, "max-requests", "likewise for requests sent, whatever comes of them")
}

func (f *runFlags) defineRunning(s *pflag.FlagSet) {
	s.BoolVar(&f.dryRun, "dry-run", false, "send nothing: show the first three requests and an estimate of tokens, money and time")
	s.BoolVar(&f.retryFailed, "retry-failed", false, "send again the items that have no accepted answer: those that failed, and invalid, truncated, filtered and refused ones")
	s.BoolVar(&f.fresh, "fresh", false, "delete the rows of an earlier run and start over; asks first on a terminal, needs --yes elsewhere")
	s.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	s.BoolVar(&f.allowChanges, "allow-changes", false, "continue although the input, the prompt, the model or the checks changed since the run began; rows that are done stay")
	s.Var(value.Duration{To: &f.grace, Words: nil}, "grace", "after Ctrl-C, how long calls in flight may take to finish; after SIGTERM or SIGHUP at most 5s. A second signal stops at once")
	s.Var(value.Duration{To: &f.diskWait, Words: offWords}, "disk-wait", "on a full disk nothing is sent, and calls in flight may finish: how long to wait for room before the run stops; or off")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "no progress and no summary; errors only")
}

func (f *runFlags) defineMetrics(s *pflag.FlagSet) {
	value.Text(s, &f.metrics, "metrics", "", "ADDRESS", "serve metrics for Prometheus at http://ADDRESS/metrics while the run goes on: 127.0.0.1:9090; :9090 listens on every interface, 9090 on this machine alone, port 0 takes any that is free. They have no secrets, and anybody who reaches the address can read them")
	s.Var(value.Duration{To: &f.metricsLinger, Words: endless}, "metrics-linger", "after the run, serve the last values until they have been read once more, but for at most so long: a run shorter than two scrapes is hardly seen else")
}
