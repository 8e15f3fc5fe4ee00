package flow

import (
	"slices"
	"time"
)

const (
	// Fewer calls than this do not wait for each other.
	musterMin = 64
	// They do for a twentieth of the window at most, and for so long.
	musterLong = 50 * time.Millisecond
	// So many are on their way to the wire at once: a crowd of them would keep
	// from the processor whatever reads what they write, on this machine.
	musterAbreast = 32
	// A connection takes at most so many round trips to open, with TLS.
	musterTrips = 3
	// A server on this machine takes at most so many times as long as we do to open
	// them.
	musterNear = 8
)

// A muster has a window's calls of a strict limit go out together, once their
// connections are open. Opening them takes each another time, and whatever
// distances the calls of the first window have, those of all later windows keep:
// a few stragglers at its end would need the whole guard in every window, a crowd
// needs a small part of it (see [jitter.crowd]). The last call goes out no later
// for that, since it waits for nobody.
type muster struct {
	on      bool
	over    bool          // those that are ready go out
	taken   Instant       // the last call
	most    time.Duration // how long it lasts, once the first call is ready
	until   Instant       // when it ends at the latest, once one is
	opening int           // calls whose connection is being opened
	held    []*Ticket     // those that are ready
	going   int           // those that were let go and have not gone out yet
	slowest time.Duration // from a start to its connection's being open
}

// mustering is a ticket's part in a muster.
type mustering uint8

const (
	unmustered mustering = iota
	opening
	held
	released
)

// join notes that t was taken at now. It is part of the muster if none was taken
// for a window when that began, as at the start, and where whole windows' calls go
// out at once: some of them may need a connection more than there are.
func (m *muster) join(now Instant, t *Ticket, s *Sliding) {
	idle := m.taken == 0 || now.Sub(m.taken) > s.window
	m.taken = now
	if m.over || !m.on && (!idle || s.n < musterMin) {
		return
	}
	if !m.on {
		m.on, m.most, m.slowest = true, min(musterLong, s.window/20), 0
	}
	t.mustering = opening
	m.opening++
}

// ready notes that t's connection is open, and reports whether it may go out.
func (m *muster) ready(now Instant, t *Ticket) bool {
	switch {
	case t.mustering == held:
		return false
	case t.mustering == released, t.mustering == unmustered: // its provider asks again
		return true
	case !m.on || m.over && len(m.held) == 0 || !m.over && m.opening+len(m.held) < musterMin:
		m.leave(t)
		return true
	}
	if len(m.held) == 0 {
		m.until = now.Add(m.most)
	}
	m.opening--
	t.mustering = held
	m.slowest = max(m.slowest, now.Sub(t.Started))
	m.held = append(m.held, t)
	return false
}

// leave notes that t has gone out, or will not.
func (m *muster) leave(t *Ticket) {
	switch t.mustering {
	case unmustered:
		return
	case opening:
		m.opening--
	case held:
		m.held = slices.DeleteFunc(m.held, func(other *Ticket) bool { return other == t })
	case released:
		m.going--
	}
	t.mustering = unmustered
	m.on = m.opening+len(m.held)+m.going > 0
	m.over = m.over && m.on
}

// release returns those that may go out now, if the muster is over, else when it
// is at the latest.
func (m *muster) release(now Instant) (out []*Ticket, wake Instant) {
	switch {
	case len(m.held) == 0:
		return nil, Never
	case !m.over && m.opening > 0 && now < m.until:
		return nil, m.until
	}
	m.over = true
	n := min(len(m.held), musterAbreast-m.going)
	out, m.held = m.held[:n:n], m.held[n:]
	m.going += n
	for _, t := range out {
		t.mustering, t.turn = released, now
	}
	return out, Never
}

// late returns by how much this process was behind when the muster's connections
// were opened over a network with those trips: how much longer than they would take
// the slowest took to be ready. Where trips take next to nothing, the server may be
// on this machine, and has more to do for a new connection than we have.
func (m *muster) late(t *Ticket, trips *jitter) time.Duration {
	if t.mustering != released {
		return 0
	}
	longest := trips.longest()
	late := max(0, m.slowest-musterTrips*longest)
	if longest < smooth {
		return musterNear * late
	}
	return late
}

// limit returns the strict limit that the ticket passes, or nil.
func (p *passages) limit() *Sliding {
	if p.whole.limit != nil {
		return p.whole.limit
	}
	return p.share.limit
}

// Ready notes that t's connection is open and reports whether t may go out at
// once; if not, Release returns it when it may.
func (a *Admission) Ready(now Instant, t *Ticket) bool {
	return t.state != running || t.lane.muster.ready(now, t)
}

// Begun notes that t, which was admitted, has begun at now: how late that is
// tells whether a crowd of calls queues.
func (a *Admission) Begun(now Instant, t *Ticket) {
	if t.state != running {
		return
	}
	for _, s := range [...]*Sliding{t.passages.whole.limit, t.passages.share.limit} {
		if s != nil {
			s.spread.begins(now, t.Started)
			s.ragged.note(now, now.Sub(t.Started))
			s.late(now, now.Sub(t.Started))
		}
	}
}

// Musters reports whether t, which was admitted, is to be told of by Ready.
func (t *Ticket) Musters() bool { return t.mustering == opening }

// Release calls out with each ticket that may go out now, and returns when to
// call it again.
func (a *Admission) Release(now Instant, out func(*Ticket)) Instant {
	wake := Never
	for _, l := range a.lanes {
		all, at := l.muster.release(now)
		wake = min(wake, at)
		for _, t := range all {
			out(t)
		}
	}
	return wake
}
