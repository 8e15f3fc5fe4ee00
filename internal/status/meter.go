package status

import (
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// LookEvery is how often a run is looked at, so that its rates are known whenever
// somebody asks.
const LookEvery = time.Second

// The meter looks back over meterWindow; a rate measured over less than
// meterTrust after the first finished item is mixed with what the limits let
// one expect.
const (
	meterWindow = 10 * time.Second
	meterTrust  = 8 * time.Second
	// heldWindow is the time whose prevailing bottleneck is shown: the one of a
	// moment changes too often to be read.
	heldWindow = 3 * time.Second
	// longestLeft bounds what is said of the time to come: a century is as good as
	// never, and more of them than three are no time.Duration.
	longestLeft = 100 * 365 * 24 * time.Hour
)

// Meter turns successive snapshots into rates and an estimated time of
// arrival. It is pure: time is an argument, from one goroutine.
type Meter struct {
	samples []sample // of the last meterWindow, at least the newest
	past    past     // beyond it
	first   sample   // when the first items of this run had finished
	end     time.Time
	looked  time.Time
	tail    tail // what is awaited at last
}

// sample is one snapshot's running totals.
type sample struct {
	at       time.Time
	finished int64
	requests int64
	tokens   int64
	usd      float64
	heldBy   paceline.Bottleneck // at that moment
	limited  paceline.Limited    // until then
}

// Pace is what the meter knows at one moment.
type Pace struct {
	Items    float64             // items finished a second
	Requests float64             // requests sent a second; see [Meter.used]
	Tokens   float64             // tokens used a second, in and out; likewise
	Money    float64             // US dollars spent a second, as far as known; likewise
	HeldBy   paceline.Bottleneck // what held the run back most, in the last seconds
	Left     time.Duration       // until all items have finished; negative: not known
	Awaited  int64               // how many items are left, all of them sent, that take longer than was expected: Left is not known then; else 0
}

// Observe takes a snapshot at the time now, of a run of total items (0: not
// known), and returns how it stands.
func (m *Meter) Observe(now time.Time, st paceline.Stats, total int64) Pace {
	s := sample{
		at: now, finished: st.Ended(), requests: st.Requests, tokens: st.Usage.Prompt + st.Usage.Completion, usd: st.Cost.USD,
		heldBy: st.Pace.LimitedBy, limited: st.Limited,
	}
	if m.first.at.IsZero() && s.finished > 0 {
		m.first = s
	}
	m.samples = append(m.samples, s)
	for len(m.samples) > 2 && now.Sub(m.samples[1].at) >= meterWindow {
		m.samples = m.samples[1:]
	}
	if len(m.past.samples) == 0 && st.Elapsed > 0 {
		m.past.add(sample{at: now.Add(-st.Elapsed)}) // what was sent before the first look counts
	}
	m.past.add(s)
	p := Pace{
		Items:    perSecond(float64(s.finished-m.samples[0].finished), now.Sub(m.samples[0].at)),
		Requests: m.used(st.Pace.Requests, st.Pace.FoundOut, func(s *sample) float64 { return float64(s.requests) }),
		Tokens:   m.used(st.Pace.Tokens, false, func(s *sample) float64 { return float64(s.tokens) }),
		Money:    m.used(st.Pace.Money, false, func(s *sample) float64 { return s.usd }),
		HeldBy:   m.heldBy(now),
	}
	p.Left = m.left(now, st, total, p.HeldBy)
	if m.tail.late(now, &st, total) {
		p.Left, p.Awaited = -1, total-st.Ended()-st.Resumed
	}
	return p
}

// heldBy returns what held the run back for most of the last seconds: by the
// engine's own account, or, where it keeps none, by the looks at it.
func (m *Meter) heldBy(now time.Time) paceline.Bottleneck {
	last := m.samples[len(m.samples)-1]
	since := last
	var looks paceline.Limited
	for _, s := range slices.Backward(m.samples) {
		if now.Sub(s.at) > heldWindow {
			break
		}
		looks[s.heldBy]++
		since = s
	}
	var account paceline.Limited
	for i := range account {
		account[i] = last.limited[i] - since.limited[i]
	}
	// A pause by hand is seen as such while it lasts.
	account[paceline.BottleneckHold], looks[paceline.BottleneckHold] = 0, 0
	if account.Total() > 0 {
		worst, _ := account.Worst()
		return worst
	}
	if worst, _ := looks.Worst(); looks[worst] > looks[last.heldBy] {
		return worst
	}
	return last.heldBy
}

// perSecond returns n per second over d, or over one second if d is less, so
// that the first moments of a run do not shout.
func perSecond(n float64, d time.Duration) float64 {
	return n / max(d, time.Second).Seconds()
}
