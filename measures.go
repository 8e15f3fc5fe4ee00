package paceline

import (
	"iter"
	"time"

	"github.com/seed-1814a72b/paceline/internal/hist"
)

// Measures is all that an engine has counted, at one moment: what an exporter of
// metrics tells. Its numbers are exact: no event can be lost on the way to them.
type Measures struct {
	Stats // the engine's

	FirstTokens Distribution // of which Stats.FirstToken has the quantiles
	Totals      Distribution // likewise of Stats.Total
	Begun       Distribution // times to the first content, each from when it came, whatever became of its attempt
	Traffic     []Traffic    // one for each endpoint and model that has had calls
}

// A Distribution is how often durations have occurred. It does not change.
type Distribution struct{ h *hist.Histogram }

// Count returns how many durations there were.
func (d Distribution) Count() int64 {
	if d.h == nil {
		return 0
	}
	return d.h.Count()
}

// Sum returns all of them together, exactly.
func (d Distribution) Sum() time.Duration {
	if d.h == nil {
		return 0
	}
	return d.h.Sum()
}

// All yields durations in ascending order, each with the number of those that lie
// within 1 % of it.
func (d Distribution) All() iter.Seq2[time.Duration, int64] {
	if d.h == nil {
		return func(func(time.Duration, int64) bool) {}
	}
	return d.h.All()
}

// Since returns what has been added to an earlier one of the same engine. Its
// quantiles, and Max, are within 1 %.
func (d Distribution) Since(earlier Distribution) Latency {
	if d.h == nil {
		return Latency{}
	}
	if earlier.h == nil {
		return latency(d.h)
	}
	return latency(d.h.Since(earlier.h))
}

// Measures returns a snapshot. It costs the engine about as much as
// [Engine.Stats] and three copies of some KiB: it is meant for once a second, not for
// once a call. After Shutdown it is the last one.
func (e *Engine) Measures() Measures {
	reply := make(chan Measures, 1)
	if e.box.put(message{kind: msgMeasures, measures: reply}) {
		return <-reply
	}
	<-e.stopped
	m := e.final
	e.progress.fill(&m.Stats) // rows are still put after the last call
	return m
}

// measures puts a snapshot together. The dispatcher alone calls it.
func (d *dispatcher) measures() Measures {
	return Measures{
		Stats:       d.stats(d.tally, &d.engine.progress),
		FirstTokens: Distribution{d.tally.firstToken.Clone()},
		Totals:      Distribution{d.tally.total.Clone()},
		Begun:       Distribution{d.begun.Clone()},
		Traffic:     d.traffic.snapshot(),
	}
}
