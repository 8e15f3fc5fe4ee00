package paceline

import "github.com/seed-1814a72b/paceline/internal/flow"

// episodes are the models to whose calls an endpoint has said "later", each with
// the instant at which it let them go on, until one that was sent after that is
// answered. The dispatcher owns it. While nothing is refused it is empty, and costs
// nothing.
type episodes map[episode]flow.Instant

type episode struct {
	lane  int
	model string
}

// mostEpisodes bounds what is kept where every item names a model of its own: of
// the end of those beyond nobody is told.
const mostEpisodes = 1024

// refused notes that an attempt was told to come again at until.
func (e episodes) refused(a *attempt, until flow.Instant) {
	key := episode{a.lane, a.model}
	if _, on := e[key]; on || len(e) < mostEpisodes {
		e[key] = until
	}
}

// answered notes that an attempt was answered, and reports whether an episode is
// over with that.
func (e episodes) answered(a *attempt) bool {
	if len(e) == 0 {
		return false
	}
	key := episode{a.lane, a.model}
	until, refused := e[key]
	if !refused || flow.Instant(a.sent.Load()) < until {
		return false // sent before the pause was over, it says nothing
	}
	delete(e, key)
	return true
}

// A shutOut is that nobody is let in any more: calls have been told "later" since the
// latest that was answered. The dispatcher owns it.
type shutOut struct {
	said  *Error       // the latest word; nil: nobody was told so
	since flow.Instant // the first
}

// told notes that a call was told "later" at now.
func (s *shutOut) told(now flow.Instant, said *Error) {
	if s.said == nil {
		s.since = now
	}
	s.said = said
}

// fill says it of a pace at now.
func (s *shutOut) fill(p *Pace, now flow.Instant) {
	if s.said != nil {
		p.Refusal, p.RefusedFor = s.said, now.Sub(s.since)
	}
}
