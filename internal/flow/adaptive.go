package flow

import (
	"math"
	"time"
)

const (
	adaptiveStart = 8
	// AdaptiveMax is the highest cap that is tried: an idle stream costs tens
	// of KiB and a file descriptor.
	AdaptiveMax = 2000

	// A median first-token time above this multiple of the best one seen says
	// that calls queue up in the server; below calm it says nothing.
	tolerance = 2.0
	calm      = 50 * time.Millisecond

	// epochMin is how many first tokens a judgement takes at least.
	epochMin = 16
	// overloadShare of failures in an epoch is no longer chance.
	overloadShare = 0.2
)

// Adaptive is a cap on calls at once that finds out what an endpoint bears. It
// grows by one with every first token while it is used up (slow start: it
// doubles in a first token's time) until a sign of too much, then by one a
// round. Signs of too much are: a share of failures, and first tokens that take
// a multiple of the best time (a latency gradient, after Netflix's
// concurrency-limits "Gradient2"). A refusal is a matter of the rate: see
// [seek].
type Adaptive struct {
	cap, max  float64
	slowStart bool
	ceiling   float64 // memory of the caps at which there was too much; 0: none
	saturated bool    // the cap was reached in this epoch
	changed   Instant // the last cut; calls that started before tell nothing new

	epoch    int // calls that this epoch takes
	answers  int // of this epoch
	failures int // likewise
	heard    []*pulse
}

// startWorth is how long calls are taken to last until it is known: where a
// rate is given, slow start begins with what it brings in that time.
const startWorth = 10 * time.Second

func newAdaptive(expected float64) Adaptive {
	return Adaptive{
		cap: min(max(adaptiveStart, expected), AdaptiveMax), max: AdaptiveMax,
		epoch: epochMin, slowStart: true,
	}
}

// expect raises slow start to a cap that is known to be needed.
func (a *Adaptive) expect(n float64) {
	if a.slowStart {
		a.cap = min(max(a.cap, n), a.max)
	}
}

// Cap returns how many calls may be in flight now, at least one.
func (a *Adaptive) Cap() int { return int(a.cap) }

// limit keeps the cap at or below n from now on.
func (a *Adaptive) limit(n int) {
	a.max = min(a.max, float64(n))
	a.cap = min(a.cap, a.max)
}

func (a *Adaptive) started(inFlight int) {
	if inFlight >= a.Cap() {
		a.saturated = true
	}
}

// firstToken notes that the first content of a call came after d, one of those
// whose pulse is p.
func (a *Adaptive) firstToken(now Instant, d time.Duration, p *pulse) {
	if now.Add(-d) < a.changed {
		return // it was sent before the cut
	}
	a.grow()
	if len(p.samples) == 0 {
		a.heard = append(a.heard, p)
	}
	p.samples = append(p.samples, d)
	a.answers++
	if a.answers+a.failures >= a.epoch {
		a.judge(now)
	}
}

func (a *Adaptive) grow() {
	switch {
	case !a.saturated:
	case a.slowStart, a.cap < ceilingShare*a.ceiling:
		a.cap = min(a.cap+1, a.max)
	default:
		a.cap = min(a.cap+1/a.cap, a.max)
	}
}

// overloaded notes that a call failed in a way that load may have caused. One
// failure is chance; a share of an epoch's calls is not.
func (a *Adaptive) overloaded(now, started Instant) {
	if started < a.changed {
		return
	}
	a.failures++
	total := a.answers + a.failures
	if total >= epochMin && float64(a.failures) > overloadShare*float64(total) {
		a.cut(now, 0.7)
	}
}

// ceilingShare of the cap that was too much last time is taken again at once.
const ceilingShare = 0.9

func (a *Adaptive) cut(now Instant, factor float64) {
	if a.ceiling == 0 || a.cap > a.ceiling {
		a.ceiling = a.cap
	} else {
		a.ceiling = (a.ceiling + a.cap) / 2
	}
	a.cap = max(1, a.cap*factor)
	a.slowStart = false
	a.changed = now
	for _, p := range a.heard {
		p.samples = p.samples[:0]
	}
	a.heard = a.heard[:0]
	a.endEpoch()
}

func (a *Adaptive) endEpoch() {
	a.answers, a.failures = 0, 0
	a.saturated = false
	a.epoch = max(epochMin, a.Cap())
}

// judge compares this epoch's first tokens with the best seen.
func (a *Adaptive) judge(now Instant) {
	if gradient, ok := a.gradient(); ok && gradient < 1 {
		a.cut(now, max(0.5, gradient))
		a.cap = min(a.cap+math.Sqrt(a.cap)/2, a.max) // room for a short queue in the server
		return
	}
	a.endEpoch()
}

// gradient returns how the first tokens compare with the best seen, all models
// together: the geometric mean of theirs, by the calls of each. Models of which
// too few calls were heard are left for a later epoch.
func (a *Adaptive) gradient() (mean float64, ok bool) {
	least := 1
	if len(a.heard) > 1 {
		least = epochMin / 2
	}
	var sum, n float64
	few := a.heard[:0]
	for _, p := range a.heard {
		k := len(p.samples)
		if k < least {
			few = append(few, p)
			continue
		}
		sum += float64(k) * math.Log(p.beat())
		n += float64(k)
	}
	clear(a.heard[len(few):])
	a.heard = few
	return math.Exp(sum / max(n, 1)), n > 0
}
