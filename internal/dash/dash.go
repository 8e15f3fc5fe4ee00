package dash

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// The page is told twice a second, while somebody reads it, and the history has
// a point a second.
const (
	frameEvery     = 500 * time.Millisecond
	framesPerPoint = 2
)

// A Dash is the page of one run. [Dash.Observe] and [Dash.Finished] take what
// happens, from before the run begins; [Dash.Start] begins to look at it,
// [Dash.End] says how it ended, and [Dash.Close] joins all that was started.
type Dash struct {
	id   string
	csrf string
	seen sources
	run  Run

	joins  chan joining
	leaves chan *reader
	states chan chan []byte
	ends   chan *Ending
	quit   chan struct{}
	wait   sync.WaitGroup
}

type joining struct {
	run   string
	after int64
	reply chan joined
}

type joined struct {
	reader *reader // nil: there are too many
	hello  []byte
}

// New returns the page of a run that has not begun.
func New() *Dash {
	d := &Dash{
		id: rand.Text()[:10], csrf: rand.Text(),
		joins: make(chan joining), leaves: make(chan *reader), states: make(chan chan []byte),
		ends: make(chan *Ending), quit: make(chan struct{}),
	}
	return d
}

// Observe takes an event of the engine, of which those that tell of something amiss
// are enough. It is safe for concurrent use.
func (d *Dash) Observe(ev *paceline.Event) { d.seen.failures.Observe(ev) }

// Finished takes an item that has ended. Most of them it lets pass at the cost of
// some nanoseconds. It is safe for concurrent use, and does not keep r.
func (d *Dash) Finished(r *paceline.Result) { d.seen.samples.add(r) }

// Start begins to look at run. It must be called once, before anything below.
func (d *Dash) Start(run Run, facts Facts) {
	d.run = run
	course := newCourse(d.id, facts, &d.seen, time.Now())
	d.wait.Go(func() { d.loop(course) })
}

// End tells everybody who reads how the run ended, and that there is nothing
// after it. It must not be called twice.
func (d *Dash) End(e Ending) {
	select {
	case d.ends <- &e:
	case <-d.quit:
	}
}

// Close ends the feed and joins its goroutine. It must be called once.
func (d *Dash) Close() {
	close(d.quit)
	d.wait.Wait()
}

// loop owns the course.
func (d *Dash) loop(c *course) {
	tick := time.NewTicker(frameEvery)
	defer tick.Stop()
	d.look(c, false)
	for ticks := 0; ; {
		select {
		case <-tick.C:
			ticks++
			d.tick(c, ticks%framesPerPoint == 0)
		case <-d.quit:
			for r := range c.readers {
				c.drop(r)
			}
			return
		case j := <-d.joins:
			r, hello := c.join(j.run, j.after)
			j.reply <- joined{r, hello}
		case r := <-d.leaves:
			delete(c.readers, r)
		case reply := <-d.states:
			reply <- d.encodeState(c)
		case e := <-d.ends:
			c.end(e, d.latencies(), time.Now())
		}
	}
}

// tick looks at a run that goes on: for a point, or because somebody reads.
func (d *Dash) tick(c *course, point bool) {
	if c.ended == nil && (point || len(c.readers) > 0) {
		d.look(c, point)
	}
}

func (d *Dash) look(c *course, point bool) {
	st, status := d.run.Look()
	var ends *latencies
	if point {
		ends = d.latencies()
	}
	c.look(&st, status, ends, time.Now())
}

// latencies returns those since it was called last.
func (d *Dash) latencies() *latencies {
	firstToken, total := d.run.Latencies()
	return &latencies{newQuantiles(firstToken), newQuantiles(total)}
}

// encodeState returns what GET /state answers.
func (d *Dash) encodeState(c *course) []byte {
	b, err := json.Marshal(struct {
		*message
		CSRF string `json:"csrf"`
	}{c.state(), d.csrf})
	if err != nil {
		panic(err) // as in frame
	}
	return append(b, '\n')
}

var (
	errOver    = errors.New("the page is closed")
	errReaders = errors.New("too many browsers read this page already")
)

// join makes a reader who has the history of a process up to a point. ctx ends
// the waiting. leave must be called.
func (d *Dash) join(ctx context.Context, run string, after int64) (*reader, []byte, error) {
	j := joining{run, after, make(chan joined, 1)}
	select {
	case d.joins <- j:
	case <-d.quit:
		return nil, nil, errOver
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	got := <-j.reply
	if got.reader == nil {
		return nil, nil, errReaders
	}
	return got.reader, got.hello, nil
}

func (d *Dash) leave(r *reader) {
	select {
	case d.leaves <- r:
	case <-d.quit:
	}
}

// state returns how the run stood when it was looked at last.
func (d *Dash) state(ctx context.Context) ([]byte, error) {
	reply := make(chan []byte, 1)
	select {
	case d.states <- reply:
		return <-reply, nil
	case <-d.quit:
		return nil, errOver
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
