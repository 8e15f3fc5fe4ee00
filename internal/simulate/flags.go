package simulate

import (
	"encoding"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/manual"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/spelling"
	"github.com/seed-1814a72b/paceline/internal/value"
	"github.com/seed-1814a72b/paceline/sim"
)

// simFlags is what `paceline sim` is told.
type simFlags struct {
	addr       string
	config     sim.Config
	seed       int64
	listFaults bool
	quiet      bool
}

func defaultSimFlags() *simFlags {
	f := &simFlags{addr: "127.0.0.1:8000", seed: 1}
	f.config.TTFT = sim.MustDurations("lognormal:300ms,0.5")
	f.config.ITL = sim.MustDurations("10ms")
	f.config.Tokens = sim.MustCounts("lognormal:40,0.5")
	return f
}

func (f *simFlags) define(p *manual.Page) {
	c := &f.config
	s := p.Group("Server")
	value.Text(s, &f.addr, "addr", "", "HOST:PORT", "address to listen on; port 0 takes a free one")
	s.Var(words{&c.APIKeys}, "keys", "the keys that are accepted, separated by commas; others get a 401 (default any)")
	s.Var(words{&c.Models}, "models", "the models that exist; others get a 404 (default any)")
	s.Var(value.Count{To: &f.seed, Min: 0}, "seed", "the same seed gives the same answers, and for the same requests the same faults")

	s = p.Group("Limits")
	s.Var(whole{&c.Limits.RPM}, "rpm", "requests a minute, of each key (default no limit)")
	s.Var(whole{&c.Limits.RPS}, "rps", "requests a second, of each key (default no limit)")
	s.Var(whole{&c.Limits.TPM}, "tpm", "tokens a minute, in and out together (default no limit)")
	s.Var(parsed{&c.Limits.Window, "token-bucket|fixed|sliding"}, "window", "how the limits count")
	s.Var(simModels{&c.ModelLimits}, "model-limit", "limits of one model's calls instead of these: gpt-4o,rpm=60,tpm=10k, and perhaps window=; repeatable")
	s.Var(whole{&c.Limits.Burst}, "burst", "requests that a token bucket holds (default the whole limit)")
	s.Var(whole{&c.Concurrency}, "slots", "requests answered at once; further ones wait, as at llama.cpp's server (default any number)")
	s.Var(whole{&c.Quota}, "quota", "requests until a key's money is gone: 429 insufficient_quota (default no end)")
	s.Var(parsed{&c.Headers, "openai|azure|anthropic|mistral|none"}, "headers", "whose rate-limit headers are sent")
	s.Var(silent{parsed{&c.RetryAfter, "FORM"}}, "retry-after", "how a refused call is told to wait: seconds, ms, both, date or none (default as --headers has it)")

	s = p.Group("Speed")
	s.Var(parsed{&c.TTFT, "DISTRIBUTION"}, "ttft", "time to the first token")
	s.Var(parsed{&c.ITL, "DISTRIBUTION"}, "itl", "time between tokens")
	s.Var(parsed{&c.Tokens, "DISTRIBUTION"}, "tokens", "tokens of an answer in free text")

	s = p.Group("Faults")
	s.Var(value.Share{To: &c.Hang}, "hang", "calls that are accepted and never answered")
	s.Var(value.Share{To: &c.Stall}, "stall", "answers that fall silent half-way")
	s.Var(value.Share{To: &c.Invalid}, "invalid", "answers that are not what was asked for")
	s.Var(faultRates{&c.Errors}, "errors", "further faults, NAME:SHARE,...: 500:0.02,reset:0.01,cut:0.005")
	s.Var(outages{&c.Outages}, "outage", "a time of failure, FROM..TO or FROM..TO:FAULT since the start: 30s..45s, 1m..2m:reset; repeatable (default fault 503)")
	s.BoolVar(&f.listFaults, "list-faults", false, "list the faults and end")

	s = p.Group("Running")
	s.BoolVar(&c.KeepRequests, "keep-requests", false, "keep every request, with its body and what became of it, for /stats; memory grows with them")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "print nothing but the base URL")
}

// completed returns the configuration that the flags stand for.
func (f *simFlags) completed() (sim.Config, error) {
	c := f.config
	c.Seed = uint64(f.seed)
	if c.Concurrency > 0 {
		c.Queue = -1
	}
	all := c.Hang + c.Stall + c.Invalid
	for _, r := range c.Errors {
		all += r.Share
	}
	if all > 1 {
		return c, fmt.Errorf("--hang, --stall, --invalid and --errors come to %g of the calls; together they can be 1 at most", all)
	}
	return c, nil
}

// parsed is a flag of one of package sim's own kinds: it reads and writes
// itself as text.
type parsed struct {
	to interface {
		encoding.TextUnmarshaler
		fmt.Stringer
	}
	kind string // as the help page has it
}

func (p parsed) Type() string { return p.kind }

// String may be called on the zero value, by pflag.
func (p parsed) String() string {
	if p.to == nil {
		return ""
	}
	return p.to.String()
}

func (p parsed) Set(s string) error { return p.to.UnmarshalText([]byte(s)) }

// silent is a flag whose default is told in its usage.
type silent struct{ parsed }

func (silent) String() string { return "" }

// whole is a whole number of at least 1 that may be written 10k.
type whole struct{ to *int }

func (w whole) Type() string { return "N" }

func (w whole) String() string {
	if w.to == nil || *w.to == 0 {
		return ""
	}
	return strconv.Itoa(*w.to)
}

func (w whole) Set(s string) error {
	var n int64
	if err := (value.Count{To: &n, Min: 1}).Set(s); err != nil {
		return err
	}
	*w.to = int(n)
	return nil
}

// words is a list separated by commas; given again, it grows.
type words struct{ to *[]string }

// Repeats marks a [value.Repeated] one.
func (w words) Repeats() {}

func (w words) Type() string { return "NAME,..." }

func (w words) String() string {
	if w.to == nil {
		return ""
	}
	return strings.Join(*w.to, ",")
}

func (w words) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		if word = strings.TrimSpace(word); word == "" {
			return errors.New("an empty name; separate names by single commas")
		}
		*w.to = append(*w.to, word)
	}
	return nil
}

// faultRates is a list of faults and their shares; given again, it replaces.
type faultRates struct{ to *sim.Rates }

func (r faultRates) Type() string { return "LIST" }

func (r faultRates) String() string {
	if r.to == nil {
		return ""
	}
	return r.to.String()
}

func (r faultRates) Set(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		name, _, ok := strings.Cut(strings.TrimSpace(part), ":")
		if ok && !isFault(name) {
			return unknownFault(name)
		}
	}
	return r.to.UnmarshalText([]byte(s))
}

// isFault reports whether the simulator has a fault of this name.
func isFault(name string) bool {
	_, err := sim.ParseFaults(name + ":0")
	return err == nil
}

func unknownFault(name string) error {
	var names []string
	for _, f := range sim.Faults() {
		names = append(names, f.Name)
	}
	hint := "'paceline sim --list-faults' lists them, and any status from 400 to 599 is one"
	if near := spelling.Nearest(name, names); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return fmt.Errorf("unknown fault %q; %s", name, hint)
}

// outages is a list of spans of time in which every call meets a fault; given
// again, it grows.
type outages struct{ to *[]sim.Outage }

// Repeats marks a [value.Repeated] one.
func (o outages) Repeats() {}

func (o outages) Type() string { return "SPAN" }

func (o outages) String() string { return "" }

func (o outages) Set(s string) error {
	times, fault, _ := strings.Cut(s, ":")
	from, to, ok := strings.Cut(times, "..")
	start, err1 := value.ParseDuration(from)
	end, err2 := value.ParseDuration(to)
	if !ok || err1 != nil || err2 != nil || start < 0 || end <= start {
		return fmt.Errorf("%q is not a span of time; write 30s..45s, or 1m..2m:reset for another fault than 503", s)
	}
	if fault != "" && !isFault(fault) {
		return unknownFault(fault)
	}
	*o.to = append(*o.to, sim.Outage{From: start, To: end, Fault: fault})
	return nil
}

// limits says in words what a simulator allows, "" if it sets no limit.
func limits(l sim.Limits) string {
	var parts []string
	for _, limit := range []struct {
		n    int
		unit string
	}{{l.RPM, "requests/min"}, {l.RPS, "requests/s"}, {l.TPM, "tokens/min"}} {
		if limit.n > 0 {
			parts = append(parts, numeral.Grouped(int64(limit.n))+" "+limit.unit)
		}
	}
	return strings.Join(parts, ", ")
}
