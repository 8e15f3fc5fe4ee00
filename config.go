package paceline

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Config is what an engine is told. It is validated whole by [New] and then
// never changes. The zero value works: no rate limits, defaults elsewhere.
type Config struct {
	Limits Limits // of the one endpoint of [New]; [NewPool] has them per endpoint
	// Models are further limits on the calls of one model, by the model's name,
	// of the one endpoint of [New]; see [Endpoint.Models].
	Models    map[string]Limits
	Retry     Retry
	Deadlines Deadlines
	Hedge     Hedge

	// OutageLimit is how long an endpoint that has answered before may fail to answer
	// before calls, and runs, end with [CodeOutage]; until then it is probed
	// and everything waits. 0: without end. An endpoint that has never
	// answered is given up after 30 s, or after OutageLimit if that is shorter.
	// A call ends so only when it was tried in the outage itself: one that comes
	// later is sent as a probe, of which there is one a second by then.
	//
	// An outage is ten failures in a row with no answer between. Where a server
	// takes the calls and fails them (500, an answer that is cut or malformed, none
	// within a deadline) it takes ten different ones that are still to be made and
	// that nothing shows to be at fault: a failure is a call's own if the endpoint
	// has answered another that was sent after it. So a few items that always fail
	// are no outage, wherever they stand. Each probe is another call, one that was
	// never sent first, and costs no attempt. If those that remain are all known to
	// be at fault the outage is over, and they are charged; if they may be, and a
	// server fails them for 65 minutes with nothing new to send, they are charged from
	// then on, unless there is an OutageLimit.
	//
	// It is also for how long the last few calls of all may be refused as throttled,
	// while nothing is let in, before they end with [CodeThrottled]; 0: for 65
	// minutes, or longer than the window of a limit that is known. A minute is the
	// least. Where many are refused, or the server asked for a wait of more than ten
	// minutes, it is 25 hours in any case: that is a limit, as far as anyone can know.
	OutageLimit time.Duration

	// Accept judges a complete answer; an error has it asked for again, up to
	// Asks. It may set the [Choice.Value] that it found. nil accepts everything.
	//
	// It is called on the call's own goroutine, concurrently, when the answer
	// has given back its place among the calls in flight: however long it
	// takes, no call waits for it, unless 1,024 answers wait to be judged; then
	// runs wait, but for what comes before a call of [Engine.Do] or
	// [Engine.Stream], which a judge may make itself. If it is heavy on the
	// processor, let it bound how often it runs at once. A panic in it fails the
	// item alone ([CodePanic]). An answer that was cut off at its limit of tokens is
	// judged too, and is done if it is accepted; one that the provider's filter
	// or the model itself withheld is not: it is none.
	Accept func(*Request, *Response) error
	// Asks is how many complete answers are asked for in all before an item
	// counts as invalid. 0: 4.
	Asks int
	// Again returns the request by which an answer that was not accepted is
	// asked for again, or nil to leave it at that. It is called as Accept is,
	// for withheld answers too. [Feedback] tells the model what was wrong. nil:
	// the same request again, unless the answer was withheld.
	Again func(Ask) *Request
	// AllowTruncated takes an answer of a run that was cut off at its limit of
	// tokens for done where there is no Accept. Otherwise it is
	// [StatusTruncated].
	AllowTruncated bool

	// Price returns what a usage of a model costs. nil: all costs are unknown, and so
	// is one that is negative, infinite or no number. It is called concurrently.
	Price func(model string, u Usage) Cost

	// Observe is told of every event, from one goroutine, in order. Nothing
	// waits for it: when it falls 32,768 events behind, further ones are left
	// out and counted in [Stats.EventsLost]. Where many come it is told of them
	// some milliseconds later, many at a time. A panic in it ends the process, since
	// there is nobody to tell. nil: nobody looks.
	Observe func(Event)

	// Unobserved are kinds of events that Observe is not told of where all went
	// well: where Err is nil, and of EventItem where the item is done. Most events
	// are such, and each costs some hundred nanoseconds. nil: it is told of all.
	Unobserved []EventKind
}

// Limits is what the provider allows. A rate that is zero is taken from the
// provider's headers where they tell it. Where no rate is known at all and calls
// are refused, the engine seeks the rate of requests that is let in, and follows
// it when it changes ([Pace.FoundOut]).
type Limits struct {
	Requests     Rate // calls started
	Tokens       Rate // input and output together
	InputTokens  Rate
	OutputTokens Rate
	// Money is what calls may cost, in US dollars: $5 an hour is Per(5,
	// time.Hour). What a call is expected to cost is reserved before it starts
	// and corrected by what it did; up to a minute's worth may be spent at once.
	// It needs Config.Price: a call whose price is not known fails with
	// [CodeBudget], unsent.
	Money    Rate
	InFlight int // calls at once; 0: adapted to what the endpoint bears

	// Burst is how many calls may start at once after a pause, for
	// [TokenBucket]. 0: a tenth of a second's worth of the rate, at least 1.
	// Where the server refuses so many, fewer do (docs/limits.md).
	// The rate is kept with any: since to wake more often than every
	// millisecond or two would cost too much, what has become due by then starts
	// together, 20 at a time of 10,000 a second, 80 while calls wait for 100 ms and
	// longer; after a late wake at most 20 ms' worth.
	Burst int
	// Window is how the limits are counted.
	Window Window
}

// Window is the manner in which a rate limit is counted.
type Window uint8

// The windows.
const (
	// TokenBucket spaces calls evenly, with a burst after a pause (GCRA).
	TokenBucket Window = iota
	// Strict keeps to the limit in any window that the server could count,
	// sliding ones included, and against what the network delays. No call is refused
	// unless the server is late in counting calls and nothing of its answers shows it:
	// see "What a strict limit guarantees" in docs/limits.md.
	Strict
)

// A Rate is so much per so long. The zero value does not limit; of any other both
// are above 0.
type Rate struct {
	N   float64       // calls, tokens or dollars, as the field says that has it
	Per time.Duration // the window, whose meaning is that of [Limits.Window]
}

// Per returns the rate of n per d.
func Per(n float64, d time.Duration) Rate { return Rate{N: n, Per: d} }

// IsZero reports whether r does not limit.
func (r Rate) IsZero() bool { return r == Rate{} }

// PerSecond returns the rate in units a second, 0 if r does not limit.
func (r Rate) PerSecond() float64 {
	if r.Per <= 0 {
		return 0
	}
	return r.N / r.Per.Seconds()
}

// String returns the rate with its unit, such as "600/1m0s".
func (r Rate) String() string {
	if r.IsZero() {
		return "unlimited"
	}
	return fmt.Sprintf("%g/%v", r.N, r.Per)
}

// Retry is how transient failures are retried. Throttled calls are not
// retries: they wait as told and cost no attempt, and nor does what fails in an outage
// (see Config.OutageLimit). An item that is refused again and
// again while others are let in ends after as many such refusals as Attempts, five
// at least; where there are no others, see Config.OutageLimit.
//
// Retries are paid for from a budget of each endpoint, so that one in trouble is not
// stormed: it holds 100 and is full at first, each other call that is sent there adds
// a fifth of one, and each second three. A retry that is answered gives back what it
// took: so the budget bounds those that fail again, and holds nothing back at an
// endpoint that is well. Calls wait for it without being charged.
type Retry struct {
	Attempts int           // attempts an item gets in all; 0: 5
	Base     time.Duration // the first delay is random in [0, Base]; it doubles. 0: 500 ms
	Max      time.Duration // no delay is longer; 0: 60 s
}

// Hedge is a second attempt beside a first one that is slow to begin: the first
// with content wins, the other is cancelled, joined and accounted. It starts
// only past the learnt 95th percentile of first-token times, at the end of a run
// past the 75th, and as much later as it takes for the budget to be enough for
// all that are slower still; into a free slot, while nobody waits and every limit
// permits; on another endpoint where there is one. One that is slow itself may
// get a further one. Calls of [Engine.Stream] are not hedged.
//
// Not of the budget are second attempts for what waits at an endpoint of a pool that
// has fallen silent, at one that answers, once no other call waits for its place.
type Hedge struct {
	Budget float64 // extra calls as a share of all; 0: 0.01; negative: none
}

// Deadlines limit one attempt. Time spent waiting in our own queue never
// counts. In each field 0 means the default and a negative value none.
//
// Those that are learnt hold for a call's first attempt: about twice what 99 of 100
// calls of its model and length need to the first content, 2.25 s at least, and five
// times that between two pieces, 1 s at least. The attempt after one that was cut has
// four times as long (beyond 60 s twice), and the next, like the last that an item
// gets, the 60 s at least that hold until anything is learnt; each after that twice as
// long, up to 10 minutes and 5. Where calls that were cut and sent again are mostly as
// slow again, 60 s hold from the first on; where they mostly are answered, they hung,
// and their time doubles with each cut until the last attempt.
type Deadlines struct {
	FirstToken time.Duration // to the first content; 0: learnt from the traffic
	Stall      time.Duration // between two pieces of content; 0: learnt from the traffic
	Total      time.Duration // for the whole attempt; 0: 15 minutes
}

// Validate returns every fault of c, joined, each naming its field.
func (c *Config) Validate() error {
	money := len(newMoneyLimits([]Endpoint{{Limits: c.Limits, Models: c.Models}})) > 0
	return errors.Join(c.Limits.check("config", "Limits"), checkModels("config", c.Models), c.checkPriced(money), c.validate())
}

// checkPriced refuses a limit on money without prices.
func (c *Config) checkPriced(money bool) error {
	if money && c.Price == nil {
		return errors.New("config: Limits.Money: needs Config.Price; a cost that is not known is never 0")
	}
	return nil
}

// validate is Validate without the limits, which endpoints have.
func (c *Config) validate() error {
	var errs []error
	bad := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("config: %s: %s", field, fmt.Sprintf(format, args...)))
	}
	c.Retry.validate(bad)
	if !(c.Hedge.Budget <= 1) {
		bad("Hedge.Budget", "is %g; it is a share of the calls, such as 0.05", c.Hedge.Budget)
	}
	if c.OutageLimit < 0 {
		bad("OutageLimit", "is %v; must not be negative", c.OutageLimit)
	}
	for _, k := range c.Unobserved {
		if k >= eventKinds {
			bad("Unobserved", "there is no event of kind %d", k)
		}
	}
	if c.Asks < 0 {
		bad("Asks", "is %d; must be 1 or more, or 0 for the default of 4", c.Asks)
	}
	return errors.Join(errs...)
}

// checkModels is check for the limits of models.
func checkModels(whose string, models map[string]Limits) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(models)) {
		l := models[name]
		if name == "" {
			errs = append(errs, fmt.Errorf("%s: Models: a model has no name; limits for all models are Limits", whose))
		}
		errs = append(errs, l.check(whose, fmt.Sprintf("Models[%q]", name)))
	}
	return errors.Join(errs...)
}

// check returns every fault of l, joined, each naming whose it is and the
// field.
func (l *Limits) check(whose, of string) error {
	var errs []error
	l.validate(func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s.%s: %s", whose, of, field, fmt.Sprintf(format, args...)))
	})
	return errors.Join(errs...)
}

func (l *Limits) validate(bad func(field, format string, args ...any)) {
	for _, r := range []struct {
		name string
		rate Rate
	}{
		{"Requests", l.Requests}, {"Tokens", l.Tokens},
		{"InputTokens", l.InputTokens}, {"OutputTokens", l.OutputTokens}, {"Money", l.Money},
	} {
		if !r.rate.IsZero() && !(r.rate.N > 0 && r.rate.Per > 0 && r.rate.N < math.Inf(1)) {
			bad(r.name, "is %g per %v; both must be above 0 and finite (leave it out for no limit)", r.rate.N, r.rate.Per)
		}
	}
	if l.InFlight < 0 {
		bad("InFlight", "is %d; must be 1 or more, or 0 to adapt", l.InFlight)
	}
	if l.Burst > 0 && (l.Requests.IsZero() || l.Window == Strict) {
		bad("Burst", "is %d; it goes with a limit on Requests and the window TokenBucket", l.Burst)
	}
	if l.Burst < 0 {
		bad("Burst", "is %d; must be 1 or more, or 0 for the default", l.Burst)
	}
	if l.Window > Strict {
		bad("Window", "is %d; must be TokenBucket or Strict", l.Window)
	}
}

func (r *Retry) validate(bad func(field, format string, args ...any)) {
	if r.Attempts < 0 {
		bad("Retry.Attempts", "is %d; must be 1 or more, or 0 for the default of 5", r.Attempts)
	}
	if r.Base < 0 {
		bad("Retry.Base", "is %v; must not be negative", r.Base)
	}
	if r.Max < 0 {
		bad("Retry.Max", "is %v; must not be negative", r.Max)
	}
}

// completed returns c with its defaults filled in.
func (c Config) completed() Config {
	setDefault(&c.Asks, 4)
	setDefault(&c.Retry.Attempts, 5)
	setDefault(&c.Retry.Base, 500*time.Millisecond)
	setDefault(&c.Retry.Max, 60*time.Second)
	setDefault(&c.Deadlines.Total, 15*time.Minute)
	setDefault(&c.Hedge.Budget, 0.01)
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
