package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed-1814a72b/paceline/internal/chart"
	"github.com/seed-1814a72b/paceline/internal/numeral"
	"github.com/seed-1814a72b/paceline/internal/waste"
)

// An axis is running time as it is drawn: between two sessions there is a break
// of a fixed width, however long nothing ran.
type axis struct {
	starts []float64 // of the sessions, in running time
	shift  float64   // the width of one break
	end    float64   // of the running time
	pieces []chart.Piece
	breaks []chart.Break
}

// The share of the axis that one break takes, and all of them at most.
const (
	breakShare  = 0.02
	breaksShare = 0.2
)

func newAxis(r *Report) axis {
	a := axis{end: r.RunningS}
	if n := len(r.Sessions) - 1; n > 0 {
		a.shift = r.RunningS * min(breakShare, breaksShare/float64(n))
	}
	for i, s := range r.Sessions {
		x := s.X + float64(i)*a.shift
		a.pieces = append(a.pieces, chart.Piece{X: x, At: float64(s.Began.UnixMilli()) / 1000})
		if i == 0 {
			continue
		}
		a.starts = append(a.starts, s.X)
		gap := s.Began.Sub(r.Sessions[i-1].Ended)
		a.breaks = append(a.breaks, chart.Break{From: x - a.shift, To: x, Text: later(gap)})
	}
	return a
}

func later(gap time.Duration) string {
	if gap < time.Second {
		return "continued"
	}
	return numeral.Span(gap) + " later"
}

// place returns where steps are drawn, and calls pick with the step that each
// point shows, or -1 where there is a break. The last step ends with a point.
func (a *axis) place(x Line) (at Line, from []int) {
	next := 0
	for i, v := range x {
		for next < len(a.starts) && a.starts[next] <= v {
			at = append(at, a.starts[next]+float64(next)*a.shift)
			from = append(from, -1)
			next++
		}
		at, from = append(at, v+float64(next)*a.shift), append(from, i)
	}
	if n := len(x); n > 0 && a.end > x[n-1] {
		at, from = append(at, a.end+float64(next)*a.shift), append(from, n-1)
	}
	return at, from
}

// pick returns the values of a line at the points of place.
func pick(l Line, from []int) Line {
	out := missing(len(from))
	for i, step := range from {
		if step >= 0 && step < len(l) {
			out[i] = l[step]
		}
	}
	return out
}

// over returns a chart over time of the series that have values, nil if none has.
func (a *axis) over(x Line, c chart.Chart, series ...chart.Series) *chart.Chart {
	at, from := a.place(x)
	c.Kind, c.X, c.Pieces, c.Breaks = chart.Time, at, a.pieces, a.breaks
	for _, s := range series {
		if known(s.Y) {
			s.Y = pick(s.Y, from)
			c.Series = append(c.Series, s)
		}
	}
	if len(c.Series) == 0 {
		return nil
	}
	return &c
}

// charts returns the pictures of a report by name.
func (r *Report) charts() map[string]*chart.Chart {
	a, s := newAxis(r), &r.Series
	all := map[string]*chart.Chart{
		"requests": a.over(s.X, chart.Chart{Unit: chart.PerMinute, Height: 220, Label: "Requests a minute over time, and their limit"},
			chart.Series{Name: "requests sent", Look: chart.Area, Tone: "main", Y: s.Requests},
			chart.Series{Name: "items answered", Look: chart.Line, Tone: "good", Y: s.Done},
			chart.Series{Name: "limit", Look: chart.Dashed, Tone: "limit", Y: s.RequestLimit}),
		"tokens": a.over(s.X, chart.Chart{Unit: chart.PerMinute, Label: "Tokens a minute over time, and their limit"},
			chart.Series{Name: "tokens in", Look: chart.Stacked, Tone: "second", Y: s.Prompt},
			chart.Series{Name: "tokens out", Look: chart.Stacked, Tone: "third", Y: s.Completion},
			chart.Series{Name: "limit", Look: chart.Dashed, Tone: "limit", Y: s.TokenLimit}),
		"inflight": a.over(s.X, chart.Chart{Unit: chart.Count, Label: "Calls in flight over time, and the cap on them"},
			chart.Series{Name: "in flight", Look: chart.Area, Tone: "concurrency", Y: s.InFlight},
			chart.Series{Name: "cap", Look: chart.Dashed, Tone: "limit", Y: s.nearCap()}),
		"waste":   a.wasted(s),
		"limited": a.limited(r),
		"first":   a.latency(&s.Wide, "second", s.Wide.FirstTokenP50, s.Wide.FirstTokenP99, "Time to the first token over time"),
		"total":   a.latency(&s.Wide, "main", s.Wide.TotalP50, s.Wide.TotalP99, "Time to the whole answer over time"),
		"spread":  r.spread(),
	}
	if r.CostUSD != nil && *r.CostUSD > 0 {
		all["cost"] = a.over(s.X, chart.Chart{Unit: chart.USD, Label: "Money spent so far over time"},
			chart.Series{Name: "spent", Look: chart.Area, Tone: "money", Y: s.Cost})
	}
	if s.Processor != nil {
		all["processor"] = a.over(s.X, chart.Chart{Unit: chart.Count, Label: "Processors that the run used over time"},
			chart.Series{Name: "processors used", Look: chart.Area, Tone: "cpu", Y: s.Processor})
	}
	maps.DeleteFunc(all, func(_ string, c *chart.Chart) bool { return c == nil })
	return all
}

// nearCap returns the cap on calls in flight, or nothing if they kept so far below
// it that its line would press them to the ground.
func (s *Series) nearCap() Line {
	if highest(s.Cap) > 3*highest(s.InFlight) {
		return nil
	}
	return s.Cap
}

// highest returns the highest value of a line, 0 if none is known.
func highest(l Line) (most float64) {
	for _, v := range l {
		if v > most {
			most = v
		}
	}
	return most
}

// latency is the median and the 99th percentile of something over time.
func (a *axis) latency(w *WideSeries, tone string, p50, p99 Line, label string) *chart.Chart {
	return a.over(w.X, chart.Chart{Unit: chart.Seconds, Log: true, Label: label},
		chart.Series{Name: "median", Look: chart.Line, Tone: tone, Y: p50},
		chart.Series{Name: "99th percentile", Look: chart.Band, Tone: tone, Y: p99})
}

// wasteTones are the colours of the causes, and their order from the bottom up.
var wasteTones = []struct{ cause, tone string }{
	{waste.Throttled, "throttled"}, {waste.Retried, "retries"}, {waste.TimedOut, "outage"}, {waste.Cut, "cpu"},
	{waste.Invalid, "third"}, {waste.Refused, "bad"}, {waste.Outrun, "input"}, {waste.Unsent, "disk"},
	{waste.Lost, "hold"}, {waste.Unknown, "none"},
}

func (a *axis) wasted(s *Series) *chart.Chart {
	var list []chart.Series
	by := (len(s.X) + mostColumns - 1) / mostColumns
	for _, t := range wasteTones {
		if y := s.Wasted[t.cause]; y != nil {
			list = append(list, chart.Series{Name: waste.Words(t.cause), Look: chart.Stacked, Tone: t.tone, Y: a.coarse(s.X, y, by)})
		}
	}
	return a.over(every(s.X, by), chart.Chart{Unit: chart.PerMinute, Label: "Requests a minute that brought no row, by cause"}, list...)
}

// mostColumns is how many columns a chart of rare things has at most.
const mostColumns = 80

// every returns each by-th value.
func every(l Line, by int) (out Line) {
	for i := 0; i < len(l); i += by {
		out = append(out, l[i])
	}
	return out
}

// coarse returns the means of by values each, by how wide their steps are.
func (a *axis) coarse(x, l Line, by int) (out Line) {
	width := func(i int) float64 {
		if i+1 < len(x) {
			return x[i+1] - x[i]
		}
		return a.end - x[i]
	}
	for i := 0; i < len(l); i += by {
		sum, whole := 0.0, 1e-9
		for k := i; k < min(i+by, len(l)); k++ {
			sum, whole = sum+l[k]*width(k), whole+width(k)
		}
		out = append(out, sum/whole)
	}
	return out
}

func (a *axis) limited(r *Report) *chart.Chart {
	var list []chart.Series
	for _, share := range r.LimitedBy {
		if share.Share < leastShare {
			continue
		}
		list = append(list, chart.Series{Name: share.short(), Look: chart.Stacked, Tone: cmp.Or(share.By, "none"), Y: r.Series.Limited[share.By]})
	}
	return a.over(r.Series.X, chart.Chart{Unit: chart.Share, Height: 130, Label: "What held the run back over time"}, list...)
}

// spread is the distribution of both latencies.
func (r *Report) spread() *chart.Chart {
	l := &r.Latencies
	if len(l.Edges) == 0 {
		return nil
	}
	c := &chart.Chart{Kind: chart.Histogram, Unit: chart.Seconds, X: l.Edges, Height: 220, Label: "Distribution of the times to the first token and to the whole answer"}
	add := func(name, tone string, counts []int64, figures Latency) {
		if figures.Count == 0 {
			return
		}
		y := make(Line, len(counts))
		for i, n := range counts {
			y[i] = float64(n)
		}
		c.Series = append(c.Series, chart.Series{Name: name, Look: chart.Line, Tone: tone, Y: y})
		for _, m := range []struct {
			word string
			ms   *float64
		}{{"p50", figures.P50}, {"p99", figures.P99}} {
			if m.ms != nil {
				c.Marks = append(c.Marks, chart.Mark{X: *m.ms / 1000, Text: fmt.Sprintf("%s %s", m.word, latencyText(m.ms)), Tone: tone})
			}
		}
	}
	add("whole answer", "main", l.Total, r.Total)
	add("first token", "second", l.FirstToken, r.FirstToken)
	slices.SortStableFunc(c.Marks, func(a, b chart.Mark) int { return int((a.X - b.X) * 1e6) })
	return c
}

func latencyText(ms *float64) string {
	if ms == nil {
		return "–"
	}
	return numeral.Latency(time.Duration(*ms * float64(time.Millisecond)))
}
