package report

import (
	"github.com/seed-1814a72b/paceline/internal/chart"
)

// series puts together what the passes have found.
func (c *course) series() Series {
	m, t, g := &c.moments, &c.trips, &c.grid
	s := Series{
		Step: g.step, X: g.begins,
		Requests: c.rate(m.requests, t.sent), Done: c.rate(nil, t.done),
		Prompt: c.rate(m.prompt, t.prompt), Completion: c.rate(m.completion, t.completion),
		Cost: c.sum(m.cost, t.cost), Wasted: map[string]Line{}, Limited: map[string]Line{},
		RequestLimit: m.requestLimit, TokenLimit: m.tokenLimit, Cap: m.bound,
		InFlight: c.mean(m.inFlight, t.busy), Waiting: c.mean(m.waiting, nil), Processor: c.mean(m.processor, nil),
		Wide: c.wide.series(),
	}
	for cause, sums := range t.wasted {
		s.Wasted[cause] = c.rate(nil, sums)
	}
	c.limited(&s)
	for _, l := range []*Line{&s.RequestLimit, &s.TokenLimit, &s.Cap, &s.Waiting, &s.Processor} {
		if !known(*l) {
			*l = nil
		}
	}
	return s
}

// rate returns sums a minute: those of the moments where there are any, else the
// others.
func (c *course) rate(noted, counted []float64) Line {
	l := missing(c.grid.n())
	for i := range l {
		switch {
		case noted != nil && !c.moments.none(i):
			l[i] = noted[i] / c.moments.covered[i] * 60
		case counted != nil:
			l[i] = counted[i] / c.grid.seconds(i) * 60
		}
	}
	return l
}

// mean returns sums over time as means.
func (c *course) mean(noted, counted []float64) Line {
	l := c.rate(noted, counted)
	for i := range l {
		l[i] /= 60
	}
	return l
}

// sum returns what it came to by the end of each step.
func (c *course) sum(noted, counted []float64) Line {
	l, sum := missing(c.grid.n()), 0.0
	for i := range l {
		if c.moments.none(i) {
			sum += counted[i]
		} else {
			sum += noted[i]
		}
		l[i] = sum
	}
	return l
}

// limited returns the share that each bottleneck has of each step.
func (c *course) limited(s *Series) {
	whole := make([]float64, c.grid.n())
	for _, sums := range c.moments.limited {
		for i, v := range sums {
			whole[i] += v
		}
	}
	for b, sums := range c.moments.limited {
		l := missing(c.grid.n())
		for i := range l {
			if whole[i] > 0 {
				l[i] = sums[i] / whole[i]
			}
		}
		s.Limited[b.String()] = l
	}
}

// series returns the quantiles of each step.
func (w *wide) series() WideSeries {
	s := WideSeries{
		Step: w.grid.step, X: w.grid.begins,
		FirstTokenP50: missing(w.grid.n()), FirstTokenP99: missing(w.grid.n()),
		TotalP50: missing(w.grid.n()), TotalP99: missing(w.grid.n()),
	}
	for i := range w.grid.n() {
		s.FirstTokenP50[i], s.FirstTokenP99[i] = quantiles(w.first[i])
		s.TotalP50[i], s.TotalP99[i] = quantiles(w.total[i])
	}
	return s
}

func quantiles(h *histogram) (p50, p99 float64) {
	if h == nil || h.Count() == 0 {
		return chart.Missing(), chart.Missing()
	}
	return h.Quantile(0.5).Seconds(), h.Quantile(0.99).Seconds()
}
