package flow

import (
	"slices"
	"strings"
	"time"
)

// Health is whether a lane answers.
type Health struct {
	Down      bool    // it does not
	Since     Instant // the first of the failures in a row; 0: there are none
	Streak    Instant // tells failures that no answer to a later call parts from others
	EverAlive bool    // it has answered at least once
	Answered  Instant // the latest start of a call that was answered
	Dark      int     // calls that failed since the last that was answered has started
}

// Health returns the health of lane number n.
func (a *Admission) Health(n int) Health {
	b := &a.lanes[n].breaker
	return Health{Down: b.open, Since: b.since, Streak: b.streak(), EverAlive: b.everAlive, Answered: b.heard[0].started, Dark: b.dark}
}

// WasOutage reports whether the failures of that [Health.Streak] on lane number n have
// turned out to be an outage.
func (a *Admission) WasOutage(n int, streak Instant) bool {
	return slices.Contains(a.lanes[n].breaker.outages, streak)
}

// PausedUntil returns until when calls of a model are held back on lane number
// n because the server said so; 0 or past: they are not.
func (a *Admission) PausedUntil(n, model int) Instant { return a.lanes[n].shares[model].pausedUntil() }

// A Standing is what keeps calls from starting, in short.
type Standing struct {
	Party       // all that wait
	Cause Cause // what the next of those that are ready waited for at the last Next
	Held  bool  // the owner wants nothing to start
	Down  bool  // no lane that is open answers
}

// Standing costs next to nothing, unlike State.
func (a *Admission) Standing() Standing {
	n := len(a.queue.delayed)
	s := Standing{Party: Party{Ready: a.queue.len - n, Delayed: n}, Cause: a.cause, Held: a.held, Down: true}
	for _, l := range a.lanes {
		if l.away() == 0 {
			s.Down = false
		}
	}
	return s
}

// State is how admission stands.
type State struct {
	Waiting int
	Cause   Cause   // what the next call waits for
	Opens   Instant // when it may start as far as that goes; [Never]: others decide, or nothing waits
	Lanes   []LaneState
}

// LaneState is how a lane stands.
type LaneState struct {
	InFlight, Cap    int
	Adapts           bool    // Cap adapts to how calls are answered: none was given
	Requests, Tokens Rate    // the limits in force, all models together; zero: none
	RequestsGiven    bool    // Requests is what was given for the lane, neither told nor found out
	TokensGiven      bool    // likewise
	Money            Rate    // likewise
	FoundOut         bool    // Requests is in part what was found out by refusals
	PausedUntil      Instant // of all models that have calls; 0 or past: not paused
	Closed           bool    // nothing starts here any more
	Down             bool    // it does not answer; DownSince says since when
	DownSince        Instant
	EverAlive        bool         // it has answered at least once
	Dark             int          // calls that failed since the last that was answered has started
	Models           []ModelState // that have had calls here or were told of, by name
}

// ModelState is how one model's calls stand on a lane, the limits that all share
// apart.
type ModelState struct {
	Name             string // "": calls without one, and those beyond [ModelsMax]
	InFlight, Cap    int    // Cap 0: none of its own
	Requests, Tokens Rate
	Money            Rate
	FoundOut         bool // Requests is about what is let in, as was found out by refusals
	PausedUntil      Instant
}

// State returns how admission stood at the last Next.
func (a *Admission) State() State {
	s := State{Waiting: a.queue.len, Cause: a.cause, Opens: a.opens}
	for _, l := range a.lanes {
		s.Lanes = append(s.Lanes, LaneState{
			InFlight: l.inFlight, Cap: l.Cap(), Adapts: l.whole.limit <= 0, Requests: l.requests(), Tokens: l.tokens(), Money: l.money(),
			PausedUntil: a.paused(l), Closed: l.closed, Down: l.breaker.open, DownSince: l.breaker.since,
			EverAlive: l.breaker.everAlive, Dark: l.breaker.dark,
			Models: a.modelStates(l), FoundOut: l.foundOut(),
			RequestsGiven: inForce(l.given.Requests, l.requests()), TokensGiven: inForce(l.given.Tokens, l.tokens()),
		})
	}
	return s
}

// inForce reports whether what was given is what limits.
func inForce(given, limit Rate) bool {
	second := given.worth(time.Second)
	return second > 0 && second <= limit.worth(time.Second)
}

// paused returns until when all models are paused on l that have calls.
func (a *Admission) paused(l *Lane) Instant {
	until := Never
	for n, s := range l.shares {
		if s.busy() || a.queue.lines[n].len > 0 {
			until = min(until, s.pausedUntil())
		}
	}
	if until == Never {
		return 0
	}
	return until
}

func (a *Admission) modelStates(l *Lane) []ModelState {
	var all []ModelState
	for name, n := range a.models {
		if s := l.shares[n]; s.used {
			m := ModelState{
				Name: name, InFlight: s.inFlight, Cap: s.limit,
				Tokens: s.tokens.rate, Money: s.money.rate, PausedUntil: s.pausedUntil(),
			}
			m.Requests, m.FoundOut = s.rate()
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(x, y ModelState) int { return strings.Compare(x.Name, y.Name) })
	return all
}

// requests returns the limit on requests in force for all models together.
func (l *Lane) requests() Rate {
	return l.together(l.whole.requests.rate, func(s *share) Rate {
		r, _ := s.rate()
		return r
	})
}

// foundOut reports whether a model's part of that was found out.
func (l *Lane) foundOut() bool {
	return slices.ContainsFunc(l.shares, func(s *share) bool { return s.used && s.seek.known() })
}

// tokens returns the limit on tokens in force for all models together.
func (l *Lane) tokens() Rate {
	return l.together(l.whole.tokens.rate, func(s *share) Rate { return s.tokens.rate })
}

// money returns the limit on money in force for all models together.
func (l *Lane) money() Rate {
	return l.together(l.whole.money.rate, func(s *share) Rate { return s.money.rate })
}

// together returns the lower of what is given for all models and the sum of what
// each has, if each that is used has some.
func (l *Lane) together(whole Rate, of func(*share) Rate) Rate {
	var sum Rate
	for _, s := range l.shares {
		r := of(s)
		switch {
		case !s.used:
		case r.N == 0:
			return whole
		case sum.N == 0:
			sum = r
		default:
			sum.N += r.worth(sum.Per)
		}
	}
	if sum.N == 0 || whole.N > 0 && whole.worth(time.Minute) < sum.worth(time.Minute) {
		return whole
	}
	return sum
}
