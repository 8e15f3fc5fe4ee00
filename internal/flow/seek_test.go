package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// kinds are the ways in which servers count a limit by the minute.
var kinds = []struct {
	name string
	of   func(rpm int, offset time.Duration) counter
}{
	{"bucket of a second", func(n int, _ time.Duration) counter { return bucketOf(float64(n), time.Minute, float64(n)/60) }},
	{"bucket of a minute", func(n int, _ time.Duration) counter { return bucketOf(float64(n), time.Minute, float64(n)) }},
	{"fixed window", func(n int, offset time.Duration) counter { return fixedOf(n, time.Minute, offset) }},
	{"sliding window", func(n int, _ time.Duration) counter { return slidingOf(n, time.Minute) }},
}

// trips are delays of the network, of which a third is always there.
var trips = []time.Duration{0, 200 * time.Millisecond}

// phases is a lab whose server follows one set of rules after the other.
func phases(each time.Duration, rules ...func() counter) lab {
	l := lab{until: each * time.Duration(len(rules)), server: func(now time.Duration) counter { return rules[now/each]() }}
	for i := 1; i < len(rules); i++ {
		l.changes = append(l.changes, time.Duration(i)*each)
	}
	return l
}

func steady(until time.Duration, rules func() counter) lab { return phases(until, rules) }

func TestSeekFollowsALimitThatChangesTwice(t *testing.T) {
	for _, kind := range kinds {
		for _, trip := range trips {
			for seed := range uint64(3) {
				offset := time.Duration(seed) * 17 * time.Second
				at := func(rpm int) func() counter { return func() counter { return kind.of(rpm, offset) } }
				l := phases(10*time.Minute, at(300), at(900), at(150))
				l.trip, l.rest = trip, time.Second/2
				e := l.run(seed)
				used := within(e.let, time.Minute, l.until) / (300*9 + 900*10 + 150*10)
				if used < 0.9 || e.share() > 0.02 {
					t.Errorf("%s, trips of %v, seed %d: %.1f %% used, %.2f %% refused; want 90 and 2", kind.name, trip, seed, 100*used, 100*e.share())
				}
			}
		}
	}
}

// hardships are servers that are not as one would wish.
func hardships() []hardship {
	at := func(kind, rpm int) func() counter {
		return func() counter { return kinds[kind].of(rpm, 20*time.Second) }
	}
	noisy := func(share float64, then func() counter) func() counter {
		return func() counter {
			if then == nil {
				return chanceOf(share, nil)
			}
			return chanceOf(share, then())
		}
	}
	crowd := func(n int) func() counter { return func() counter { return crowdOf(n) } }
	wanted := func(n float64, l lab) lab { l.demand = n; return l }
	const b1, b60, fixed, sliding = 0, 1, 2, 3
	tokens := steady(20*time.Minute, func() counter { return tokensOf(600_000) })
	tokens.tokens = func(r *rand.Rand) float64 { return 200 + 3600*r.Float64() }
	mixed := steady(20*time.Minute, crowd(20))
	mixed.first = [2]time.Duration{200 * time.Millisecond, 4 * time.Second}
	m := time.Minute
	return []hardship{
		{"refuses 1 % by chance", wanted(20, steady(20*m, noisy(0.01, nil))), 20, 0.9, 0.02},
		{"refuses 5 % by chance", wanted(20, steady(20*m, noisy(0.05, nil))), 20, 0.9, 0.07},
		{"1 % by chance and a bucket", steady(20*m, noisy(0.01, at(b1, 900))), 15, 0.4, 0.06},
		{"5 % by chance and a bucket", steady(20*m, noisy(0.05, at(b1, 900))), 15, 0.4, 0.15},
		{"1 % by chance and a sliding window", steady(20*m, noisy(0.01, at(sliding, 900))), 15, 0.35, 0.15},
		{"1 % by chance and a fixed window", steady(20*m, noisy(0.01, at(fixed, 900))), 15, 0.35, 0.08},
		{"5 calls at once", steady(10*m, crowd(5)), 5 / 1.5, 0.6, 0.02},
		{"20 calls at once", steady(10*m, crowd(20)), 20 / 1.5, 0.65, 0.02},
		{"100 calls at once", steady(10*m, crowd(100)), 100 / 1.5, 0.65, 0.02},
		{"20 calls of very mixed length at once", mixed, 20 / 2.1, 0.6, 0.02},
		{"from 20 calls at once to 60", phases(10*m, crowd(20), crowd(60)), 40, 0.65, 0.02},
		{"from 60 calls at once to 10", phases(10*m, crowd(60), crowd(10)), 10 / 1.5, 0.6, 0.03},
		{"a limit on tokens", tokens, 5, 0.9, 0.03},
		{"3 a minute, bucket", steady(60*m, at(b60, 3)), 0.05, 0.9, 0.1},
		{"3 a minute, fixed window", steady(60*m, at(fixed, 3)), 0.05, 0.65, 0.2},
		{"3 a minute, sliding window", steady(60*m, at(sliding, 3)), 0.05, 0.75, 0.15},
		{"10,000 a minute, bucket", steady(5*m, at(b1, 10_000)), 10_000. / 60, 0.95, 0.01},
		{"10,000 a minute, fixed window", steady(5*m, at(fixed, 10_000)), 10_000. / 60, 0.85, 0.02},
		{"10,000 a minute, sliding window", steady(5*m, at(sliding, 10_000)), 10_000. / 60, 0.9, 0.02},
		{"20 a second, fixed window", steady(10*m, func() counter { return fixedOf(20, time.Second, 0) }), 20, 0.85, 0.02},
		{"20 a second, sliding window", steady(10*m, func() counter { return slidingOf(20, time.Second) }), 20, 0.75, 0.02},
		{"100 in 10 seconds, fixed window", steady(10*m, func() counter { return fixedOf(100, 10*time.Second, 0) }), 10, 0.85, 0.03},
		{"100 in 10 seconds, sliding window", steady(10*m, func() counter { return slidingOf(100, 10*time.Second) }), 10, 0.85, 0.02},
		{"1,000 an hour", steady(4*60*m, func() counter { return fixedOf(1000, time.Hour, 0) }), 1000. / 3600, 0.9, 0.1},
		{"a hundred times as much, bucket", phases(10*m, at(b1, 30), at(b1, 3000)), 50, 0.9, 0.02},
		{"a hundred times as much, fixed window", phases(10*m, at(fixed, 30), at(fixed, 3000)), 50, 0.85, 0.02},
		{"a hundred times as much, sliding window", phases(10*m, at(sliding, 30), at(sliding, 3000)), 50, 0.7, 0.03},
		{"a hundredth, bucket of a second", phases(10*m, at(b1, 3000), at(b1, 30)), 0.5, 0.65, 0.06},
		{"a hundredth, bucket of a minute", phases(10*m, at(b60, 3000), at(b60, 30)), 0.5, 0.9, 0.06},
		{"a hundredth, fixed window", phases(10*m, at(fixed, 3000), at(fixed, 30)), 0.5, 0.85, 0.1},
		{"a hundredth, sliding window", phases(10*m, at(sliding, 3000), at(sliding, 30)), 0.5, 0.85, 0.06},
		{"an outage in between", phases(10*m, at(b1, 900), func() counter { return outageRules }, at(b1, 900)), 15, 0.9, 0.02},
		{"says 20 s, fixed window", steady(20*m, func() counter { return telling(20*time.Second, at(fixed, 900)()) }), 15, 0.85, 0.04},
		{"says a second, bucket", steady(20*m, func() counter { return telling(time.Second, at(b1, 900)()) }), 15, 0.85, 0.02},
		{"half of the limit is wanted", wanted(8, steady(10*m, at(b1, 900))), 8, 0.9, 0.01},
	}
}

type hardship struct {
	name  string
	lab   lab
	ideal float64 // calls a second, in the end
	used  float64 // of the ideal, at least
	share float64 // of the calls in the end that are refused, at most
}

// hardSeeds is over how many seeds a hardship is averaged: a few unlucky
// refusals in a row weigh on one of them for minutes.
const hardSeeds = 2

func TestSeekBearsHardships(t *testing.T) {
	for _, h := range hardships() {
		for _, trip := range trips {
			t.Run(fmt.Sprint(h.name, ", trips of ", trip), func(t *testing.T) {
				t.Parallel()
				lab := h.lab
				lab.trip, lab.observed = trip, sane(t)
				tail := lab.until / 4
				let, refused := 0.0, 0.0
				for seed := uint64(3); seed < 3+hardSeeds; seed++ {
					e := lab.run(seed)
					let += within(e.let, lab.until-tail, lab.until) / hardSeeds
					refused += within(e.refused, lab.until-tail, lab.until) / hardSeeds
				}
				used, share := let/tail.Seconds()/h.ideal, refused/(refused+let)
				t.Logf("in the end %.1f %% of the ideal, %.2f %% refused", 100*used, 100*share)
				if used < h.used || share > h.share {
					t.Errorf("in the end %.1f %% of the ideal and %.2f %% refused, want %.0f and %.0f", 100*used, 100*share, 100*h.used, 100*h.share)
				}
			})
		}
	}
}

// sane checks that nothing runs away.
func sane(t *testing.T) func(time.Duration, *Admission) {
	return func(now time.Duration, a *Admission) {
		s := &a.lanes[0].shares[0].seek
		if s.limit == 0 {
			return
		}
		if r := s.rate(labEpoch.Add(now)); !(r >= seekFloor && r <= seekTop) || math.IsNaN(s.limit) || s.limit < seekFloor {
			t.Fatalf("after %v the rate is %v, the estimate %v", now, r, s.limit)
		}
		if wait := s.until.Sub(labEpoch.Add(now)); wait > 2*time.Minute {
			t.Fatalf("after %v it waits for %v", now, wait)
		}
	}
}

// anyRules returns rules at random.
func anyRules(chance *rand.Rand) counter {
	rpm := int(3 * math.Pow(1000, chance.Float64()))
	rules := kinds[chance.IntN(len(kinds))].of(rpm, time.Duration(chance.Int64N(int64(time.Minute))))
	switch chance.IntN(6) {
	case 0:
		return chanceOf(chance.Float64(), rules)
	case 1:
		return crowdOf(1 + chance.IntN(50))
	case 2:
		return outageRules
	case 3:
		return telling(time.Duration(chance.Int64N(int64(time.Minute))), rules)
	}
	return rules
}

// Whatever a server did, half an hour of plain rules is enough.
func TestSeekRecoversFromAnything(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			chance := rand.New(rand.NewPCG(seed, 0))
			last := func() counter { return kinds[seed%4].of(600, 11*time.Second) }
			l := lab{until: 45 * time.Minute, trip: trips[seed%2], observed: sane(t)}
			for at := time.Minute; at < 15*time.Minute; at += time.Minute {
				l.changes = append(l.changes, at)
			}
			l.changes = append(l.changes, 15*time.Minute)
			l.server = func(now time.Duration) counter {
				if now < 15*time.Minute {
					return anyRules(chance)
				}
				return last()
			}
			e := l.run(seed)
			used := within(e.let, 40*time.Minute, l.until) / (5 * 600)
			if used < 0.85 {
				t.Errorf("%.1f %% used in the end", 100*used)
			}
		})
	}
}

func TestSeekWaitsAsTold(t *testing.T) {
	const told = 7 * time.Second
	var closed time.Duration
	rules := func() counter {
		let := 0
		return func(now time.Duration, _ int, _ float64, _ *rand.Rand) time.Duration {
			if now < closed {
				t.Fatalf("a call came at %v, though the server asked at %v to wait for %v", now, closed-told, told)
			}
			if let++; let%40 == 0 {
				closed = now + told
				return told
			}
			return 0
		}
	}
	if e := steady(5*time.Minute, rules).run(1); len(e.refused) < 5 {
		t.Errorf("only %d refusals: nothing was tested", len(e.refused))
	}
}

func TestSeekEndsWithALimitThatIsGiven(t *testing.T) {
	l := steady(5*time.Minute, func() counter { return bucketOf(300, time.Minute, 5) })
	given, back := false, false
	l.observed = func(now time.Duration, a *Admission) {
		switch s := a.State().Lanes[0]; {
		case now > time.Minute && !given:
			if given = true; !s.FoundOut || math.Abs(s.Requests.N-300) > 30 {
				t.Errorf("after a minute %+v, want about 300 that were found out", s)
			}
			a.SetLimits(labEpoch.Add(now), 0, Limits{Requests: Rate{200, time.Minute}})
		case given && now < 2*time.Minute:
			if s.FoundOut || s.Requests.N != 200 {
				t.Fatalf("after 200 a minute were given: %+v", s)
			}
		case now > 2*time.Minute && !back:
			back = true
			a.SetLimits(labEpoch.Add(now), 0, Limits{})
			if s := a.State().Lanes[0]; s.FoundOut || s.Requests.N != 0 {
				t.Errorf("after the limit was taken back: %+v", s)
			}
		}
	}
	e := l.run(1)
	if n := within(e.let, 65*time.Second, 2*time.Minute); n > 200 {
		t.Errorf("%v calls in less than a minute under a limit of 200", n)
	}
	if n := within(e.let, 3*time.Minute, 5*time.Minute); n < 550 {
		t.Errorf("%v calls in two minutes after it was taken back, 600 are let in", n)
	}
}

func TestSeekEndsWithALimitThatIsTold(t *testing.T) {
	l := steady(3*time.Minute, func() counter { return bucketOf(300, time.Minute, 5) })
	told := false
	l.observed = func(now time.Duration, a *Admission) {
		if now > time.Minute && !told {
			told = true
			a.Told(labEpoch.Add(now), 0, 0, Told{Requests: Allowance{Rate: Rate{300, time.Minute}, Left: 1, Sure: true}})
		}
		if s := a.State().Lanes[0]; told && (s.FoundOut || s.Requests.N != 300) {
			t.Fatalf("after 300 a minute were told: %+v", s)
		}
	}
	e := l.run(1)
	if refused := within(e.refused, 2*time.Minute, 3*time.Minute); refused > 0 {
		t.Errorf("%v calls are refused under the limit that was told", refused)
	}
}

// seeking returns a lane that seeks, and the instant from which on it does.
func seeking() (*Lane, Instant) {
	l := New(half, Limits{}).lanes[0]
	now := labEpoch
	var tickets [200]Ticket
	for i := range tickets {
		l.take(now, &tickets[i])
		now = now.Add(10 * time.Millisecond)
	}
	for i := range tickets {
		o := Outcome{Kind: Answered}
		if i > 190 {
			o.Kind = Throttled
		}
		l.done(now, &tickets[i], o, ended{chance: 0.5})
	}
	return l, now
}

func TestSeekAllocatesNothing(t *testing.T) {
	l, now := seeking()
	s := &l.shares[0].seek
	if s.limit == 0 {
		t.Fatal("nothing is sought")
	}
	x, i := &Ticket{}, 0
	if n := testing.AllocsPerRun(10_000, func() {
		i++
		now = max(now, s.when(now))
		l.take(now, x)
		o := Outcome{Kind: Answered}
		if i%100 == 0 {
			o.Kind = Throttled
		}
		l.done(now.Add(time.Millisecond), x, o, ended{chance: 0.5})
	}); n > 0.01 {
		t.Errorf("%v allocations a call", n)
	}
}

func BenchmarkSeek(b *testing.B) {
	l, now := seeking()
	s := &l.shares[0].seek
	s.window = 1e9
	x, i := &Ticket{}, 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		now = max(now, s.when(now))
		x.order = s.started(now)
		if i%100 == 0 {
			s.throttled(now.Add(time.Millisecond), now, x.order, 0)
		}
	}
}
