package paceline

import (
	"math"
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

// momentEvery is how often a run notes how it stands.
const momentEvery = time.Second

// A chronicle notes in a run's journal how the run stands, once a second and at
// its end, so that a report can draw it. What fails in it is the journal's fault,
// which ends the run elsewhere. A nil chronicle notes nothing.
type chronicle struct {
	run    *run
	last   Stats         // when a moment was noted last
	used   time.Duration // of the processor until then
	over   chan struct{}
	joined chan struct{}
}

// chronicle begins to note, if there is a journal.
func (r *run) chronicle() *chronicle {
	if r.job.Journal == nil {
		return nil
	}
	c := &chronicle{run: r, used: r.engine.on.used(), over: make(chan struct{}), joined: make(chan struct{})}
	go c.loop()
	return c
}

func (c *chronicle) loop() {
	defer close(c.joined)
	tick := time.NewTicker(momentEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.take(c.run.engine.snapshot(c.run))
		case <-c.over:
			return
		}
	}
}

// end notes how the run has ended, and joins what has noted until then.
func (c *chronicle) end(s Stats) {
	if c == nil {
		return
	}
	close(c.over)
	<-c.joined
	c.take(s)
}

// take notes how the run stands.
func (c *chronicle) take(s Stats) {
	m := momentOf(&c.last, &s)
	if m.Span == 0 {
		return
	}
	used := c.run.engine.on.used()
	m.At, m.Processor = time.Now(), used-c.used
	c.last, c.used = s, used
	_ = c.run.job.Journal.Note(m)
}

// momentOf returns what has happened between two snapshots of a run, and how it
// stood at the second.
func momentOf(before, s *Stats) journal.Moment {
	m := journal.Moment{
		Requests: s.Requests - before.Requests, Retries: s.Retries - before.Retries,
		Throttled: s.Throttled - before.Throttled, Hedges: s.Hedges - before.Hedges,
		PromptTokens:     s.Usage.Prompt - before.Usage.Prompt,
		CompletionTokens: s.Usage.Completion - before.Usage.Completion,
		Cost:             scaled(s.Cost.USD, nano) - scaled(before.Cost.USD, nano),
		InFlight:         int64(s.InFlight), Waiting: int64(s.Waiting), Cap: int64(s.Pace.InFlight),
		RequestLimit:  scaled(s.Pace.Requests.PerSecond(), 60*1000),
		TokenLimit:    scaled(s.Pace.Tokens.PerSecond(), 60*1000),
		MoneyLimit:    scaled(s.Pace.Money.PerSecond(), 3600*nano),
		FoundOut:      s.Pace.FoundOut,
		Adapts:        s.Pace.Adapts,
		RequestsGiven: s.Pace.RequestsGiven, TokensGiven: s.Pace.TokensGiven,
		Limited: make([]time.Duration, bottlenecks),
	}
	for i, d := range s.Limited {
		m.Limited[i] = d.Truncate(time.Microsecond) - before.Limited[i].Truncate(time.Microsecond)
		m.Span += m.Limited[i]
	}
	return m
}

// scaled returns x in a smaller unit.
func scaled(x, units float64) int64 { return int64(math.Round(min(x*units, 1<<53))) }
