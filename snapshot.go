package paceline

import (
	"maps"
	"slices"
)

// Stats returns a snapshot of the counters. It is the caller's own, but for the
// errors in it. After Shutdown it is the last one.
func (e *Engine) Stats() Stats { return e.snapshot(nil) }

// snapshot returns a run's counters, or the engine's for nil.
func (e *Engine) snapshot(r *run) Stats {
	reply := make(chan Stats, 1)
	if e.box.put(message{kind: msgStats, run: r, stats: reply}) {
		return <-reply
	}
	<-e.stopped
	s := e.final.Stats.clone()
	if r == nil {
		e.progress.fill(&s)
		return s
	}
	return r.outlasting(s)
}

// outlasting returns the counters of a run that goes on when its engine has ended as
// last says: rows are still put then.
func (r *run) outlasting(last Stats) Stats {
	now := r.engine.now()
	s := r.tally.stats(now)
	r.progress.fill(&s)
	s.Out, s.Pace, s.EventsLost = last.Out, last.Pace, last.EventsLost
	s.Pace.LimitedBy = r.tally.ledger.at(now)
	s.Use = r.engine.consumed.since(&r.before)
	s.Budget = r.purse.state()
	return s
}

// clone returns a copy that shares nothing with s but errors.
func (s Stats) clone() Stats {
	s.Causes = maps.Clone(s.Causes)
	s.Out = slices.Clone(s.Out)
	s.Pace.Models = slices.Clone(s.Pace.Models)
	s.Pace.Endpoints = slices.Clone(s.Pace.Endpoints)
	return s
}

// Measures returns a snapshot, which is the caller's own, but for the errors in it.
// It costs the engine about as much as [Engine.Stats] and three copies of some KiB: it
// is meant for once a second, not for once a call. After Shutdown it is the last one.
func (e *Engine) Measures() Measures {
	reply := make(chan Measures, 1)
	if e.box.put(message{kind: msgMeasures, measures: reply}) {
		return <-reply
	}
	<-e.stopped
	m := e.final
	m.Stats = e.snapshot(nil)
	m.Traffic = slices.Clone(m.Traffic)
	for i := range m.Traffic {
		m.Traffic[i].Failed = maps.Clone(m.Traffic[i].Failed)
	}
	return m
}
