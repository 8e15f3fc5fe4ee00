package flow

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

// stops are the times at which a provider's process stands still: on average
// once in five seconds, for one of the lengths.
type stops struct {
	seed    uint64
	after   time.Duration // the beginning: it takes some answers to know how soon they come
	from    time.Time
	lengths []time.Duration
}

const (
	// Each slot of that length has a stop with that chance, which ends in it.
	stopSlot  = 2 * time.Second
	stopShare = 0.4
)

// start makes after count from now.
func (s *stops) start() {
	if s != nil {
		s.from = time.Now().Add(s.after)
	}
}

// until is for [sim.Network]'s Stopped.
func (s *stops) until(at time.Time) time.Time {
	if s == nil || at.Before(s.from) {
		return at
	}
	slot := at.Truncate(stopSlot)
	chance := rand.New(rand.NewPCG(s.seed, uint64(slot.UnixNano())))
	length := s.lengths[chance.IntN(len(s.lengths))]
	begin := slot.Add(time.Duration(chance.Int64N(int64(stopSlot - length))))
	if end := begin.Add(length); chance.Float64() < stopShare && !at.Before(begin) && at.Before(end) {
		return end
	}
	return at
}

// An answerer is a kind of server: think is how long it takes to the header of its
// answer.
type answerer struct{ name, think string }

func answering() []answerer {
	return []answerer{{"answers at once", "0s"}, {"answers after 0.5-1 s", "uniform:0.5s,1s"}}
}

// thinking returns a server of the limit that takes so long to answer.
func (l strictLimit) thinking(w sim.Window, think string) sim.Config {
	return sim.Config{
		Limits: l.server(w), Headers: sim.NoHeaders,
		TTFT: sim.MustDurations(think), ITL: sim.MustDurations("150ms"), Tokens: sim.MustCounts("4"),
	}
}

func TestStrictStops(t *testing.T) {
	tb := table(t, titleStrictStops, "From some seconds after the beginning, the server's process stands still once in five seconds on average, for 5, 20, 100 or 300 ms: it reads what was sent meanwhile, and answers, afterwards, and counts it then. "+
		"Where headers come at once nothing is refused, since each tells when its call has arrived at the latest. Where they take 0.5-1 s, a silence shows it if it is improbable: "+
		"of two calls in a second hardly ever, of two hundred sent together from about 25 ms on, of two thousand from about 4 ms on; shorter ones are within the guard or pass unseen. "+strictText)
	for _, kind := range answering() {
		for _, l := range size([]strictLimit{
			{2, time.Second, 601}, {200, time.Second, 10_001}, {2_000, time.Second, 30_001},
		}, []strictLimit{{2, time.Second, 101}, {200, time.Second, 2_001}}) {
			for _, w := range counts() {
				name := l.String() + ", " + w.name + ", " + kind.name
				s := overSeeds(t, name, func(t *testing.T, seed uint64) figures { return l.stopped(t, seed, w.sim, kind.think) })
				tb.Rows = append(tb.Rows,
					Row{name, "limit used", Percent, AtLeast(0.97), s["used"]},
					Row{name, "refused of " + Count(float64(l.calls)), Count, AtMost(0), s["refused"]})
			}
		}
	}
}

// stopped measures the limit against a server that stands still at times.
func (l strictLimit) stopped(t *testing.T, seed uint64, w sim.Window, think string) figures {
	lengths := []time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond}
	r := trial{
		seed:   seed,
		phases: one(l.thinking(w, think)),
		stops:  &stops{seed: seed, after: 2*time.Second + lastStart(20, l.n, l.window), lengths: lengths},
		cfg:    l.config(),
		items:  l.calls,
	}.run(t)
	return figures{
		"used":    float64(lastStart(l.calls, l.n, l.window)) / float64(r.span()),
		"refused": float64(r.refused),
	}
}
