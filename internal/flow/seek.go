package flow

import (
	"math"
	"time"
)

// A seek finds out how many calls a server lets in where nobody says it, and
// paces them evenly at that rate. It begins with the first refusal; before it,
// the cap on calls at once alone decides.
//
// After a refusal the rate goes to a little below the estimate of the limit
// (see [refusal]), comes back to it, stays there, and leaves it, slowly at
// first and then ever faster: the cubic curve of CUBIC (RFC 9438), which holds
// where the limit was and finds one that rose soon. One refusal cuts, whatever
// was under way with it (Chiu and Jain, "Analysis of the increase and decrease
// algorithms", 1989: multiplicative decrease, once an episode). Time in which
// the rate was not used lets it grow by nothing (RFC 7661).
//
// Where the server is seen to count by the minute, no more calls start in a
// minute than the estimate, which grows likewise.
type seek struct {
	starts history // calls that started and were not refused
	began  Instant // the first start; 0: none
	noise  noise
	turn   turn

	limit  float64 // calls a second that the server is believed to let in; 0: nothing is sought
	borne  bool    // that was more than a first guess: calls went in above it, or later refusals measured it
	window float64 // calls a minute, where it is seen to count by the minute; 0: it is not
	calm   Instant // the rate has come back and grown since
	lift   float64 // by how much the limit is exceeded beyond the curve; 1: it is not
	pace   Bucket
	waited bool // for the rate, since the latest start

	room   float64 // calls that fit into the window until roomAt
	roomAt Instant

	until  Instant       // nothing starts before
	paused time.Duration // from the latest refusal until then, if that is long; else 0
	probe  bool          // the next start is a probe
	probed Instant       // when the latest probe started; 0: it is known to be let in
	trip   time.Duration // how long refusals take to come at most, and half of it

	last     refusal // the latest that told something
	changed  Instant // when it came
	others   int64   // calls refused that started after it
	silent   int     // refusals in a row with nothing let in between
	episode  refusal // the first of those that follow closely
	steep    bool    // the estimate is that of a few seconds in which the rate rose
	inSilent bool    // the window is known by a silence
	widest   float64 // what the window held when it was last seen to be one
	guessed  bool    // the estimate was halved for want of a measure
	bold     float64 // the estimate is just below this pace, which was refused; 0: it is not
	meek     float64 // in place of this one
	grows    bool    // more was let in before the latest refusal than before those until then
	stores   int     // refusals for which the server is taken to store calls, or to count windows
	wary     int     // what stores is when a bold estimate fails next, but for the first time
}

const (
	seekShort = 5 * time.Second
	seekLong  = time.Minute

	seekBack   = 0.97            // of the estimate is where the rate goes back to
	seekKnee   = 1.12            // of the estimate is where the curve ends and lift begins
	seekFirst  = 1.0             // calls a second at least, to begin with
	seekFloor  = 1.0 / 60        // likewise, ever
	seekTop    = 1e6             // calls a second
	seekLift   = 1.01            // is where lift begins
	seekHold   = 2 * time.Minute // in which a window is to fill, at most
	seekDouble = 8               // seconds in which lift doubles
	seekLeap   = 3               // calls in which it doubles at most
)

// span is how long a rate that was cut takes to come back: the time of sixty
// calls, but a few seconds at least, and half a minute at most unless that is
// too few calls to tell.
func (s *seek) span() float64 {
	return min(max(60/s.limit, 8), max(30, min(12/s.limit, 180)))
}

// growth returns the rate over the estimate.
func (s *seek) growth(now Instant) float64 {
	if s.noise.trial.pace > 0 {
		return s.noise.trial.pace / s.limit
	}
	u := max(0, now.Sub(s.calm).Seconds()/s.span()) - 1
	return min(1+(1-seekBack)*u*u*u, seekKnee) * s.lift
}

// rate returns how many calls a second start now.
func (s *seek) rate(now Instant) float64 {
	return max(seekFloor, min(s.limit*s.growth(now), seekTop))
}

// when returns the earliest instant, not before now, at which a call may start.
func (s *seek) when(now Instant) Instant {
	if s.limit == 0 {
		return max(now, s.until)
	}
	at := max(s.pace.When(now, 1), s.until)
	if s.window > 0 && !s.probe {
		if s.look(now); s.room < 1 {
			at = max(at, s.roomAt)
		}
	}
	s.waited = s.waited || at > now
	return at
}

// cause is what when waits for.
func (s *seek) cause() Cause {
	if s.probe || s.probed > 0 {
		return CausePause
	}
	return CauseRequests
}

// known reports whether what is let in was measured, not just guessed from the pace
// at which the first refusal came, which may be any number of times too high.
func (s *seek) known() bool { return s.limit > 0 && s.borne }

// found returns the rate that is believed to be let in; zero: none is sought.
func (s *seek) found() Rate {
	return Rate{N: s.limit * s.lift * seekLong.Seconds(), Per: seekLong}
}

// pausedUntil returns until when a refusal holds back calls; 0: it does not.
func (s *seek) pausedUntil() Instant {
	if s.probe {
		return s.until
	}
	return 0
}

// forget ends the search: another limit is known, or none any more. What was
// let in is remembered, so that the next refusal tells as much as the first.
func (s *seek) forget() {
	*s = seek{
		starts: s.starts, began: s.began, trip: s.trip, lift: 1,
		noise: noise{number: s.noise.number}, last: refusal{number: s.noise.number},
	}
}

// most returns how many calls may start in a minute.
func (s *seek) most(now Instant) float64 {
	if g := s.growth(now); g > 1 {
		return s.window*g + 1.5 // so that one more than few can be tried
	}
	return s.window
}

// look counts how much room the window has.
func (s *seek) look(now Instant) {
	if now < s.roomAt {
		return
	}
	s.roomAt = (now/Instant(historySlot) + 1) * Instant(historySlot)
	s.room = s.most(now) - s.starts.count(now, seekLong)
}

// started notes a start and returns its number.
func (s *seek) started(now Instant) int64 {
	if s.began == 0 {
		s.began = now
	}
	number := s.noise.started(s.limit > 0 && s.growth(now) < 1)
	s.starts.add(now, 1)
	s.room--
	if s.limit == 0 {
		return number
	}
	if letIn := s.noise.failed(now); letIn > 0 {
		s.limit, s.calm, s.lift = letIn, now, 1
	}
	s.borne = s.borne || s.growth(now) > 1
	if idle := float64(now) - s.pace.tat; idle <= float64(lateness) || s.waited {
		s.grow(now)
	} else {
		s.calm = min(now, s.calm.Add(time.Duration(min(idle, float64(now)))))
	}
	s.waited = false
	s.pace.interval = 1e9 / s.rate(now)
	s.pace.Take(now, 1)
	s.probing(now)
	return number
}

// lost notes that the call that started then was not let in.
func (s *seek) lost(started Instant) { s.starts.add(started, -1) }

// grow leaves the curve when it has shown that more than the estimate is let
// in, and holds it while the estimate has not been reached.
func (s *seek) grow(now Instant) {
	if s.noise.trial.pace > 0 {
		return
	}
	if s.lift > 1 {
		s.lift *= math.Exp2(min(1/(s.rate(now)*seekDouble), 1.0/seekLeap))
		return
	}
	g := s.growth(now)
	if s.window == 0 {
		if g >= seekKnee {
			s.lift = seekLift
		}
		return
	}
	s.look(now)
	switch count := s.most(now) - s.room; {
	case count > 1.03*s.window+0.5, now.Sub(s.calm).Seconds() > 3*s.span()+seekLong.Seconds():
		s.lift, s.window = seekLift, 0
	case count < 0.97*s.window-1 && g > 1 && s.limit*seekLong.Seconds() > 0.97*s.window && now.Sub(max(s.changed, s.until)) < seekHold:
		s.calm = now.Add(-time.Duration(s.span() * float64(time.Second)))
	}
}

// probing lets a probe go first, and others only when a refusal of it would
// have come.
func (s *seek) probing(now Instant) {
	if s.probed > 0 && now >= s.probed.Add(s.trip) {
		if s.silent > 1 && s.probed.Sub(s.last.at) < turnWidth {
			s.turn.between(s.last.at, s.probed)
		}
		s.probed = 0
	}
	if s.probe {
		s.probe, s.probed = false, now
		s.until = now.Add(s.trip)
	}
}

// pause holds back calls after a refusal: until the server's word is kept, or
// the next slot of a bucket may be free, and longer with each refusal while
// nothing is let in; but not beyond the turn of a window of fixed times.
func (s *seek) pause(now Instant, r *refusal) {
	s.probe, s.probed = true, 0
	if s.paused = r.told; r.told > 0 {
		s.until = max(s.until, now.Add(r.told))
		s.pace.tat = max(s.pace.tat, float64(s.until))
		return
	}
	base := time.Duration(1.5 / max(r.pace, 1) * float64(time.Second))
	wait := min(base<<min(s.silent, 16), longPause)
	wait = max(base, s.turn.within(now, wait, s.silent))
	s.until = now.Add(wait)
	s.pace.tat = max(s.pace.tat, float64(s.until)) // who waits for a pause keeps no credit
	if wait > 2*base {
		s.paused = wait
	}
}
