package flow

import (
	"fmt"
	"testing"
	"time"
)

func TestSpreadLab(t *testing.T) {
	think := [2]time.Duration{500 * time.Millisecond, time.Second}
	for _, trip := range []time.Duration{20} {
		for _, stretch := range []int{0, 1, 2, 3} {
			for _, length := range []time.Duration{0, 20, 100} {
				for _, n := range []int{200, 2000} {
					until := map[int]time.Duration{2: 2000, 20: 500, 200: 200, 2000: 60}[n] * time.Second
					if trip > 0 && stretch%2 == 1 {
						continue
					}
					t.Run(fmt.Sprint(trip, " ", stretch, " ", length, " ", n), func(t *testing.T) {
						refused, seeds, worst := 0, 0, 1.0
						for seed := range uint64(3) {
							done := false
							l := lab{
								limits: Limits{Requests: Rate{float64(n), time.Second}, Strict: true, InFlight: 4*n + 100},
								server: func(time.Duration) counter { return slidingOf(n, time.Second) },
								until:  until, first: think, rest: 300 * time.Millisecond,
								trip: trip * time.Millisecond,
								observed: func(now time.Duration, a *Admission) {
									if !done {
										for range stretch {
											a.lanes[0].whole.strict.spread.stretch(labEpoch)
										}
										for i := range 256 {
											a.Trip(labEpoch, 0, trip*time.Millisecond/3*2+trip*time.Millisecond*2/3*time.Duration(i)/255*2)
										}
									}
									done = true
								},
							}
							if length > 0 {
								l.halts = haltsOf(length * time.Millisecond)
							}
							end := l.run(seed)
							refused += len(end.refused)
							if len(end.refused) > 0 {
								seeds++
							}
							for i := 0; i < len(end.refused); i += 100 {
								at := end.refused[i]
								fmt.Println("   at", at, "halted", haltsOf(length*time.Millisecond)(seed)(at-time.Second), haltsOf(length*time.Millisecond)(seed)(at))
							}
							worst = min(worst, float64(len(end.let))/(float64(n)*until.Seconds()))
						}
						fmt.Printf("trip %d stretch %d halt %d n %d: refused %d in %d seeds, used %.4f\n", trip, stretch, length, n, refused, seeds, worst)
					})
				}
			}
		}
	}
}
