package report

import (
	"math"
	"slices"
	"sort"
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

// A span is a session on the clock and on the axis of running time.
type span struct {
	began, ended time.Time
	x            float64 // seconds of running time before it
	rows         int64
	noted        bool // moments were noted in it
	told         bool // the journal names it
}

func (s *span) seconds() float64 { return s.ended.Sub(s.began).Seconds() }

// A timeline is the sessions of a run, in their order. While it is collected, in
// the order of the journal, see widens them; lay then gives each its place.
type timeline struct {
	spans []span
	// What lies before the first session that the journal names: a rewrite by an
	// older version keeps rows and no sessions.
	before *span
}

func (t *timeline) session(s journal.Session) {
	began := s.Began
	if n := len(t.spans); n > 0 && began.Before(t.spans[n-1].ended) {
		began = t.spans[n-1].ended // the clock was set back
	}
	t.spans = append(t.spans, span{began: began, ended: began, told: true})
}

// at returns the session that a time falls in, nil if it lies before all.
func (t *timeline) at(when time.Time) *span {
	if n := len(t.spans); n > 0 && !when.Before(t.spans[n-1].began) {
		return &t.spans[n-1] // it mostly is the last one
	}
	i := sort.Search(len(t.spans), func(i int) bool { return t.spans[i].began.After(when) })
	if i == 0 {
		return nil
	}
	return &t.spans[i-1]
}

// see notes that something happened at a time.
func (t *timeline) see(when time.Time) *span {
	if when.IsZero() {
		return nil
	}
	s := t.at(when)
	if s == nil {
		if t.before == nil {
			t.before = &span{began: when, ended: when}
		}
		s = t.before
		if when.Before(s.began) {
			s.began = when
		}
	}
	if when.After(s.ended) {
		s.ended = when
	}
	return s
}

// lay puts the sessions behind each other on the axis. Those in which nothing
// happened take no room, and are left out.
func (t *timeline) lay() {
	if t.before != nil {
		t.spans = slices.Insert(t.spans, 0, *t.before)
		t.before = nil
	}
	t.spans = slices.DeleteFunc(t.spans, func(s span) bool { return !s.ended.After(s.began) && s.rows == 0 })
	x := 0.0
	for i := range t.spans {
		t.spans[i].x = x
		x += t.spans[i].seconds()
	}
}

// running returns the running time of all sessions in seconds.
func (t *timeline) running() float64 {
	if len(t.spans) == 0 {
		return 0
	}
	last := &t.spans[len(t.spans)-1]
	return last.x + last.seconds()
}

// x returns where a time lies on the axis, and false for one that is not known.
func (t *timeline) x(when time.Time) (x float64, ok bool) {
	x, _, ok = t.place(when)
	return x, ok
}

// place returns where a time lies on the axis, and where its session begins.
func (t *timeline) place(when time.Time) (x, session float64, ok bool) {
	if when.IsZero() || len(t.spans) == 0 {
		return 0, 0, false
	}
	s := t.at(when)
	if s == nil {
		return 0, 0, true
	}
	return s.x + min(when.Sub(s.began).Seconds(), s.seconds()), s.x, true
}

// A grid is the axis in steps, which begin anew with each session. All are of the
// same width but the last one of a session, which may be from half as wide to half
// as wide again, so that none is so short that its rates say nothing.
type grid struct {
	step   float64
	begins []float64 // of the steps
	end    float64
}

// steps are the widths that are round in the units of time.
var steps = []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400}

// manySpans is from how many sessions on their beginnings no longer part steps.
const manySpans = 40

// grid divides the axis into about so many steps at most.
func (t *timeline) grid(most int, finest float64) grid {
	g := grid{step: finest, end: t.running()}
	for _, s := range steps {
		if s >= finest {
			g.step = s
			if g.end/s <= float64(most) {
				break
			}
		}
	}
	if g.end/g.step > float64(most) {
		g.step = math.Ceil(g.end / float64(most))
	}
	if len(t.spans) > manySpans {
		g.divide(0, g.end)
		return g
	}
	for i := range t.spans {
		g.divide(t.spans[i].x, t.spans[i].seconds())
	}
	return g
}

func (g *grid) divide(x, width float64) {
	n := max(int(math.Floor(width/g.step+0.5)), 1)
	for i := range n {
		g.begins = append(g.begins, x+float64(i)*g.step)
	}
}

func (g *grid) n() int { return len(g.begins) }

// of returns the step in which a place lies.
func (g *grid) of(x float64) int {
	return max(sort.Search(len(g.begins), func(i int) bool { return g.begins[i] > x })-1, 0)
}

// bounds returns where a step begins and ends.
func (g *grid) bounds(i int) (from, to float64) {
	if i == len(g.begins)-1 {
		return g.begins[i], g.end
	}
	return g.begins[i], g.begins[i+1]
}

// seconds returns how wide a step is; never 0.
func (g *grid) seconds(i int) float64 {
	from, to := g.bounds(i)
	return max(to-from, 1e-3)
}

// spread calls add with each step that a stretch of the axis touches, and how
// many of its seconds lie there. One without length falls into one step.
func (g *grid) spread(from, to float64, add func(i int, seconds float64)) {
	first, last := g.of(from), g.of(to)
	for i := first; i <= last; i++ {
		begin, end := g.bounds(i)
		if s := min(to, end) - max(from, begin); s > 0 || first == last {
			add(i, max(s, 0))
		}
	}
}
