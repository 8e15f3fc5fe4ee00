package flow

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// haltsOf stops the server once in five seconds on average, for one of the lengths,
// from the twentieth second on.
func haltsOf(lengths ...time.Duration) func(uint64) func(time.Duration) time.Duration {
	return func(seed uint64) func(time.Duration) time.Duration {
		return func(at time.Duration) time.Duration {
			slot := at.Truncate(2 * time.Second)
			chance := rand.New(rand.NewPCG(seed, uint64(slot)))
			length := lengths[chance.IntN(len(lengths))]
			begin := slot + time.Duration(chance.Int64N(int64(2*time.Second-length)))
			if chance.Float64() > 0.4 || slot < 20*time.Second || at < begin || at >= begin+length {
				return at
			}
			return begin + length
		}
	}
}

// countersOf are the ways in which servers count n in a second.
func countersOf(n int) map[string]func() counter {
	return map[string]func() counter{
		"token bucket":   func() counter { return bucketOf(float64(n), time.Second, float64(n)) },
		"fixed window":   func() counter { return fixedOf(n, time.Second, 300*time.Millisecond) },
		"sliding window": func() counter { return slidingOf(n, time.Second) },
	}
}

// halting runs a strict limit of n a second against a server that stands still at times
// and takes so long to answer.
func halting(seed uint64, n int, c func() counter, think [2]time.Duration, until time.Duration) labEnd {
	return lab{
		limits: Limits{Requests: Rate{float64(n), time.Second}, Strict: true, InFlight: 4*n + 100},
		server: func(time.Duration) counter { return c() },
		halts:  haltsOf(5*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond, 300*time.Millisecond),
		until:  until, first: think, rest: 300 * time.Millisecond,
	}.run(seed)
}

const echoSeeds = 2

func TestAServerThatStandsStillRefusesNothing(t *testing.T) {
	type server struct {
		name  string
		think [2]time.Duration
		n     int
		until time.Duration
	}
	atOnce := [2]time.Duration{time.Microsecond, 2 * time.Microsecond}
	later := [2]time.Duration{500 * time.Millisecond, time.Second}
	for _, s := range []server{
		{"answers at once", atOnce, 2, 300 * time.Second}, {"answers at once", atOnce, 20, 200 * time.Second},
		{"answers at once", atOnce, 200, 60 * time.Second}, {"answers at once", atOnce, 2000, 30 * time.Second},
		{"thinks, and is asked much", later, 200, 60 * time.Second}, {"thinks, and is asked much", later, 2000, 30 * time.Second},
	} {
		for name, c := range countersOf(s.n) {
			t.Run(fmt.Sprint(s.name, ", ", s.n, ", ", name), func(t *testing.T) {
				for seed := range uint64(echoSeeds) {
					end := halting(seed, s.n, c, s.think, s.until)
					used := float64(len(end.let)) / (float64(s.n) * s.until.Seconds())
					if len(end.refused) > 0 || used < 0.96 {
						t.Errorf("seed %d: %d refused, %.4f of the limit used", seed, len(end.refused), used)
					}
				}
			})
		}
	}
}

// answers makes calls that are answered so soon, one in 10 ms, and returns when the last
// was.
func (e *echo) answers(n int, took func(i int) time.Duration) (now Instant) {
	for i := range n {
		sent := Instant(i+1) * 10 * ms
		e.went(sent)
		e.came(sent.Add(took(i)), sent, 0)
		now = sent.Add(took(i))
	}
	return now
}

func soon(int) time.Duration { return time.Millisecond }

func TestAHeaderThatIsLateSaysThatTheCallWas(t *testing.T) {
	for _, tt := range []struct {
		name         string
		known        int
		took         func(int) time.Duration
		calls        int           // at one moment
		late         time.Duration // the first header
		since, until Instant       // from that moment
	}{
		{"in time", 100, soon, 2, time.Millisecond, Never, 0},
		{"within the guard", 100, soon, 2, 1500 * time.Microsecond, Never, 0},
		{"late", 100, soon, 1, 51 * time.Millisecond, 0, 50 * ms},
		{"several, late", 100, soon, 9, 51 * time.Millisecond, 0, 50 * ms},
		{"as long as ever, one being refused at once", 100, func(i int) time.Duration { return min(time.Duration(i), 1) * 100 * time.Millisecond }, 9, 100500 * time.Microsecond, Never, 0},
		{"nothing is known yet", 10, soon, 1, 51 * time.Millisecond, Never, 0},
		{"it takes now long, now not", 100, func(i int) time.Duration { return time.Duration(i) * time.Millisecond }, 1, 51 * time.Millisecond, Never, 0},
		{"but not of hundreds", 100, func(i int) time.Duration { return time.Duration(i) * time.Millisecond }, 200, 51 * time.Millisecond, 0, 51 * ms},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var e echo
			at := e.answers(tt.known, tt.took).Add(time.Second)
			for range tt.calls {
				e.went(at)
			}
			since, until := e.came(at.Add(tt.late), at, 0)
			if tt.since == Never && since == Never {
				return
			}
			if since != at || until != at+tt.until {
				t.Errorf("calls since %v until %v, want %v and %v", since.Sub(at), until.Sub(at), tt.since, time.Duration(tt.until))
			}
		})
	}
}

func TestASilenceAmongManyAnswersIsSeen(t *testing.T) {
	for _, tt := range []struct {
		rate    time.Duration // a call and a header so often
		silence time.Duration
		seen    bool
	}{
		{time.Millisecond, 20 * time.Millisecond, true},
		{time.Millisecond, 4 * time.Millisecond, false},
		{10 * time.Millisecond, 20 * time.Millisecond, false},
		{10 * time.Millisecond, 200 * time.Millisecond, true},
	} {
		var e echo
		luck := rand.New(rand.NewPCG(5, 6))
		think := func(int) time.Duration {
			return 500*time.Millisecond + time.Duration(luck.Int64N(int64(500*time.Millisecond)))
		}
		now := e.answers(200, think).Add(time.Second)
		for ago := 750 * ms; ago > 0; ago -= Instant(tt.rate) { // those that are being answered
			e.went(now - ago)
		}
		e.last, e.front = now, now
		e.went(now.Add(time.Millisecond))
		end := now.Add(tt.silence)
		since, until := e.came(end, e.waiting[0], 0)
		if seen := since != Never; seen != tt.seen || seen && until != end {
			t.Errorf("a silence of %v where a header comes once in %v: seen is %t", tt.silence, tt.rate, seen)
		}
	}
}

func TestSilencesThatAreUsualDoNotCount(t *testing.T) {
	var e echo
	now := e.answers(100, soon).Add(time.Second)
	counted := 0
	for range 100 { // half of the time it is silent
		e.went(now)
		since, _ := e.came(now.Add(500*time.Millisecond), now, 0)
		if since != Never {
			counted++
		}
		now = now.Add(time.Second)
	}
	if counted == 0 || counted > 20 {
		t.Errorf("%d of 100 silences count", counted)
	}
}

func TestNothingStartsWhileAServerIsSilent(t *testing.T) {
	a, all := strictly(t, 2)
	s := a.lanes[0].whole.strict
	s.echo.answers(50, soon)
	s.echo.last = 900 * ms
	for _, x := range all {
		a.Sent(1000*ms, x, 0)
	}
	fill(a, 4, 0)
	if x, at := a.Next(2005 * ms); x != nil || at > 2050*ms {
		t.Errorf("a call starts while nothing is heard of those before, or somebody looks only at %v", time.Duration(at))
	}
	if x, _ := a.Next(3010 * ms); x == nil {
		t.Error("a call that hangs holds all up for more than two windows")
	}
	a.Heard(3010*ms, all[1])
	if x, at := a.Next(3010 * ms); x != nil || at < 4000*ms {
		t.Errorf("the next at %v, a window after a server that stood still until 3.01 s", time.Duration(at))
	}
}

func TestOneCallThatHangsHoldsNobodyUp(t *testing.T) {
	a, all := strictly(t, 2)
	a.lanes[0].whole.strict.echo.answers(50, soon)
	for _, x := range all {
		a.Sent(1000*ms, x, 0)
	}
	a.Heard(1001*ms, all[1])
	fill(a, 2, 0)
	if x, at := a.Next(2003 * ms); x == nil {
		t.Errorf("the next starts at %v, although the server answers", time.Duration(at))
	}
}

func TestALateHeaderAmongOthersMovesItsCallAlone(t *testing.T) {
	a, all := strictly(t, 2)
	a.lanes[0].whole.strict.echo.answers(50, soon)
	for _, x := range all {
		a.Sent(1000*ms, x, 0)
	}
	for at := 1001 * ms; at < 1200*ms; at += ms {
		a.Heard(at, all[1]) // the first alone counts
	}
	a.lanes[0].whole.strict.echo.last = 1199 * ms // of others
	a.Heard(1200*ms, all[0])
	fill(a, 3, 0)
	if x, _ := a.Next(2003 * ms); x == nil {
		t.Error("none starts a window after the call that was in time")
	}
	if x, at := a.Next(2003 * ms); x != nil || at < 2199*ms {
		t.Errorf("the next at %v, want it a window after the one that was late", time.Duration(at))
	}
}

func TestOfVeryManyCallsSomeAreLookedAt(t *testing.T) {
	var e echo
	looked := 0
	for i := range 10 * echoMany {
		if e.went(Instant(i)) {
			looked++
		}
	}
	if want := echoMany + 9*echoMany/echoFew; looked != want || len(e.waiting) != looked {
		t.Errorf("%d are looked at, want %d", looked, want)
	}
}
