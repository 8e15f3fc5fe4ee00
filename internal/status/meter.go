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
	first   sample   // when the first items of this run had finished
	end     time.Time
	looked  time.Time
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
	Requests float64             // requests sent a second
	Tokens   float64             // tokens used a second, in and out
	Money    float64             // US dollars spent a second, as far as known
	HeldBy   paceline.Bottleneck // what held the run back most, in the last seconds
	Left     time.Duration       // until all items have finished; negative: not known
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
	old := m.samples[0]
	p := Pace{
		Items:    perSecond(s.finished-old.finished, now.Sub(old.at)),
		Requests: perSecond(s.requests-old.requests, now.Sub(old.at)),
		Tokens:   perSecond(s.tokens-old.tokens, now.Sub(old.at)),
	}
	p.Money = max(s.usd-old.usd, 0) / max(now.Sub(old.at), time.Second).Seconds()
	p.HeldBy = m.heldBy(now)
	p.Left = m.left(now, st, total)
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
func perSecond(n int64, d time.Duration) float64 {
	return float64(n) / max(d, time.Second).Seconds()
}

// left returns the time until all of total items have finished. What has not
// been sent yet needs its share of the rate; what was sent last needs one
// call's time. The moment of arrival is smoothed, so that it counts down; while
// nothing answers it is not known, and behind that it is taken anew.
func (m *Meter) left(now time.Time, st paceline.Stats, total int64) time.Duration {
	remaining := total - st.Ended() - st.Resumed
	rate := m.expected(now, st)
	if total <= 0 || rate <= 0 || st.Pace.LimitedBy == paceline.BottleneckOutage {
		m.end = time.Time{}
		return -1
	}
	unsent := max(remaining-int64(st.InFlight), 0)
	seconds := min(float64(unsent)/rate, longestLeft.Seconds())
	left := time.Duration(seconds*float64(time.Second)) + min(st.Total.P50+st.Pace.PausedFor, longestLeft)
	if remaining <= 0 {
		left = 0
	}
	end := now.Add(left)
	if !m.end.IsZero() && remaining > 0 {
		share := min(float64(now.Sub(m.looked))/float64(m.patience(now)), 1)
		end = m.end.Add(time.Duration(float64(end.Sub(m.end)) * share))
	}
	m.end, m.looked = end, now
	return max(end.Sub(now), 0)
}

// patience is the time constant of the smoothing: short at first, when each
// look knows much more than the one before.
func (m *Meter) patience(now time.Time) time.Duration {
	if m.first.at.IsZero() {
		return time.Millisecond
	}
	return min(max(now.Sub(m.first.at)/4, time.Millisecond), 1500*time.Millisecond)
}

// expected returns the items a second to expect from here on: at first what
// the limits allow, more and more what was measured.
func (m *Meter) expected(now time.Time, st paceline.Stats) float64 {
	allowed := allowedRate(st)
	if m.first.at.IsZero() {
		return allowed
	}
	since := m.samples[0]
	if since.at.Before(m.first.at) {
		since = m.first
	}
	age := now.Sub(m.first.at)
	last := m.samples[len(m.samples)-1]
	measured := perSecond(last.finished-since.finished, now.Sub(since.at)-idle(since, last))
	if allowed == 0 {
		return measured
	}
	trust := min(age.Seconds()/meterTrust.Seconds(), 1)
	trust *= trust
	return trust*measured + (1-trust)*allowed
}

// idle is for how long nothing was to start between two samples, which says
// nothing of how fast it goes else.
func idle(from, to sample) (d time.Duration) {
	for _, b := range []paceline.Bottleneck{paceline.BottleneckOutage, paceline.BottleneckHold} {
		d += to.limited[b] - from.limited[b]
	}
	return d
}

// allowedRate returns the items a second that the limits in force allow, at
// the requests and tokens that an item has taken so far; 0 if nothing limits.
func allowedRate(st paceline.Stats) float64 {
	perItem, tokens := 1.0, 0.0
	if n := st.Ended(); n > 0 {
		perItem = min(max(float64(st.Requests-int64(st.InFlight))/float64(n), 1), 5)
		tokens = float64(st.Usage.Prompt+st.Usage.Completion) / float64(n)
	}
	rate := 0.0
	limit := func(r float64) {
		if r > 0 && (rate == 0 || r < rate) {
			rate = r
		}
	}
	limit(st.Pace.Requests.PerSecond() / perItem)
	if tokens > 0 {
		limit(st.Pace.Tokens.PerSecond() / tokens)
	}
	if st.Total.P50 > 0 {
		limit(float64(st.Pace.InFlight) / st.Total.P50.Seconds() / perItem)
	}
	return rate
}
