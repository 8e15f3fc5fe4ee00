package dash

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/failures"
)

// readersMost is how many browsers may read the feed at once.
const readersMost = 32

// leastSpan is what a point spans at the least: the last one, when a run ends right
// after another, would have no width, and rates without end.
const leastSpan = 100 * time.Millisecond

// A message is one event of the feed. The first one that a reader gets is whole;
// later ones hold what has changed.
type message struct {
	Run      string          `json:"run,omitempty"`      // of the first: names the process
	Reset    bool            `json:"reset,omitempty"`    // of the first: what was told before does not count
	Status   object          `json:"status,omitempty"`   // the fields that changed
	Stats    object          `json:"stats,omitempty"`    // likewise
	Points   json.RawMessage `json:"points,omitempty"`   // what follows what was told before
	Failures []failure       `json:"failures,omitempty"` // all that are told, if any changed
	Samples  []sample        `json:"samples,omitempty"`  // those that are new
	Ended    bool            `json:"ended,omitempty"`
	Summary  json.RawMessage `json:"summary,omitempty"`
}

// A course is what the page knows of its run, and who reads it. One goroutine
// owns it; time is an argument.
type course struct {
	id      string // of the process
	facts   Facts
	history history
	seen    *sources

	status, stats object
	failures      []failure
	failed        int64 // how many failures were counted at the last look
	sampled       int64
	lastStats     paceline.Stats
	lastPoint     time.Time
	clock         time.Time // of the last point: where the clock is set back it goes on
	ended         *Ending

	readers map[*reader]struct{}
	whole   []byte // the first message of a reader who has nothing; nil: to be made
}

// sources are what others add to while the run goes on.
type sources struct {
	failures failures.List
	samples  samples
}

// A reader gets the feed. Its channel is closed when there is nothing more for
// it: after the end, or since it did not keep up.
type reader struct{ frames chan []byte }

// framesBehind is how many messages a reader may be behind.
const framesBehind = 16

func newCourse(id string, facts Facts, seen *sources, now time.Time) *course {
	return &course{id: id, facts: facts, seen: seen, lastPoint: now, clock: now.Round(0), readers: make(map[*reader]struct{})}
}

// look takes in how the run stands now, and tells every reader what is new. A
// point of the history ends with it if there are the latencies within it.
func (c *course) look(st *paceline.Stats, status json.RawMessage, ends *latencies, now time.Time) {
	m := message{}
	m.Status, c.status = c.update(c.status, readObject(status))
	m.Stats, c.stats = c.update(c.stats, objectOf(newFigures(st, &c.facts)))
	if ends != nil {
		span := max(now.Sub(c.lastPoint), leastSpan)
		if c.clock = c.clock.Add(span); now.Round(0).After(c.clock) { // the machine slept, it may be
			c.clock = now.Round(0)
		}
		p := pointBetween(&c.lastStats, st, c.clock, span)
		p.firstToken, p.total = ends.firstToken, ends.total
		c.history.add(p)
		c.lastStats, c.lastPoint = *st, now
		m.Points = appendPoints(nil, []point{p})
	}
	if list, counted := c.seen.failures.Recent(failuresTold); counted != c.failed {
		c.failures, c.failed = newFailures(list), counted
		m.Failures = c.failures
	}
	m.Samples, c.sampled = c.seen.samples.since(c.sampled)
	c.seen.samples.next()
	c.tell("frame", &m)
}

// update returns what is new in an object, and the object that counts then: the
// old one where there is no other.
func (c *course) update(old, now object) (changed, counts object) {
	if now == nil {
		return nil, old
	}
	return now.changes(old), now
}

// end takes in how the run ended and tells it. There is nothing after it.
func (c *course) end(e *Ending, l *latencies, now time.Time) {
	c.look(&e.Stats, e.Status, l, now)
	c.ended = e
	c.tell("end", &message{Ended: true, Summary: e.Summary})
	for r := range c.readers {
		c.drop(r)
	}
}

// tell gives a message to every reader; one who is too far behind is dropped.
func (c *course) tell(kind string, m *message) {
	c.whole = nil
	if len(c.readers) == 0 {
		return
	}
	frame := c.frame(kind, m)
	for r := range c.readers {
		select {
		case r.frames <- frame:
		default:
			c.drop(r)
		}
	}
}

func (c *course) drop(r *reader) {
	close(r.frames)
	delete(c.readers, r)
}

// join returns a new reader and its first message: all that there is or, if it
// continues what a reader of this process had up to a point, what came since.
// There is no reader when there are too many, and none is needed after the end.
func (c *course) join(run string, after int64) (*reader, []byte) {
	if len(c.readers) >= readersMost {
		return nil, nil
	}
	r := &reader{frames: make(chan []byte, framesBehind)}
	hello := c.hello(run, after)
	c.readers[r] = struct{}{}
	if c.ended != nil {
		c.drop(r)
	}
	return r, hello
}

// hello returns a reader's first message.
func (c *course) hello(run string, after int64) []byte {
	if run != c.id {
		after = 0
	}
	points, continues := c.history.since(after)
	if !continues && c.whole != nil {
		return c.whole
	}
	m := c.state()
	m.Run, m.Reset, m.Points = c.id, !continues, appendPoints(nil, points)
	frame := c.frame("hello", m)
	if !continues {
		c.whole = frame
	}
	return frame
}

// state is all but the history.
func (c *course) state() *message {
	m := &message{Run: c.id, Status: maps.Clone(c.status), Stats: maps.Clone(c.stats), Failures: c.failures}
	m.Samples, _ = c.seen.samples.since(0)
	if c.ended != nil {
		m.Ended, m.Summary = true, c.ended.Summary
	}
	return m
}
