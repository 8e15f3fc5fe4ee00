package flow

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// slowAtTimes handles calls 2 ms after they come, and the first ones 29 to 44 ms after;
// if it jumps, those of a tenth of all times up to 157 ms after.
func slowAtTimes(jumps bool) func(uint64) func(time.Duration) time.Duration {
	return func(seed uint64) func(time.Duration) time.Duration {
		cold := rand.New(rand.NewPCG(seed, 11))
		return func(at time.Duration) time.Duration {
			chance := rand.New(rand.NewPCG(seed, uint64(at/(700*time.Millisecond))))
			switch {
			case at < 100*time.Millisecond:
				return at + 29*time.Millisecond + time.Duration(cold.Int64N(int64(15*time.Millisecond)))
			case jumps && chance.Float64() < 0.1:
				return at + time.Duration(chance.Int64N(int64(157*time.Millisecond)))
			}
			return at + 2*time.Millisecond
		}
	}
}

// slowly runs a strict limit of n a second for 100 s against such a server, and returns
// which part of the limit was used.
func slowly(seed uint64, n int, c func() counter, think [2]time.Duration, jumps bool) (end labEnd, used float64) {
	const until = 100 * time.Second
	end = lab{
		limits: Limits{Requests: Rate{float64(n), time.Second}, Strict: true, InFlight: 4*n + 100},
		server: func(time.Duration) counter { return c() },
		halts:  slowAtTimes(jumps), trip: 2 * time.Millisecond,
		until: until, first: think, rest: 300 * time.Millisecond,
	}.run(seed)
	return end, float64(len(end.let)) / (float64(n) * until.Seconds())
}

// most returns how many of at lie within so long of each other at most.
func most(at []time.Duration, within time.Duration) (n int) {
	first := 0
	for i := range at {
		for at[i]-at[first] > within {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}

const coldSeeds = 5

func TestAServerThatIsSlowAtFirstRefusesNothingIfItAnswersSoon(t *testing.T) {
	for _, n := range []int{2, 10, 50, 200} {
		for name, c := range countersOf(n) {
			t.Run(fmt.Sprint(n, ", ", name), func(t *testing.T) {
				for seed := range uint64(coldSeeds) {
					end, used := slowly(seed, n, c, [2]time.Duration{time.Millisecond, 2 * time.Millisecond}, false)
					if len(end.refused) > 0 || used < 0.999 {
						t.Errorf("seed %d: %d refused, %.4f of the limit used", seed, len(end.refused), used)
					}
				}
			})
		}
	}
}

// A server that thinks tells nothing of when it took up a call. What it refuses then
// is to be a few calls each time, not a window's.
func TestAServerThatThinksAndIsSlowAtTimesRefusesFew(t *testing.T) {
	for _, n := range []int{10, 50, 63} {
		for name, c := range countersOf(n) {
			t.Run(fmt.Sprint(n, ", ", name), func(t *testing.T) {
				for seed := range uint64(coldSeeds) {
					end, used := slowly(seed, n, c, [2]time.Duration{200 * time.Millisecond, 2 * time.Second}, true)
					once := most(end.refused, 50*time.Millisecond)
					if len(end.refused) > max(20, n) || once > max(6, n/2) || used < 0.84 {
						t.Errorf("seed %d: %d refused, %d at once, %.4f of the limit used", seed, len(end.refused), once, used)
					}
				}
			})
		}
	}
}

func TestTheFirstCallsCountFromTheirHeaders(t *testing.T) {
	for _, tt := range []struct {
		name    string
		known   int     // headers before
		stall   Instant // until when our process stood still from the sending on; 0: it did not
		headers Instant // of both
		want    Instant // the next call
	}{
		{"soon", 0, 0, 1040 * ms, 2040 * ms},
		{"soon, and we stood still meanwhile", 0, 1020 * ms, 1040 * ms, 2040 * ms},
		{"soon, but we stood still for longer", 0, 1050 * ms, 1040 * ms, 2050 * ms},
		{"within a tenth of the window", 0, 0, 1100 * ms, 2100 * ms},
		{"later", 0, 0, 1101 * ms, 2000 * ms},
		{"when a few have come", echoMin - 1, 0, 1040 * ms, 2040 * ms},
		{"in time, when enough have", echoMin, 0, 1001 * ms, 2000 * ms},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, all := strictly(t, 2)
			a.lanes[0].whole.strict.echo.answers(tt.known, soon)
			for _, x := range all {
				a.Sent(1000*ms, x, 0)
			}
			guard := Instant(firstGuard)
			if tt.stall > 0 {
				guard = Instant(raggedMost)
				a.Late(tt.stall, 1000*ms)
			}
			for _, x := range all {
				a.Heard(tt.headers, x)
			}
			if at := next(t, a, 1200*ms); at != tt.want+guard {
				t.Errorf("the next call at %v, want %v", time.Duration(at), time.Duration(tt.want+guard))
			}
		})
	}
}

func TestOfTheFirstHeadersNoMoreAreLearntThanItTakes(t *testing.T) {
	const n = 60
	a, all := crowd(n, 1000*ms)
	for _, x := range all {
		a.Sent(1100*ms, x, 0)
	}
	for _, x := range all {
		a.Heard(1140*ms, x)
	}
	e := &a.lanes[0].whole.strict.echo
	if e.seen != echoMin || len(e.waiting) > 0 {
		t.Errorf("%d are learnt, want %d; %d are waited for", e.seen, echoMin, len(e.waiting))
	}
}

func TestAFirstHeaderOfACallThatIsForgottenMovesNothing(t *testing.T) {
	s := NewSliding(1, time.Second)
	p := s.Take(1000 * ms)
	p.sent(1000*ms, 0)
	for at := 1001 * ms; !s.forgot; at++ {
		s.went(at)
	}
	last := s.out[0]
	if p.answered(1050 * ms); s.out[0] != last {
		t.Errorf("another call counts from %v", time.Duration(s.out[len(s.out)-1]))
	}
}
