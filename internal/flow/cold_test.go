package flow

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// slowAtTimes handles calls 2 ms after they come, the first ones 29 to 44 ms after; if
// it jumps, those of some stretches of time up to 157 ms.
func slowAtTimes(jumps bool) func(uint64) func(time.Duration) time.Duration {
	return func(seed uint64) func(time.Duration) time.Duration {
		cold := rand.New(rand.NewPCG(seed, 11))
		return func(at time.Duration) time.Duration {
			stretch := at / (700 * time.Millisecond)
			chance := rand.New(rand.NewPCG(seed, uint64(stretch)))
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

func TestPROBE(t *testing.T) {
	for _, n := range []int{2, 10, 50, 63, 200} {
		for name, c := range countersOf(n) {
			for _, think := range [][2]time.Duration{{time.Millisecond, 2 * time.Millisecond}, {200 * time.Millisecond, 2 * time.Second}} {
				for _, jumps := range []bool{false, true} {
					line := ""
					for seed := range uint64(5) {
						until := 100 * time.Second
						end := lab{
							limits: Limits{Requests: Rate{float64(n), time.Second}, Strict: true, InFlight: 4*n + 100},
							server: func(time.Duration) counter { return c() },
							halts:  slowAtTimes(jumps), trip: 2 * time.Millisecond,
							until: until, first: think, rest: 300 * time.Millisecond,
						}.run(seed)
						worst, bursts, last := 0, 0, time.Duration(-1e18)
						k := 0
						for _, at := range end.refused {
							if at-last > 100*time.Millisecond {
								bursts, k = bursts+1, 0
							}
							k++
							worst = max(worst, k)
							last = at
						}
						line += fmt.Sprintf(" %d/%d/%d(%.3f)", len(end.refused), bursts, worst, float64(len(end.let))/float64(n)/until.Seconds())
					}
					fmt.Println(n, name, think, jumps, line)
				}
			}
		}
	}
}
