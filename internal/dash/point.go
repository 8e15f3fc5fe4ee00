package dash

import (
	"maps"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// A point is how the run stood at one time, and what happened since the point
// before it.
type point struct {
	at   time.Time
	span time.Duration // above 0

	// Within span.
	ended, failed                          int64 // items; failed are those without an accepted answer
	requests, retries, throttled           int64
	hedges, asked                          int64
	promptTokens, completionTokens         int64
	usd                                    float64 // as far as known
	limited                                paceline.Limited
	causes                                 map[paceline.Code]int64 // nil: none; never changed once made
	firstToken, total                      quantiles               // of what came, and what ended, within span
	inFlight, waiting                      float64                 // at its end; of a merged point the mean over span
	cap                                    int                     // on calls in flight at its end; 0: none
	requestLimit, tokenLimit, moneyPerHour float64                 // at its end, a minute, a minute and an hour; 0: none known
	foundOut                               bool
}

// quantiles are of durations. With a count of 0 they mean nothing.
type quantiles struct {
	count    int64
	p50, p99 time.Duration
}

func newQuantiles(l paceline.Latency) quantiles {
	return quantiles{l.Count, l.P50.Round(time.Microsecond), l.P99.Round(time.Microsecond)}
}

// latencies are those within a point.
type latencies struct{ firstToken, total quantiles }

// pointBetween returns the point at which the run stood as in now, span after it
// stood as in before.
func pointBetween(before, now *paceline.Stats, at time.Time, span time.Duration) point {
	p := point{
		at: at, span: max(span, time.Millisecond),
		ended: now.Ended() - before.Ended(), failed: unaccepted(now) - unaccepted(before),
		requests: now.Requests - before.Requests, retries: now.Retries - before.Retries,
		throttled: now.Throttled - before.Throttled, hedges: now.Hedges - before.Hedges, asked: now.Asked - before.Asked,
		promptTokens:     now.Usage.Prompt - before.Usage.Prompt,
		completionTokens: now.Usage.Completion - before.Usage.Completion,
		usd:              max(now.Cost.USD-before.Cost.USD, 0),
		causes:           newCauses(before.Causes, now.Causes),
		inFlight:         float64(now.InFlight), waiting: float64(now.Waiting), cap: now.Pace.InFlight,
		requestLimit: now.Pace.Requests.PerSecond() * time.Minute.Seconds(),
		tokenLimit:   now.Pace.Tokens.PerSecond() * time.Minute.Seconds(),
		moneyPerHour: now.Pace.Money.PerSecond() * time.Hour.Seconds(),
		foundOut:     now.Pace.FoundOut,
	}
	for i := range p.limited {
		p.limited[i] = max(now.Limited[i]-before.Limited[i], 0)
	}
	return p
}

// unaccepted counts the items that ended without an accepted answer.
func unaccepted(s *paceline.Stats) int64 { return s.Ended() - s.Done }

func newCauses(before, now map[paceline.Code]int64) (added map[paceline.Code]int64) {
	for code, n := range now {
		if n -= before[code]; n > 0 {
			if added == nil {
				added = make(map[paceline.Code]int64)
			}
			added[code] = n
		}
	}
	return added
}

// merge returns one point for two that follow each other. What was counted adds
// up; percentiles cannot be added, so that of the medians the mean is taken,
// weighted by their counts, and of the 99th percentiles the larger.
func merge(a, b *point) point {
	m := *b // limits and caps are those of its end
	m.span += a.span
	m.ended += a.ended
	m.failed += a.failed
	m.requests += a.requests
	m.retries += a.retries
	m.throttled += a.throttled
	m.hedges += a.hedges
	m.asked += a.asked
	m.promptTokens += a.promptTokens
	m.completionTokens += a.completionTokens
	m.usd += a.usd
	for i := range m.limited {
		m.limited[i] += a.limited[i]
	}
	m.causes = sumCauses(a.causes, b.causes)
	m.firstToken = mergeQuantiles(a.firstToken, b.firstToken)
	m.total = mergeQuantiles(a.total, b.total)
	share := a.span.Seconds() / m.span.Seconds()
	m.inFlight = a.inFlight*share + b.inFlight*(1-share)
	m.waiting = a.waiting*share + b.waiting*(1-share)
	return m
}

func sumCauses(a, b map[paceline.Code]int64) map[paceline.Code]int64 {
	if len(a) == 0 {
		return b
	}
	sum := maps.Clone(a)
	for code, n := range b {
		sum[code] += n
	}
	return sum
}

func mergeQuantiles(a, b quantiles) quantiles {
	n := a.count + b.count
	if n == 0 {
		return quantiles{}
	}
	share := float64(a.count) / float64(n)
	return quantiles{
		count: n,
		p50:   time.Duration(float64(a.p50)*share + float64(b.p50)*(1-share)),
		p99:   max(a.p99, b.p99),
	}
}
