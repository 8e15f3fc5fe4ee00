package flow

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// haltsOf stops the server once in five seconds on average, for one of the lengths.
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

// countersOf are the three ways of counting n in a second.
func countersOf(n int) map[string]func() counter {
	return map[string]func() counter{
		"token bucket":   func() counter { return bucketOf(float64(n), time.Second, float64(n)) },
		"fixed window":   func() counter { return fixedOf(n, time.Second, 300*time.Millisecond) },
		"sliding window": func() counter { return slidingOf(n, time.Second) },
	}
}

func TestEchoLab(t *testing.T) {
	for _, think := range [][2]time.Duration{{time.Microsecond, 2 * time.Microsecond}, {500 * time.Millisecond, time.Second}} {
		for _, length := range []time.Duration{0, 5, 20, 100, 300} {
			for _, n := range []int{2, 20, 200, 2000} {
				for name, c := range countersOf(n) {
					if name != "sliding window" && length != 300 {
						continue
					}
					until := map[int]time.Duration{2: 2000, 20: 500, 200: 200, 2000: 60}[n] * time.Second
					t.Run(fmt.Sprint(think[0], " ", length, " ", n, " ", name), func(t *testing.T) {
						refused, seeds, worst := 0, 0, 1.0
						for seed := range uint64(5) {
							l := lab{
								limits: Limits{Requests: Rate{float64(n), time.Second}, Strict: true, InFlight: 4*n + 100},
								server: func(time.Duration) counter { return c() },
								until:  until, first: think, rest: 300 * time.Millisecond,
							}
							if length > 0 {
								l.halts = haltsOf(length * time.Millisecond)
							}
							end := l.run(seed)
							refused += len(end.refused)
							if len(end.refused) > 0 {
								seeds++
							}
							worst = min(worst, float64(len(end.let))/(float64(n)*until.Seconds()))
						}
						t.Logf("refused %d in %d seeds, used %.4f", refused, seeds, worst)
					})
				}
			}
		}
	}
}
