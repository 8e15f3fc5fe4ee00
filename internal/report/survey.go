package report

import (
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// A survey is the first pass over a journal: when it was at work, and which
// items are to be shown.
type survey struct {
	time     timeline
	identity []byte
	moments  int64
	untimed  int64 // attempts of which nobody knows when
	picks    picks
	causes   map[paceline.Code]*cause // of items without an accepted answer
}

// A cause is a code with its items.
type cause struct {
	count   int64
	example journal.Entry
}

func newSurvey(seed uint64) *survey {
	return &survey{picks: newPicks(seed), causes: map[paceline.Code]*cause{}}
}

func (s *survey) visitor() journal.Visitor {
	return journal.Visitor{
		Identity: func(b []byte) error { s.identity = append(s.identity[:0], b...); return nil },
		Session:  func(in journal.Session) error { s.time.session(in); return nil },
		Attempt:  func(a *journal.Attempt) error { s.attempt(a); return nil },
		Entry:    func(e *journal.Entry) error { s.entry(e); return nil },
		Moment:   func(m *journal.Moment) error { s.moment(m); return nil },
	}
}

func (s *survey) attempt(a *journal.Attempt) {
	if a.Trip.Started.IsZero() {
		s.untimed++
		return
	}
	s.time.see(a.Trip.Started)
	s.time.see(ended(&a.Trip))
}

func (s *survey) entry(e *journal.Entry) {
	s.time.see(e.Started)
	if in := s.time.see(endOf(e)); in != nil {
		in.rows++
	}
	s.picks.offer(e)
	if e.Status == journal.Done {
		return
	}
	c := s.causes[paceline.Code(e.Code)]
	if c == nil {
		c = &cause{example: e.Clone()}
		s.causes[paceline.Code(e.Code)] = c
	}
	c.count++
}

func (s *survey) moment(m *journal.Moment) {
	s.moments++
	if in := s.time.see(m.At); in != nil {
		in.noted = true
	}
}

// ended returns when a request ended, the zero time if that is not known.
func ended(t *journal.Trip) time.Time {
	if t.Started.IsZero() {
		return time.Time{}
	}
	return t.Started.Add(t.Total)
}

// endOf returns when an item ended, as far as its entry tells.
func endOf(e *journal.Entry) time.Time {
	if !e.Trip.Started.IsZero() {
		return ended(&e.Trip)
	}
	if e.Started.IsZero() {
		return time.Time{}
	}
	return e.Started.Add(e.Total)
}
