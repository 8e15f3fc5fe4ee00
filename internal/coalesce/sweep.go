package coalesce

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	// tick is how often a sweep comes, and the shortest interval.
	tick = Every / parts
	// parts is how many sweeps there are in [Every]. Connections are spread over
	// them, so that not all have something to do at the same time.
	parts = 8
	// share of its age is a connection's interval, while that is shorter than Every.
	share = 4
	// rare is the interval while nothing is to be expected but more, in sweeps.
	rare = int(Rest / tick)
	// crowd is how many connections of a sweep are worth another processor.
	crowd = 64
)

// A sweeper wakes the readers of all connections, each at its intervals, or takes
// on their behalf what has come. One timer serves them all, which runs while there
// are any. The zero value is ready for use, by any number of goroutines.
type sweeper struct {
	mu    sync.Mutex        // never held while a connection's is taken
	slots [rare + 1][]*Conn // by the sweep in which it is their turn
	n     int
	next  int // the slot whose turn it is
	timer *time.Timer
	going bool    // a sweep is under way, or will be: there is one at a time
	due   []*Conn // the sweep's own
}

// sweeps is the one of the process: the connections of all clients are alike.
var sweeps sweeper

// A place is where a connection stands in a sweeper, in how many sweeps its next
// turn was to come when it was placed, for how many sweeps it has been there, and
// before how many its end is not expected.
type place struct{ slot, at, turns, age, quiet int }

// young reports whether a connection's interval is still to be what it comes to in
// the end.
func (s *sweeper) young(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.place.turns < parts
}

// add takes a connection in, whose end is not expected before so long; one that is
// not young has its turn as late as can be.
func (s *sweeper) add(c *Conn, young bool, quiet time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.place.age = 0; !young {
		c.place.age = share * parts
	}
	c.place.quiet = int(quiet / tick)
	s.put(c, s.next-1)
	s.n++
	if !s.going {
		s.again()
	}
}

// again has a sweep follow. s.mu is held.
func (s *sweeper) again() {
	s.going = true
	if s.timer == nil {
		s.timer = time.AfterFunc(tick, s.sweep)
		return
	}
	s.timer.Reset(tick)
}

// put places a connection so that its turn comes its interval after a sweep. s.mu
// is held.
func (s *sweeper) put(c *Conn, after int) {
	p := &c.place
	p.turns = max(min(p.age/share, parts), min(p.quiet-p.age, rare), 1)
	p.slot = (after + p.turns + len(s.slots)) % len(s.slots)
	p.at = len(s.slots[p.slot])
	s.slots[p.slot] = append(s.slots[p.slot], c)
}

// remove takes a connection out.
func (s *sweeper) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n--
	all, at := s.slots[c.place.slot], c.place.at
	last := len(all) - 1
	all[at] = all[last]
	all[at].place.at = at
	all[last] = nil
	s.slots[c.place.slot] = all[:last]
}

// sweep has the connections looked at whose turn it is.
func (s *sweeper) sweep() {
	wakeAll(s.turn())
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.due)
	if s.going = false; s.n > 0 {
		s.again()
	}
}

// wakeAll wakes the readers of those that are due, by as many goroutines as there is
// work for.
func wakeAll(due []*Conn) {
	procs := runtime.GOMAXPROCS(0)
	each := max(crowd, (len(due)+procs-1)/procs)
	if len(due) <= each {
		wakeSome(due)
		return
	}
	var all sync.WaitGroup
	for part := range slices.Chunk(due, each) {
		all.Go(func() { wakeSome(part) })
	}
	all.Wait()
}

func wakeSome(due []*Conn) {
	for _, c := range due {
		c.wake()
	}
}

// turn begins a sweep of the connections whose turn it is, and gives each its next.
func (s *sweeper) turn() []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = append(s.due[:0], s.slots[s.next]...)
	clear(s.slots[s.next])
	s.slots[s.next] = s.slots[s.next][:0]
	for _, c := range s.due {
		c.place.age += c.place.turns
		s.put(c, s.next)
	}
	s.next = (s.next + 1) % len(s.slots)
	return s.due
}
