// Package metrics tells Prometheus how an engine does.
//
//	registry := prometheus.NewRegistry()
//	registry.MustRegister(metrics.New(engine, metrics.Facts{}))
//
// docs/metrics.md lists what it tells. Counters are the engine's own, taken in one
// snapshot at each scrape: nothing is lost however fast calls end, and between
// scrapes it costs nothing.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-1814a72b/paceline"
)

// A Source is what is measured: a [paceline.Engine] is one.
type Source interface{ Measures() paceline.Measures }

// Facts are what an engine does not know of itself. What is zero is left out.
type Facts struct {
	Version   string            // of the program, for paceline_build_info
	Expected  int64             // items that there are in all, those done earlier included
	BudgetUSD float64           // what may be spent in all, in US dollars
	Spent     paceline.Cost     // what earlier processes have spent of BudgetUSD
	Labels    prometheus.Labels // put on every series, such as {"job_name": "labels"}
}

// A Collector is a [prometheus.Collector] over one engine. It is safe for
// concurrent use, and keeps working when the engine has shut down: then it tells
// the last values.
type Collector struct {
	source   Source
	facts    Facts
	families []described
}

type described struct {
	family
	desc *prometheus.Desc
}

// New returns the collector of source.
func New(source Source, facts Facts) *Collector {
	c := &Collector{source: source, facts: facts}
	for _, f := range families {
		c.families = append(c.families, described{f, prometheus.NewDesc(f.name, f.help, f.labels, facts.Labels)})
	}
	return c
}

// Describe sends what there may be.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, f := range c.families {
		to <- f.desc
	}
}

// Collect sends what there is, of one moment.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	s := &scrape{Measures: c.source.Measures(), facts: &c.facts}
	for i := range c.families {
		c.families[i].collect(s, to)
	}
}

// scrape is what one scrape tells.
type scrape struct {
	paceline.Measures
	facts *Facts
}

func (f *described) collect(s *scrape, to chan<- prometheus.Metric) {
	if f.distribution != nil {
		to <- histogram{f.desc, f.distribution(s), f.bounds}
		return
	}
	var found series
	f.read(s, found.add)
	for _, one := range found.all {
		m, err := prometheus.NewConstMetric(f.desc, f.kind, one.value, one.labels...)
		if err != nil {
			m = prometheus.NewInvalidMetric(f.desc, err)
		}
		to <- m
	}
}
