package flow

import (
	"math"
	"time"
)

const (
	surgeCut   = 4           // into so many parts what is saved up is cut at a refusal
	surgeCuts  = 8           // at most
	surgeWider = 4           // times the margin, where a single call is too many
	surgeWide  = 2           // at most
	surgeCalm  = time.Minute // without a refusal, before more is tried again
	surgeMost  = time.Hour   // likewise, where more was refused each time
)

// A surge is what refusals tell of how many calls a server lets in at once, within a
// limit that is known and kept: its bucket may hold less than is saved up here, and its
// windows are not ours. Where it refuses, less is saved up, down to a single call, and
// the rate is kept with a margin, so that the same refusal does not come again after each
// pause. Where a single call is too many at times, the network brings it too close to the
// one before: then the margin is wider, and what was late is not made up for. What was
// right for a while is tried again, more and more seldom.
type surge struct {
	cuts  int           // of what is saved up
	wide  int           // how often the margin was made wider
	since Instant       // of the latest refusal that was news; of calls that started before none is
	calm  time.Duration // for how long nothing has to be refused
	next  Instant       // then more is tried
}

// refused notes at now the refusal of a call that started at the instant started, where
// burst calls are saved up at most. It reports whether that changes anything.
func (s *surge) refused(now, started Instant, burst float64) bool {
	if started <= s.since && s.cuts > 0 {
		return false
	}
	s.since = now
	s.calm = min(max(2*s.calm, surgeCalm), surgeMost)
	s.next = now.Add(s.calm)
	switch {
	case s.cuts == 0 || burst > 1 && s.cuts < surgeCuts:
		s.cuts++
	case s.wide < surgeWide:
		s.wide++
	default:
		return false
	}
	return true
}

// relaxes reports whether more is to be tried from now on.
func (s *surge) relaxes(now Instant) bool {
	if s.cuts == 0 || now < s.next {
		return false
	}
	if s.next = now.Add(s.calm); s.wide > 0 {
		s.wide--
	} else {
		s.cuts--
	}
	return true
}

// burst returns how much of what may be saved up is.
func (s *surge) burst(whole float64) float64 {
	return math.Floor(whole / math.Pow(surgeCut, float64(s.cuts)))
}

// margin returns the share of a rate that is used.
func (s *surge) margin() float64 {
	if s.cuts == 0 {
		return 1
	}
	return 1 - toldMargin*math.Pow(surgeWider, float64(s.wide))
}

// take takes n units at now, so late as they were to be taken.
func (g *gauge) take(now Instant, n float64, late time.Duration) {
	g.relax(now)
	if g.surge.wide > 0 {
		late = 0
	}
	g.Bucket.take(now, n, late)
}

// surged notes that a call that started at the instant started was refused.
func (g *gauge) surged(now, started Instant) {
	if g.rate.N > 0 && g.surge.refused(now, started, g.burst) {
		g.refollow(now)
	}
}

// relax has the gauge save up more again, where it is time to.
func (g *gauge) relax(now Instant) {
	if g.surge.relaxes(now) {
		g.refollow(now)
	}
}

// refollow makes the bucket anew of the same rate.
func (g *gauge) refollow(now Instant) {
	g.rate = Rate{}
	g.follow(now)
}
