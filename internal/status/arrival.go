package status

import (
	"math"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// left returns the time until all of total items have finished. What has not
// been sent yet needs its share of the rate; what was sent last needs one
// call's time. The moment of arrival is smoothed, so that it counts down; while
// nothing answers it is not known, and behind that it is taken anew.
func (m *Meter) left(now time.Time, st paceline.Stats, total int64, held paceline.Bottleneck) time.Duration {
	remaining := total - st.Ended() - st.Resumed
	rate := m.expected(now, st, held)
	unsent := max(remaining-int64(st.InFlight), 0)
	if rate <= 0 && unsent == 0 && st.Total.P50 > 0 {
		rate = 1 // of nothing
	}
	if total <= 0 || rate <= 0 || st.Pace.LimitedBy == paceline.BottleneckOutage {
		m.end = time.Time{}
		return -1
	}
	seconds := min(sending(&st, float64(unsent), rate, held), longestLeft.Seconds())
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
	if unsent > 0 {
		return max(end.Sub(now), min(st.Pace.NextIn, longestLeft))
	}
	return max(end.Sub(now), 0)
}

// sending returns the seconds until so many items have been sent, at so many a second.
// Where a limit lets a window's worth go out at once and nothing until the next one,
// what counts is how many windows it takes.
func sending(st *paceline.Stats, unsent, rate float64, held paceline.Bottleneck) float64 {
	next, limit := st.Pace.NextIn, limitRate(*st)
	if unsent == 0 || !limited(held) || next.Seconds()*limit <= 2 {
		return unsent / rate
	}
	window := limitOf(held, &st.Pace).Per.Seconds()
	return next.Seconds() + math.Floor((unsent-1)/max(limit*window, 1))*window
}

// limitOf returns the limit that is one bottleneck.
func limitOf(b paceline.Bottleneck, p *paceline.Pace) paceline.Rate {
	switch b {
	case paceline.BottleneckRequests:
		return p.Requests
	case paceline.BottleneckTokens:
		return p.Tokens
	case paceline.BottleneckMoney:
		return p.Money
	}
	return paceline.Rate{}
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
// the limits allow, more and more what was measured. While a limit that is known
// holds the run, it is that: what was measured over a few seconds of its window is
// any number of times too high or too low.
func (m *Meter) expected(now time.Time, st paceline.Stats, held paceline.Bottleneck) float64 {
	allowed, limit := allowedRate(st), limitRate(st)
	if m.first.at.IsZero() || held == paceline.BottleneckRequests && limit > 0 && !st.Pace.FoundOut {
		return allowed
	}
	since := m.samples[0]
	if d := ownWindow(st.Pace.Tokens); held == paceline.BottleneckTokens && d > meterWindow {
		since = m.past.since(d)
	}
	if since.at.Before(m.first.at) {
		since = m.first
	}
	age := now.Sub(m.first.at)
	last := m.samples[len(m.samples)-1]
	measured := perSecond(float64(last.finished-since.finished), now.Sub(since.at)-idle(since, last))
	switch {
	case allowed == 0:
		return measured
	case measured == 0 && (limited(held) || waited(since, last) > 0):
		return allowed
	case limit > 0 && !st.Pace.FoundOut:
		measured = min(measured, limit)
	}
	trust := min(age.Seconds()/meterTrust.Seconds(), 1)
	trust *= trust
	return trust*measured + (1-trust)*allowed
}

// waited is for how long a limit let nothing start between two samples.
func waited(from, to sample) (d time.Duration) {
	for i := range to.limited {
		if limited(paceline.Bottleneck(i)) {
			d += to.limited[i] - from.limited[i]
		}
	}
	return d
}

// limited reports whether b is a limit that lets in so much in a time.
func limited(b paceline.Bottleneck) bool {
	return b == paceline.BottleneckRequests || b == paceline.BottleneckTokens || b == paceline.BottleneckMoney
}

// idle is for how long nothing was to start between two samples, which says
// nothing of how fast it goes else.
func idle(from, to sample) (d time.Duration) {
	for _, b := range []paceline.Bottleneck{paceline.BottleneckOutage, paceline.BottleneckHold} {
		d += to.limited[b] - from.limited[b]
	}
	return d
}

// allowedRate returns the items a second that the limits in force and the cap on
// calls at once allow; 0 if nothing limits.
func allowedRate(st paceline.Stats) float64 {
	rate := limitRate(st)
	if st.Total.P50 > 0 {
		rate = lower(rate, float64(st.Pace.InFlight)/st.Total.P50.Seconds()/perItem(&st))
	}
	return rate
}

// limitRate returns the items a second that the limits in force allow, at the
// requests, tokens and money that an item has taken so far; 0 if none limits.
func limitRate(st paceline.Stats) float64 {
	rate := lower(0, st.Pace.Requests.PerSecond()/perItem(&st))
	n := float64(st.Ended())
	if tokens := float64(st.Usage.Prompt + st.Usage.Completion); n > 0 && tokens > 0 {
		rate = lower(rate, st.Pace.Tokens.PerSecond()*n/tokens)
	}
	if n > 0 && st.Cost.USD > 0 {
		rate = lower(rate, st.Pace.Money.PerSecond()*n/st.Cost.USD)
	}
	return rate
}

// lower returns the lower of two rates, of which 0 is none.
func lower(a, b float64) float64 {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// perItem returns the requests that an item has taken so far.
func perItem(st *paceline.Stats) float64 {
	n := st.Ended()
	if n == 0 {
		return 1
	}
	return min(max(float64(st.Requests-int64(st.InFlight))/float64(n), 1), 5)
}
