package flow

import "time"

// A lag is by how much this process is behind: how much later than it was to
// happen something happens in it, for want of a processor. A call that was
// written meanwhile may be read as much later by a server on this machine, and by
// whatever stands between it and the wire. The network's delays do not show it,
// nor it the network's; calls opened in a crowd, of which each waits for a
// processor, would have both confused for as long as trips are remembered.
//
// What is behind at one moment is not at the next: it is forgotten within moments.
type lag struct {
	behind time.Duration
	at     Instant // when it was
}

const (
	// lagHalf is in which half of it is forgotten.
	lagHalf = 10 * time.Millisecond
	// aStall is from which lateness on the process has stood still; less is
	// within the guard.
	aStall = firstGuard
	// checkEvery is how often somebody looks whether it stands still, for
	// checkFor after a call went out.
	checkEvery = firstGuard
	checkFor   = 3 * checkEvery
)

// note notes that something happened at now that was to happen late before, and
// reports whether that is more than was known.
func (l *lag) note(now Instant, late time.Duration) (more bool) {
	known := l.now(now)
	if late >= known {
		l.behind, l.at = late, now
	}
	return late > known
}

// now returns by how much the process is behind at now.
func (l *lag) now(now Instant) time.Duration {
	if l.behind == 0 {
		return 0
	}
	return l.behind >> min(62, max(0, now.Sub(l.at))/lagHalf)
}

// Late notes that this process stood still, or did other things, from due on, as
// its owner was to act then and does so at now: what went out shortly before may
// have been read only now.
//
// It may have done so for checkEvery before, if calls were looked after, and what went
// out within the guard before that had not been read for sure.
func (a *Admission) Late(now, due Instant) {
	late := now.Sub(due)
	if late < smooth {
		return
	}
	a.eachStrict(func(s *Sliding) {
		s.ragged.note(now, late)
		if late >= aStall {
			s.delayed(due.Add(-checkEvery-aStall), now)
		}
	})
}

// Check returns when the owner is to come again, so that [Admission.Late] can be
// told of: [Never] if nothing has gone out lately.
func (a *Admission) Check(now Instant) (wake Instant) {
	wake = Never
	a.eachStrict(func(s *Sliding) {
		if now < s.latestOut.Add(checkFor) {
			wake = now.Add(checkEvery)
		}
	})
	return wake
}

// sent notes that t goes out at now.
func (t *Ticket) sent(now Instant) {
	late := time.Duration(0) // of what has waited for a connection alone it says nothing
	if t.mustering == released {
		late = max(now.Sub(t.turn), t.lane.muster.late(t, t.lane.trips))
	}
	t.lane.muster.leave(t)
	t.passages.whole.sent(now, late)
	t.passages.share.sent(now, late)
}

// late notes that something was so late at now.
func (s *Sliding) late(now Instant, late time.Duration) {
	late = min(late, s.window/10)
	if s.behind.note(now, late) && late >= aStall { // so may those have been that went out shortly before
		s.delayed(now.Add(-late-aStall), now)
	}
}

// eachStrict calls f with each strict window.
func (a *Admission) eachStrict(f func(*Sliding)) {
	for _, l := range a.lanes {
		if l.whole.strict != nil {
			f(l.whole.strict)
		}
		for _, s := range l.shares {
			if s.strict != nil {
				f(s.strict)
			}
		}
	}
}

// delayed notes that what went out since then may have arrived as late as at now.
func (s *Sliding) delayed(since, now Instant) {
	for i := len(s.out) - 1; i >= 0 && s.out[i] >= since; i-- {
		s.out[i] = max(s.out[i], now)
	}
}
