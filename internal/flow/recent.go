package flow

import "time"

const (
	// recentMax is how many moments with starts are remembered of all of an
	// endpoint's calls: a minute's, at whatever rate, or as many starts where
	// they are further apart. recentShare is the same for those of a model, of
	// which there are many.
	recentMax   = int(time.Minute / moment)
	recentShare = recentMax / 10
	// moment is how far apart starts are told from each other.
	moment = 50 * time.Millisecond
	// A call that had to open a connection went out later than it was admitted,
	// by at most a tenth of the window and lateOut; nobody noted when.
	lateOut = 500 * time.Millisecond
)

// recent remembers when the last calls were admitted, so that a strict window
// that begins while calls go out knows what is in it.
type recent struct {
	max    int      // of starts
	starts []starts // a ring
	next   int      // the oldest, once it is full
}

// starts are n within a moment, the last of them at the instant at.
type starts struct {
	at Instant
	n  int
}

func (r *recent) add(now Instant) {
	if n := len(r.starts); n > 0 {
		last := &r.starts[(r.next+n-1)%n]
		if last.at/Instant(moment) == now/Instant(moment) {
			last.at = now
			last.n++
			return
		}
	}
	if r.starts == nil {
		r.starts = make([]starts, 0, r.max)
	}
	if len(r.starts) < r.max {
		r.starts = append(r.starts, starts{now, 1})
		return
	}
	r.starts[r.next] = starts{now, 1}
	r.next = (r.next + 1) % r.max
}

// tell notes in s the calls that were admitted before now. Where not all of them
// are remembered that a window may hold, the others count as the oldest.
func (r *recent) tell(s *Sliding, now Instant) {
	late := min(lateOut, s.window/10)
	known := 0
	for _, x := range r.starts {
		known += x.n
	}
	for i := range r.starts {
		x := r.starts[(r.next+i)%len(r.starts)]
		if i == 0 && len(r.starts) == r.max {
			x.n += max(0, s.n-known)
		}
		for range x.n {
			s.went(min(now, x.at.Add(late)))
		}
	}
}
