package flow

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

const permits = 10_000 // a second

// waiters returns how many goroutines wait for them. The race detector, under
// which the short form has to run, bears 8,128.
func waiters() int { return size(10_000, 1_000) }

func TestPacing(t *testing.T) {
	tb := table(t, titlePacing, "Real: 10,000 goroutines call Engine.Do in a loop, against a provider that answers at once, under a limit of 10,000 calls a second; 10 s after a second of warming up. "+
		"The longest stall is by how much a sleep of 10 ms was late, which shows what else the machine does. The worst second is the one that is farthest off, beginning anywhere. The processor time is that of the process, for the whole of Do: queueing, waking, the attempt, statistics. "+
		"Beside it, measured for 2.5 s before and after, stands what this machine takes at that time for waking alone: as many goroutines, each with a channel of its own, woken at the same rate by one that looks at every millisecond who is due, and does nothing else; the engine looks every eight where so many wait, which saves it most of what the looking costs. A seed is a repetition.")
	var off, worst, micros, bare, times, stall, loads Sample
	around := size(2500*time.Millisecond, 200*time.Millisecond)
	for range size(5, 1) {
		before := measureFloor(t, around)
		p := measurePacing(t, size(10*time.Second, time.Second))
		floor := (before + measureFloor(t, around)) / 2
		bare, times = append(bare, floor), append(times, p.micros/floor)
		off, worst, micros, stall = append(off, p.off), append(worst, p.worst), append(micros, p.micros), append(stall, p.stall.Seconds())
		loads = append(loads, load()...)
	}
	tb.Rows = append(tb.Rows,
		Row{"10,000 a second", "off the rate, over all", Percent, AtMost(0.001), off},
		Row{"10,000 a second", "off the rate in the worst second", Percent, AtMost(0.025), worst},
		Row{"10,000 a second", "processor time a permit", Micros, AtMost(10e-6), micros},
		Row{"10,000 a second", "of that, a bare dispatcher's, which only wakes", Micros, None(), bare},
		Row{"10,000 a second", "processor time, times the bare dispatcher's", Plain, None(), times},
		Row{"10,000 a second", "longest stall of the process", Millis, None(), stall})
	tb.loadRow(loads)
}

// paced is how a pacing went.
type paced struct {
	off, worst, micros float64
	stall              time.Duration // by how much a sleep was late
}

// longestStall returns by how much a sleep of 10 ms is late at most until ctx
// ends. What the machine takes away from the process shows there. Shorter sleeps
// would cost as much processor time as what is measured.
func longestStall(ctx context.Context) (most time.Duration) {
	const pause = 10 * time.Millisecond
	for ctx.Err() == nil {
		began := time.Now()
		time.Sleep(pause)
		most = max(most, time.Since(began)-pause)
	}
	return most
}

// starts records when calls start.
type starts struct {
	began time.Time
	n     atomic.Int64
	at    []time.Duration
}

func (s *starts) Attempt(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
	if i := s.n.Add(1) - 1; int(i) < len(s.at) {
		s.at[i] = time.Since(s.began)
	}
	return &paceline.Response{}, nil
}

func measurePacing(t *testing.T, long time.Duration) paced {
	const warm = time.Second
	s := &starts{began: time.Now(), at: make([]time.Duration, 2*int((warm+long).Seconds())*permits)}
	e, err := paceline.New(s, paceline.Config{Limits: paceline.Limits{Requests: paceline.Per(permits, time.Second), InFlight: waiters()}})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range waiters() {
		all.Go(func() {
			for {
				if _, err := e.Do(t.Context(), &paceline.Request{}); err != nil {
					if !errors.Is(err, paceline.ErrShutdown) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	time.Sleep(warm)
	from := cpu()
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	stall := longestStall(ctx)
	used := cpu() - from
	e.Shutdown(context.Background())
	all.Wait()
	p := s.paced(warm, long, used)
	p.stall = stall
	return p
}

func (s *starts) paced(warm, long, used time.Duration) paced {
	at := slices.Sorted(slices.Values(s.at[:min(int(s.n.Load()), len(s.at))]))
	count := func(from, span time.Duration) float64 {
		lo, _ := slices.BinarySearch(at, from)
		hi, _ := slices.BinarySearch(at, from+span)
		return float64(hi - lo)
	}
	n := count(warm, long)
	p := paced{off: math.Abs(n/(permits*long.Seconds()) - 1), micros: used.Seconds() / n}
	for from := warm; from+time.Second <= warm+long; from += 5 * time.Millisecond {
		p.worst = max(p.worst, math.Abs(count(from, time.Second)/permits-1))
	}
	return p
}
