package flow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// line queues n calls of a model, named after it, and returns its number.
func (a *Admission) lineUp(now Instant, model string, n int, t Ticket) int {
	number := a.Model(model)
	for i := range n {
		x := t
		x.Model, x.Owner = number, fmt.Sprint(model, i)
		a.Add(now, &x)
	}
	return number
}

// started returns who starts at now, in order.
func (a *Admission) started(now Instant) (names []string, tickets []*Ticket) {
	for t, _ := a.Next(now); t != nil; t, _ = a.Next(now) {
		names = append(names, t.Owner.(string))
		tickets = append(tickets, t)
	}
	return names, tickets
}

func TestAModelThatHasToWaitHoldsUpNoOther(t *testing.T) {
	a := New(half, Limits{InFlight: 100, Models: map[string]Limits{"a": {Tokens: Rate{100, time.Second}}}})
	a.lineUp(0, "a", 3, Ticket{Priority: 1, In: 100})
	a.lineUp(0, "b", 2, Ticket{Priority: -1, In: 100})
	if got, _ := a.started(0); fmt.Sprint(got) != "[a0 b0 b1]" {
		t.Fatalf("at once start %v; a's second call has no tokens, b has no limit", got)
	}
	if s := a.State(); s.Cause != CauseTokens || s.Waiting != 2 {
		t.Errorf("state %+v", s)
	}
	if _, wake := a.Next(0); wake != 1000*ms {
		t.Errorf("wakes at %v, want 1s", time.Duration(wake))
	}
	if got, _ := a.started(1000 * ms); fmt.Sprint(got) != "[a1]" {
		t.Errorf("a second later start %v", got)
	}
}

func TestWhatAllModelsShareIsTakenInTurn(t *testing.T) {
	// One slot: whoever is first in the order gets it, whatever its model.
	a := New(half, Limits{InFlight: 1})
	a.lineUp(0, "a", 2, Ticket{Priority: -1})
	a.lineUp(0, "b", 2, Ticket{})
	a.lineUp(0, "a", 1, Ticket{Priority: 1, Again: true})
	a.lineUp(0, "c", 2, Ticket{})
	var got []string
	for range 7 {
		names, tickets := a.started(0)
		got = append(got, names...)
		for _, x := range tickets {
			a.Done(0, x, Outcome{Kind: Answered})
		}
	}
	if want := "[a0 b0 b1 c0 c1 a0 a1]"; fmt.Sprint(got) != want {
		t.Errorf("order %v, want %v", got, want)
	}
}

func TestALargeCallIsNotPassedBySmallOnesOfOtherModels(t *testing.T) {
	a := New(half, Limits{Tokens: Rate{100, time.Second}, InFlight: 100})
	a.lineUp(0, "a", 1, Ticket{In: 100}) // takes all there is
	a.started(0)
	a.lineUp(0, "a", 1, Ticket{In: 100})
	a.lineUp(0, "b", 50, Ticket{In: 1})
	if got, _ := a.started(500 * ms); len(got) > 0 {
		t.Fatalf("%v pass the large call at the limit that all share", got)
	}
	if got, _ := a.started(1000 * ms); len(got) == 0 || got[0] != "a0" {
		t.Errorf("when the limit permits start %v", got)
	}
}

func TestPatienceGoesAcrossModels(t *testing.T) {
	a := New(half, Limits{InFlight: 1})
	a.lineUp(0, "low", 3, Ticket{Priority: -1})
	a.lineUp(0, "high", 100, Ticket{Priority: 1})
	var turns []int
	for i := range 60 {
		x, _ := a.Next(0)
		if x.Priority == -1 {
			turns = append(turns, i)
		}
		a.Done(0, x, Outcome{Kind: Answered})
	}
	if fmt.Sprint(turns) != "[16 33 50]" {
		t.Errorf("the low model's turns came as numbers %v, want every 17th", turns)
	}
}

func TestARefusalOfOneModelPausesItAlone(t *testing.T) {
	a := New(half, Limits{InFlight: 100}, Limits{InFlight: 100})
	a.lineUp(0, "a", 1, Ticket{})
	_, refused := a.started(0)
	lane := refused[0].Lane()
	a.Done(10*ms, refused[0], Outcome{Kind: Throttled, RetryAfter: 7 * time.Second})
	a.lineUp(10*ms, "a", 10, Ticket{})
	a.lineUp(10*ms, "b", 10, Ticket{})
	_, tickets := a.started(10 * ms)
	on := map[string]int{}
	for _, x := range tickets {
		on[fmt.Sprint(x.Owner.(string)[:1], x.Lane() == lane)]++
	}
	if len(tickets) != 20 || on["atrue"] > 0 || on["btrue"] == 0 {
		t.Errorf("%d start, by model and whether on the lane that refused a: %v", len(tickets), on)
	}
	if a.PausedUntil(lane, a.Model("a")) != 7010*ms || a.PausedUntil(lane, a.Model("b")) > 0 {
		t.Error("it is not a, and a alone, that is paused")
	}
}

func TestAModelThatWaitsForItselfKeepsNobodyFromASpareStart(t *testing.T) {
	a := New(half, Limits{InFlight: 10, Models: map[string]Limits{"full": {InFlight: 1}}})
	full := a.lineUp(0, "full", 3, Ticket{})
	a.lineUp(0, "other", 1, Ticket{})
	_, running := a.started(0)
	if len(running) != 2 {
		t.Fatalf("%d start", len(running))
	}
	spare := &Ticket{Model: running[1].Model}
	if !a.Spare(0, spare, running[1]) {
		t.Error("no spare start beside a model that waits for its own limit")
	}
	if a.Spare(0, &Ticket{Model: full}, running[0]) {
		t.Error("a spare start goes ahead of a call of its own model")
	}
}

func TestEachModelKeepsToWhatItWasTold(t *testing.T) {
	a := New(half, Limits{InFlight: 1 << 20})
	minute := func(n float64) Told { return Told{Requests: Allowance{Rate: Rate{n, time.Minute}, Left: n}} }
	count := map[string]int{}
	for now := Instant(0); now < 60_000*ms; now += 10 * ms {
		for i, name := range []string{"a", "b"} {
			// Told in turn, as answers come: neither may confuse the other.
			a.Told(now, 0, a.Model(name), minute([]float64{60, 600}[i]))
			if a.queue.lines[a.Model(name)].len == 0 {
				a.lineUp(now, name, 1, Ticket{})
			}
		}
		names, tickets := a.started(now)
		for i, x := range tickets {
			count[names[i]]++
			a.Done(now, x, Outcome{Kind: Answered})
		}
	}
	if a, b := count["a0"], count["b0"]; a < 58 || a > 60 || b < 590 || b > 600 {
		t.Errorf("in a minute %v; 60 of a and 600 of b are allowed", count)
	}
	s := a.State().Lanes[0]
	if s.Requests.N != 660 || len(s.Models) != 2 || s.Models[0].Requests.N != 60 || s.Models[1].Name != "b" {
		t.Errorf("state %+v", s)
	}
}

func TestTheLimitOfTheWholeAndOfAModelHoldTogether(t *testing.T) {
	perSecond := func(n float64) Rate { return Rate{n, time.Second} }
	a := New(half, Limits{Requests: perSecond(10), Burst: 1, InFlight: 1000, Models: map[string]Limits{
		"a": {Requests: perSecond(2), Strict: true}, "b": {InFlight: 3},
	}})
	for _, name := range []string{"a", "b", "c"} {
		a.lineUp(0, name, 1000, Ticket{})
	}
	starts := map[byte][]Instant{}
	for now := Instant(0); now < 10_000*ms; now += ms {
		names, tickets := a.started(now)
		for i, x := range tickets {
			a.Sent(now, x, 0)
			starts[names[i][0]] = append(starts[names[i][0]], now)
		}
	}
	if n := len(starts['b']); n != 3 {
		t.Errorf("%d calls of b are in flight, 3 are allowed", n)
	}
	if n := len(starts['a']); n < 18 || n > 20 {
		t.Errorf("%d calls of a in 10 s, 2 a second are allowed", n)
	}
	for i := 2; i < len(starts['a']); i++ {
		if d := starts['a'][i].Sub(starts['a'][i-2]); d < time.Second {
			t.Errorf("three calls of a within %v, strictly two a second are allowed", d)
		}
	}
	if n := len(starts['a']) + len(starts['b']) + len(starts['c']); n < 99 || n > 101 {
		t.Errorf("%d calls in 10 s, 10 a second are allowed", n)
	}
}

func TestModelLimitsAreSetWhileItRuns(t *testing.T) {
	a := New(half, Limits{InFlight: 1000})
	n := a.lineUp(0, "a", 1000, Ticket{})
	a.SetModelLimits(0, 0, "a", Limits{InFlight: 2})
	_, first := a.started(0)
	if len(first) != 2 {
		t.Fatalf("%d start, 2 may", len(first))
	}
	a.SetModelLimits(0, 0, "a", Limits{InFlight: 5})
	if got, _ := a.started(0); len(got) != 3 {
		t.Errorf("%d more start, 3 may", len(got))
	}
	a.SetModelLimits(0, 0, "a", Limits{})
	if got, _ := a.started(0); len(got) != 995 {
		t.Errorf("%d more start without a limit", len(got))
	}
	if a.Model("a") != n {
		t.Error("the model has another number")
	}
}

func TestManyModelsShareOneLine(t *testing.T) {
	a := New(half, Limits{Models: map[string]Limits{"given": {InFlight: 1}}})
	numbers := map[int]int{}
	for i := range 1000 {
		numbers[a.Model(fmt.Sprint(i))]++
	}
	if len(numbers) != ModelsMax+1 || numbers[0] != 1000-ModelsMax || a.Model("given") == 0 {
		t.Errorf("%d numbers, %d models share 0", len(numbers), numbers[0])
	}
}

// always is an admission whose lines are never parked for longer than a moment.
type unparked struct{ *Admission }

func (u unparked) Next(now Instant) (*Ticket, Instant) {
	for len(u.queue.parked) > 0 {
		u.queue.unpark(u.queue.parked[0])
	}
	return u.Admission.Next(now)
}

// Parked lines are an economy: the same calls must start at the same moments as
// if each model were asked anew every time.
//
// (All are of one priority: whether the low have been passed often enough is
// asked when a line is parked and when it comes back, not between.)
func TestParkingChangesNothing(t *testing.T) {
	all := 0
	for seed := range uint64(60) {
		luck := rand.New(rand.NewPCG(seed, 1))
		limits := randomLimits(luck)
		want := story(unparked{New(half, limits...)}, rand.New(rand.NewPCG(seed, 2)))
		got := story(New(half, limits...), rand.New(rand.NewPCG(seed, 2)))
		all += len(want)
		if i := slices.IndexFunc(got, func(s start) bool { return s.untold }); i >= 0 {
			t.Fatalf("seed %d: %v starts before the instant at which Next wanted to be asked again", seed, got[i])
		}
		if !slices.Equal(got, want) {
			for i := range want {
				if i >= len(got) || got[i] != want[i] {
					t.Fatalf("seed %d: start %d is %v, want %v", seed, i, got[min(i, len(got)-1)], want[i])
				}
			}
			t.Fatalf("seed %d: %d starts, want %d", seed, len(got), len(want))
		}
	}
	if all < 60*200 {
		t.Errorf("only %d calls start", all)
	}
}

func randomLimits(luck *rand.Rand) []Limits {
	some := func(n int, per time.Duration) Rate {
		if luck.IntN(2) == 0 {
			return Rate{}
		}
		return Rate{float64(1 + luck.IntN(n)), per}
	}
	var lanes []Limits
	for range 1 + luck.IntN(3) {
		l := Limits{Requests: some(50, time.Second), Tokens: some(3000, time.Second), InFlight: luck.IntN(40), Models: map[string]Limits{}}
		for m := range 4 {
			l.Models[fmt.Sprint(m)] = Limits{
				Requests: some(20, time.Second), Out: some(1000, time.Second), InFlight: luck.IntN(8),
				Strict: luck.IntN(3) == 0,
			}
		}
		lanes = append(lanes, l)
	}
	return lanes
}

// A start is one call's, as far as it can be told.
type start struct {
	number, lane int
	at           Instant
	untold       bool // nothing has happened since Next named a later instant
}

// story is 20 seconds of an admission's life, in which calls come, end in every
// way, are taken back and told of limits.
func story(a interface {
	Next(Instant) (*Ticket, Instant)
	Add(Instant, *Ticket)
	Done(Instant, *Ticket, Outcome)
	Alive(Instant, *Ticket)
	Sent(Instant, *Ticket, time.Duration)
	Remove(*Ticket) bool
	Model(string) int
	Told(Instant, int, int, Told)
}, luck *rand.Rand) (starts []start) {
	var running, all []*Ticket
	admit := func(now, wake Instant) Instant {
		t, next := a.Next(now)
		for ; t != nil; t, next = a.Next(now) {
			starts = append(starts, start{t.Owner.(int), t.Lane(), now, now < wake})
			a.Sent(now, t, 0)
			running = append(running, t)
		}
		return next
	}
	wake := Instant(0)
	for now := Instant(0); now < 20_000*ms; now += 5 * ms {
		admit(now, wake)
		for range luck.IntN(3) {
			t := &Ticket{
				Model: a.Model(fmt.Sprint(luck.IntN(6))), Owner: len(all),
				In: float64(luck.IntN(100)), Out: float64(luck.IntN(100)),
			}
			all = append(all, t)
			a.Add(now, t)
		}
		for range luck.IntN(4) {
			if len(running) == 0 {
				break
			}
			i := luck.IntN(len(running))
			t := running[i]
			switch luck.IntN(4) {
			case 0:
				a.Alive(now, t)
				continue
			case 1:
				a.Told(now, t.Lane(), t.Model, Told{Tokens: Allowance{Rate: Rate{float64(500 * (1 + luck.IntN(3))), time.Second}, Sure: true}})
				continue
			}
			running = slices.Delete(running, i, i+1)
			o := Outcome{Kind: Answered, Known: true, In: t.In, Out: t.Out * luck.Float64()}
			if luck.IntN(8) == 0 {
				o = Outcome{Kind: OutcomeKind(luck.IntN(int(Neutral) + 1)), RetryAfter: time.Duration(luck.IntN(2000)) * time.Millisecond}
			}
			a.Done(now, t, o)
			if o.Kind != Answered && o.Kind != Exhausted {
				t.Retry, t.Again = o.Kind == Overloaded, true
				t.NotBefore = now.Add(time.Duration(luck.IntN(500)) * time.Millisecond)
				a.Add(now, t)
			}
		}
		if len(all) > 0 && luck.IntN(20) == 0 {
			a.Remove(all[luck.IntN(len(all))])
		}
		wake = admit(now, 0)
	}
	return starts
}

func TestALimitThatBecomesKnownEndsNoPause(t *testing.T) {
	rate := Rate{6000, time.Minute}
	for name, known := range map[string]func(a *Admission, now Instant){
		"told": func(a *Admission, now Instant) {
			a.Told(now, 0, 0, Told{Requests: Allowance{Rate: rate, Left: rate.N}})
		},
		"given":             func(a *Admission, now Instant) { a.SetLimits(now, 0, Limits{InFlight: 10, Requests: rate}) },
		"given for a model": func(a *Admission, now Instant) { a.SetModelLimits(now, 0, "", Limits{Requests: rate}) },
	} {
		t.Run(name, func(t *testing.T) {
			a := New(half, Limits{InFlight: 10})
			a.lineUp(0, "", 1, Ticket{})
			_, refused := a.started(0)
			a.Done(10*ms, refused[0], Outcome{Kind: Throttled, RetryAfter: 20 * time.Second})
			a.lineUp(10*ms, "", 5, Ticket{})
			known(a, 1000*ms)
			if got, _ := a.started(20_000 * ms); len(got) > 0 {
				t.Fatalf("%v start before the time that the server named", got)
			}
			got, probe := a.started(20_010 * ms)
			if len(got) != 1 || a.PausedUntil(0, 0) != 20_010*ms {
				t.Fatalf("then %v start, paused until %v; want one probe at 20.01s", got, time.Duration(a.PausedUntil(0, 0)))
			}
			a.Alive(20_100*ms, probe[0])
			if got, _ := a.started(20_100 * ms); len(got) != 4 {
				t.Errorf("after a sign of life of the probe start %v", got)
			}
		})
	}
}

func TestModelsThatAreGivenLimitsTakeNoPlaceOfOthers(t *testing.T) {
	given := map[string]Limits{}
	for i := range 2 * ModelsMax {
		given[fmt.Sprint("given", i)] = Limits{InFlight: 3}
	}
	a := New(half, Limits{Models: given})
	for i := range ModelsMax + 1 {
		if n := a.Model(fmt.Sprint("other", i)); (n != 0) != (i < ModelsMax) {
			t.Errorf("model %d without limits has number %d", i+1, n)
		}
	}
}
