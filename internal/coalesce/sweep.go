package coalesce

import (
	"sync"
	"time"
)

// parts is into how many parts the connections are divided, which are swept in
// turn, so that not all of them have something to do at the same time.
const parts = 8

// youngFor is for how many sweeps a connection is looked at in each of them.
const youngFor = int(Soon / tick)

const (
	tick  = Every / parts
	young = parts // where the connections stand that are looked at in each sweep
)

// A sweeper wakes the readers of all connections in turn, each once in [Every],
// and once in each sweep at first. One timer serves them all, which runs while
// there are any. The zero value is ready for use, by any number of goroutines.
type sweeper struct {
	mu    sync.Mutex // never held while a connection's is taken
	conns [parts + 1][]*Conn
	n     int
	next  int // the part whose turn it is
	timer *time.Timer
	going bool    // a sweep is under way, or will be: there is one at a time
	due   []*Conn // the sweep's own
}

// sweeps is the one of the process: the connections of all clients are alike.
var sweeps sweeper

// A place is where a connection stands in a sweeper, and for how many sweeps.
type place struct{ part, at, age int }

// add takes a connection in; one that is not young has its turn as late as can be.
func (s *sweeper) add(c *Conn, isYoung bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	part := (s.next + parts - 1) % parts
	if c.place.age = 0; isYoung {
		part = young
	}
	s.put(c, part)
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

// put places a connection in a part. s.mu is held.
func (s *sweeper) put(c *Conn, part int) {
	c.place.part, c.place.at = part, len(s.conns[part])
	s.conns[part] = append(s.conns[part], c)
}

// remove takes a connection out.
func (s *sweeper) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n--
	s.cut(c)
}

// cut takes a connection out of its part. s.mu is held.
func (s *sweeper) cut(c *Conn) {
	all, at := s.conns[c.place.part], c.place.at
	last := len(all) - 1
	all[at] = all[last]
	all[at].place.at = at
	all[last] = nil
	s.conns[c.place.part] = all[:last]
}

// sweep wakes the readers of one part, and of the young.
func (s *sweeper) sweep() {
	due, old := s.turn()
	for i, c := range due {
		c.wake(i >= old)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.due)
	if s.going = false; s.n > 0 {
		s.again()
	}
}

// turn begins a sweep of the connections whose turn it is: so many old ones, and
// then the young.
func (s *sweeper) turn() (due []*Conn, old int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = append(append(s.due[:0], s.conns[s.next]...), s.conns[young]...)
	old = len(s.conns[s.next])
	for _, c := range s.due[old:] {
		if c.place.age++; c.place.age == youngFor { // its next turn is the last of a round
			s.cut(c)
			s.put(c, s.next)
		}
	}
	s.next = (s.next + 1) % parts
	return s.due, old
}
