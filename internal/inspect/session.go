package inspect

import (
	"sort"
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

// A Session is a process that wrote the journal, and what it did.
type Session struct {
	journal.Session
	Last     time.Time // when something was seen of it last; Began if nothing was
	Requests int64     // whose end is known
	Rows     int64     // that stand in the output
}

// sessions puts what happened into the session in which it did, by the time,
// since a rewrite keeps records of several sessions in another order.
type sessions struct {
	list []Session
	last int // where the one before was
}

func (s *sessions) begin(began journal.Session) {
	s.list = append(s.list, Session{Session: began, Last: began.Began})
	s.last = len(s.list) - 1
}

// at returns the session of a time, nil if there is none.
func (s *sessions) at(t time.Time) *Session {
	if len(s.list) == 0 {
		return nil
	}
	if !s.holds(s.last, t) {
		s.last = max(sort.Search(len(s.list), func(i int) bool { return s.list[i].Began.After(t) })-1, 0)
	}
	return &s.list[s.last]
}

func (s *sessions) holds(i int, t time.Time) bool {
	return !t.Before(s.list[i].Began) && (i == len(s.list)-1 || t.Before(s.list[i+1].Began))
}

// saw notes that something happened at t; without a time it was in the session
// that is being read.
func (s *sessions) saw(t time.Time) *Session {
	if t.IsZero() && len(s.list) > 0 {
		return &s.list[len(s.list)-1]
	}
	session := s.at(t)
	if session != nil && t.After(session.Last) {
		session.Last = t
	}
	return session
}

func (s *sessions) request(r *Request) {
	if session := s.saw(r.Ended()); session != nil {
		session.Requests++
	}
}

func (s *sessions) row(e *journal.Entry) {
	t := e.Started
	if !e.Trip.Started.IsZero() {
		t = e.Trip.Started.Add(e.Trip.Total)
	}
	if session := s.saw(t); session != nil {
		session.Rows++
	}
}
