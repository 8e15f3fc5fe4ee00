package report

import (
	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/advice"
	"github.com/seed-1814a72b/paceline/internal/chart"
	"github.com/seed-1814a72b/paceline/journal"
)

// moments are sums for each step of what the moments tell.
type moments struct {
	grid                       *grid
	count                      int64
	retries, throttled, hedges int64
	covered                    []float64 // seconds of which there is a moment
	requests, prompt           []float64
	completion, cost           []float64
	processor, inFlight        []float64 // times seconds
	waiting                    []float64 // likewise
	bound, requestLimit        Line
	tokenLimit                 Line
	limited                    map[paceline.Bottleneck][]float64
	whole                      paceline.Limited
	use                        use
}

func newMoments(g *grid) moments {
	zeros := func() []float64 { return make([]float64, g.n()) }
	return moments{
		grid: g, covered: zeros(), requests: zeros(), prompt: zeros(), completion: zeros(), cost: zeros(),
		processor: zeros(), inFlight: zeros(), waiting: zeros(),
		bound: missing(g.n()), requestLimit: missing(g.n()), tokenLimit: missing(g.n()),
		limited: map[paceline.Bottleneck][]float64{},
	}
}

// add counts a moment of a stretch of the axis.
func (m *moments) add(n *journal.Moment, from, to float64) {
	m.count++
	m.retries, m.throttled, m.hedges = m.retries+n.Retries, m.throttled+n.Throttled, m.hedges+n.Hedges
	m.grid.spread(from, to, func(i int, s float64) {
		m.covered[i] += s
		part := 1.0
		if to > from {
			part = s / (to - from)
		}
		m.requests[i] += part * float64(n.Requests)
		m.prompt[i] += part * float64(n.PromptTokens)
		m.completion[i] += part * float64(n.CompletionTokens)
		m.cost[i] += part * float64(n.Cost) / 1e9
		m.processor[i] += part * n.Processor.Seconds()
		m.inFlight[i] += s * float64(n.InFlight)
		m.waiting[i] += s * float64(n.Waiting)
		m.limit(i, n)
		for b, d := range n.Limited {
			m.hold(paceline.Bottleneck(b), i, part*d.Seconds())
		}
	})
	for b, d := range n.Limited {
		if b < len(m.whole) {
			m.whole[b] += d
		}
	}
	m.use.add(n)
}

// limit sets the limits of a step; the last moment in it holds.
func (m *moments) limit(i int, n *journal.Moment) {
	set := func(l Line, v int64, unit float64) {
		l[i] = chart.Missing()
		if v > 0 {
			l[i] = float64(v) / unit
		}
	}
	set(m.bound, n.Cap, 1)
	set(m.requestLimit, n.RequestLimit, 1000)
	set(m.tokenLimit, n.TokenLimit, 1000)
}

func (m *moments) hold(b paceline.Bottleneck, i int, seconds float64) {
	if seconds <= 0 {
		return
	}
	if m.limited[b] == nil {
		m.limited[b] = make([]float64, m.grid.n())
	}
	m.limited[b][i] += seconds
}

// none reports whether a step has no moment to speak of.
func (m *moments) none(i int) bool { return m.covered[i] < m.grid.seconds(i)/2 }

// A use is how much of each limit was used: what was, and what there was.
type use struct {
	requests, tokens, money, slots [2]float64
	last                           journal.Moment // without Limited
}

func (u *use) add(n *journal.Moment) {
	seconds := n.Span.Seconds()
	count := func(to *[2]float64, used, perSecond float64) {
		if perSecond > 0 {
			to[0], to[1] = to[0]+used, to[1]+perSecond*seconds
		}
	}
	count(&u.requests, float64(n.Requests), float64(n.RequestLimit)/60_000)
	count(&u.tokens, float64(n.PromptTokens+n.CompletionTokens), float64(n.TokenLimit)/60_000)
	count(&u.money, float64(n.Cost), float64(n.MoneyLimit)/3600)
	count(&u.slots, float64(n.InFlight)*seconds, float64(n.Cap))
	u.last = *n
	u.last.Limited = nil // its place is used again
}

// run returns what is known of the run for advice.
func (m *moments) run() advice.Run {
	share := func(of [2]float64) paceline.Share {
		if of[1] <= 0 {
			return paceline.Share{}
		}
		return paceline.Share{Part: of[0] / of[1], Known: true}
	}
	requests := 0.0
	for _, n := range m.requests {
		requests += n
	}
	u := &m.use
	return advice.Run{
		Refused: advice.Portion(m.throttled, int64(requests+0.5)),
		Limited: m.whole, Cap: int(u.last.Cap), FoundOut: u.last.FoundOut, Adapted: u.last.Adapts,
		RequestsGiven: u.last.RequestsGiven, TokensGiven: u.last.TokensGiven,
		Use: paceline.Use{Requests: share(u.requests), Tokens: share(u.tokens), Money: share(u.money), Concurrency: share(u.slots)},
	}
}
