package report

import (
	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/waste"
	"github.com/seed-1814a72b/paceline/journal"
)

// mostSteps bounds the steps of the series, and mostWide those of the latencies
// over time, of which each has two histograms.
const (
	mostSteps = 400
	mostWide  = 200
)

// A course is the second pass over a journal: what happened in each step of the
// running time. What moments tell is taken from them where there are any, since
// they see all of it; elsewhere requests and rows tell what they can.
type course struct {
	time *timeline
	grid grid

	moments moments
	trips   trips
	hearing hearing
	wide    wide
	first   latencies
	total   latencies
	places  places
	story   map[int64]*story // of the items that are shown
}

func newCourse(s *survey, shown map[int64]*story) *course {
	width := s.time.running()
	finest := 1.0
	if width < 30 {
		finest = 0.1
	}
	if s.moments > 0 {
		finest = 1
	}
	c := &course{
		time: &s.time, grid: s.time.grid(mostSteps, finest), wide: newWide(s.time.grid(mostWide, finest)), first: newLatencies(), total: newLatencies(),
		places: places{}, story: shown,
	}
	c.moments, c.trips = newMoments(&c.grid), newTrips(&c.grid)
	return c
}

func (c *course) visitor() journal.Visitor {
	return journal.Visitor{
		Attempt: func(a *journal.Attempt) error { c.attempt(a); return nil },
		Entry:   func(e *journal.Entry) error { c.entry(e); return nil },
		Moment:  func(m *journal.Moment) error { c.moment(m); return nil },
	}
}

func (c *course) moment(m *journal.Moment) {
	if x, session, ok := c.time.place(m.At); ok {
		c.moments.add(m, max(x-m.Span.Seconds(), session), x)
	}
}

func (c *course) attempt(a *journal.Attempt) {
	code := paceline.Code(a.Code)
	if s := c.story[a.Index]; s != nil {
		s.add(a.Trip.Clone(), code, false, a.Cost)
	}
	c.places.add(&a.Trip, code, false)
	c.hearing.add(&a.Trip, code, false)
	if answered(code) {
		c.answer(&a.Trip)
	}
	c.trip(&a.Trip)
	if x, ok := c.time.x(ended(&a.Trip)); ok {
		c.trips.waste(x, code)
	}
}

// answered reports whether a request that ended with a code had a whole answer
// which was not accepted.
func answered(code paceline.Code) bool {
	return code == paceline.CodeInvalidAnswer || code == paceline.CodeTruncated || code == paceline.CodeRefused
}

// trip counts a request of which the journal tells how it went.
func (c *course) trip(t *journal.Trip) {
	if t.Started.IsZero() {
		return
	}
	from, _ := c.time.x(t.Started)
	to, _ := c.time.x(ended(t))
	c.trips.send(from, max(to, from))
}

// answer counts how long an answer took.
func (c *course) answer(t *journal.Trip) {
	if t.FirstToken > 0 {
		c.first.record(t.FirstToken)
	}
	c.total.record(t.Total)
	if x, ok := c.time.x(ended(t)); ok {
		c.wide.add(x, t.FirstToken, t.Total)
	}
}

func (c *course) entry(e *journal.Entry) {
	t, code := &e.Trip, paceline.Code(e.Code)
	if e.Trip.Started.IsZero() && !e.Started.IsZero() && e.Requests > 0 { // of an older version
		t = &journal.Trip{Started: e.Started, FirstToken: e.FirstToken, Total: e.Total}
	}
	brings := e.Requests > 0 && !e.AllNoted
	if brings {
		c.hearing.add(t, code, e.Status == journal.Done)
		c.trip(t)
		c.places.add(t, code, e.Status == journal.Done)
		if s := c.story[e.Index]; s != nil {
			s.add(t.Clone(), code, e.Status == journal.Done, e.Brought.Cost)
		}
		if e.Status == journal.Done || answered(code) {
			c.answer(t)
		}
	}
	x, ok := c.time.x(ended(t))
	if !ok {
		return
	}
	if brings && e.Status != journal.Done {
		c.trips.waste(x, code)
	}
	c.trips.row(x, e)
}

// trips are sums for each step of what requests and rows tell.
type trips struct {
	grid                     *grid
	sent, done, busy         []float64
	prompt, completion, cost []float64
	wasted                   map[string][]float64
}

func newTrips(g *grid) trips {
	zeros := func() []float64 { return make([]float64, g.n()) }
	return trips{
		grid: g, sent: zeros(), done: zeros(), busy: zeros(), prompt: zeros(), completion: zeros(), cost: zeros(),
		wasted: map[string][]float64{},
	}
}

func (t *trips) send(from, to float64) {
	t.sent[t.grid.of(from)]++
	t.grid.spread(from, to, func(i int, s float64) { t.busy[i] += s })
}

func (t *trips) waste(x float64, code paceline.Code) {
	cause := waste.Of(code)
	if t.wasted[cause] == nil {
		t.wasted[cause] = make([]float64, t.grid.n())
	}
	t.wasted[cause][t.grid.of(x)]++
}

func (t *trips) row(x float64, e *journal.Entry) {
	i := t.grid.of(x)
	if e.Status == journal.Done {
		t.done[i]++
	}
	t.prompt[i] += float64(max(e.PromptTokens, 0))
	t.completion[i] += float64(max(e.CompletionTokens, 0))
	t.cost[i] += float64(max(e.Cost, 0)) / 1e9
}
