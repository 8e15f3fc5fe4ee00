package paceline

import "github.com/seed-1814a72b/paceline/internal/flow"

// A Share is how much of something was used, on average over the time in which
// it was known how much of it there was.
type Share struct {
	Part  float64 // 1: all of it; a burst that was saved up may be more
	Known bool    // there was something to measure
}

// Use is how much of its limits an engine has used: in all, or while a run
// lasted. A limit that was never in force is not known. Runs that share an engine
// share its limits too.
type Use struct {
	Requests    Share // of the limit on requests, given, told or found out
	Tokens      Share // of that on tokens, by those that answers said were used
	Money       Share // of that on money, by what is known of its cost
	Concurrency Share // of the cap on calls at once, given or adapted
	Processor   Share // of the processor time that the process could have
}

// The places of what is used in a [consumption].
const (
	usedRequests = iota
	usedTokens
	usedMoney
	usedSlots
	usedProcessor
	uses
)

// A part is how much was used of how much there was.
type part struct{ used, of float64 }

func (p part) share() Share {
	if p.of <= 0 {
		return Share{}
	}
	return Share{Part: max(0, p.used/p.of), Known: true}
}

// A consumption is what was used so far, and how much of it there was.
type consumption [uses]part

// since returns the use from an earlier consumption on.
func (c *consumption) since(before *consumption) Use {
	of := func(i int) Share { return part{c[i].used - before[i].used, c[i].of - before[i].of}.share() }
	return Use{
		Requests: of(usedRequests), Tokens: of(usedTokens), Money: of(usedMoney),
		Concurrency: of(usedSlots), Processor: of(usedProcessor),
	}
}

// A meter adds up an engine's consumption. The dispatcher owns it.
type meter struct {
	load
	sum   consumption
	seen  flow.Instant // up to where the limits are in sum
	calls int          // in flight since until
	until flow.Instant // up to where they are in slots
	slots float64      // seconds of calls in flight, all together
	last  counts       // at seen
}

// counts are what an engine has used in all.
type counts struct{ requests, tokens, money, slots float64 }

func newMeter(now flow.Instant, on processors) meter {
	return meter{load: newLoad(now, on), seen: now, until: now}
}

// flight notes that so many calls are in flight from now on.
func (m *meter) flight(now flow.Instant, calls int) {
	if now > m.until {
		m.slots += now.Sub(m.until).Seconds() * float64(m.calls)
		m.until = now
	}
	m.calls = calls
}

// due reports whether the limits are to be looked at again.
func (m *meter) due(now flow.Instant) bool { return now.Sub(m.seen) >= processorEvery }

// measure adds what was used of the limits that are in force, up to now.
func (m *meter) measure(now flow.Instant, p *Pace, total counts) {
	took := now.Sub(m.seen).Seconds()
	if took <= 0 {
		return
	}
	total.slots = m.slots
	add := func(i int, used, perSecond float64) {
		if perSecond > 0 {
			m.sum[i].used += used
			m.sum[i].of += perSecond * took
		}
	}
	add(usedRequests, total.requests-m.last.requests, p.Requests.PerSecond())
	add(usedTokens, total.tokens-m.last.tokens, p.Tokens.PerSecond())
	add(usedMoney, total.money-m.last.money, p.Money.PerSecond())
	add(usedSlots, total.slots-m.last.slots, float64(p.InFlight))
	m.sum[usedProcessor] = part{m.load.spent, m.load.capacity}
	m.seen, m.last = now, total
}

// measure adds to the meter what was used up to now of the limits in force.
func (d *dispatcher) measure(now flow.Instant, p *Pace) {
	d.meter.flight(now, d.meter.calls)
	t := d.tally
	d.meter.measure(now, p, counts{
		requests: float64(t.requests), tokens: float64(t.usage.Prompt + t.usage.Completion), money: t.cost.USD,
	})
}

// pace returns how admission stands.
func (d *dispatcher) pace(now flow.Instant) *Pace {
	p := d.engine.pace(d.admission.State(), now)
	return &p
}
