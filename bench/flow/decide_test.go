package flow

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// queued is how many calls wait while decisions are measured.
const queued = 10_000

// everyLimit is an endpoint with all limits at once.
func everyLimit(strict bool) flow.Limits {
	perSecond := func(n float64) flow.Rate { return flow.Rate{N: n, Per: time.Second} }
	return flow.Limits{
		Requests: perSecond(10_000), Tokens: perSecond(20e6), In: perSecond(15e6), Out: perSecond(15e6),
		InFlight: 20_000, Strict: strict,
	}
}

// everyModel is an endpoint with all limits at once, and with all of them for
// each of so many models, which together exceed those for the endpoint.
func everyModel(models int) flow.Limits {
	l := everyLimit(false)
	l.Models = make(map[string]flow.Limits)
	for i := range models {
		perSecond := func(n float64) flow.Rate { return flow.Rate{N: n, Per: time.Second} }
		l.Models[fmt.Sprint(i)] = flow.Limits{Requests: perSecond(200), Tokens: perSecond(400e3), In: perSecond(300e3), Out: perSecond(300e3)}
	}
	return l
}

// lines are what is measured: one endpoint, a strict one, a pool of eight, and
// many models.
var lines = []struct {
	name   string
	lanes  []flow.Limits
	delay  time.Duration // before a call is ready, random up to this
	models int
}{
	{"every limit", []flow.Limits{everyLimit(false)}, 0, 0},
	{"every limit, strict", []flow.Limits{everyLimit(true)}, 0, 0},
	{"every limit, calls between two attempts", []flow.Limits{everyLimit(false)}, time.Second, 0},
	{"a pool of eight endpoints", slices.Repeat([]flow.Limits{everyLimit(false)}, 8), 0, 0},
	{"64 models, every limit for each", []flow.Limits{everyModel(64)}, 0, 64},
	{"64 models on a pool of eight endpoints", slices.Repeat([]flow.Limits{everyModel(64)}, 8), 0, 64},
}

// line is an admission with a full queue, in which calls last a second.
type line struct {
	*flow.Admission
	now     flow.Instant
	delay   time.Duration
	running []*flow.Ticket
	models  []int
}

// newLine returns one with so many calls that 10,000 wait while the rates are
// used up.
func newLine(delay time.Duration, models int, lanes ...flow.Limits) *line {
	l := &line{Admission: flow.New(rand.Float64, lanes...), now: 1, delay: delay}
	for i := range models {
		l.models = append(l.models, l.Model(fmt.Sprint(i)))
	}
	for i := range queued*(1+len(lanes)) + int(delay.Seconds())*queued {
		l.queue(&flow.Ticket{Priority: int8(i%3 - 1), In: 500, Out: 500})
	}
	return l
}

func (l *line) queue(t *flow.Ticket) {
	if len(l.models) > 0 {
		t.Model = l.models[rand.N(len(l.models))]
	}
	if l.delay > 0 {
		t.NotBefore = l.now.Add(rand.N(l.delay))
	}
	l.Add(l.now, t)
}

// decide takes one call through admission, its end included, and queues
// another.
func (l *line) decide() {
	t, wake := l.Next(l.now)
	for t == nil {
		if len(l.running) > 0 {
			wake = min(wake, l.running[0].Started.Add(time.Second))
		}
		l.now = max(l.now+1, wake)
		l.end()
		t, wake = l.Next(l.now)
	}
	l.running = append(l.running, t)
	l.Alive(l.now, t)
}

// end ends the calls whose second is over.
func (l *line) end() {
	for len(l.running) > 0 && l.running[0].Started.Add(time.Second) <= l.now {
		t := l.running[0]
		l.running = l.running[1:]
		l.Done(l.now, t, flow.Outcome{Kind: flow.Answered, Known: true, In: 480, Out: 510, FirstToken: time.Millisecond})
		l.queue(t)
	}
}

func TestDecide(t *testing.T) {
	tb := table(t, titleDecide, "One call through admission with 10,000 others waiting, in three priorities: queued, every limit asked and charged, admitted, its first token noted, its tokens settled. "+
		"Processor time of the process by getrusage, garbage collection included. A seed is a repetition.")
	decisions := size(500_000, 5_000)
	for _, c := range lines {
		var micros, allocs Sample
		for range seeds() {
			l := newLine(c.delay, c.models, c.lanes...)
			for range size(2*queued*len(c.lanes), queued) {
				l.decide()
			}
			if n := l.State().Waiting; n < queued {
				t.Fatalf("%s: only %d wait", c.name, n)
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			began := cpu()
			for range decisions {
				l.decide()
			}
			micros = append(micros, (cpu()-began).Seconds()/float64(decisions))
			runtime.ReadMemStats(&after)
			allocs = append(allocs, float64(after.Mallocs-before.Mallocs)/float64(decisions))
		}
		tb.Rows = append(tb.Rows,
			Row{c.name, "processor time a call", Micros, AtMost(1e-6), micros},
			Row{c.name, "allocations a call", Plain, None(), allocs})
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, c := range lines {
		b.Run(c.name, func(b *testing.B) {
			l := newLine(c.delay, c.models, c.lanes...)
			b.ReportAllocs()
			for b.Loop() {
				l.decide()
			}
		})
	}
}
