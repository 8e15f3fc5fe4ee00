// Package inspect answers questions about a run from its journal: how each item
// came to its end, what failed and why, what was slow or dear. It reads records
// one by one, in memory that does not grow with the run.
package inspect

import (
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/journal"
)

// A Source tells of the records of a journal, again each time that it is asked.
type Source interface {
	Visit(journal.Visitor) error
}

// A Request is one whose end is known.
type Request struct {
	Index   int64         // of its item, from 0
	Code    paceline.Code // why it brought no accepted row; unknown: it did
	Brought bool          // it brought the item's row
	Used    journal.Used
	Trip    journal.Trip // zero: not known
}

// Ended returns when its end came, the zero time if that is not known.
func (r *Request) Ended() time.Time {
	if r.Trip.Started.IsZero() {
		return time.Time{}
	}
	return r.Trip.Started.Add(r.Trip.Total)
}

// Accepted reports whether it brought an accepted row.
func (r *Request) Accepted() bool { return r.Brought && r.Code == paceline.CodeUnknown }

func ofAttempt(a *journal.Attempt) Request {
	return Request{
		Index: a.Index, Code: paceline.Code(a.Code), Trip: a.Trip,
		Used: journal.Used{PromptTokens: a.PromptTokens, CompletionTokens: a.CompletionTokens, Cost: a.Cost},
	}
}

// ofEntry returns the request that brought an entry's row, if no attempt tells
// of it.
func ofEntry(e *journal.Entry) (r Request, ok bool) {
	if !e.Brings() {
		return Request{}, false
	}
	return Request{Index: e.Index, Code: paceline.Code(e.Code), Brought: true, Used: e.Brought, Trip: e.Trip}, true
}

// Requests calls f with every request whose end is known, in the order of the
// journal: of an item in the order of time. What the pointer points to is good
// during the call only. An error of f ends it and is returned.
func Requests(s Source, f func(*Request) error) error {
	return s.Visit(journal.Visitor{
		Attempt: func(a *journal.Attempt) error {
			r := ofAttempt(a)
			return f(&r)
		},
		Entry: func(e *journal.Entry) error {
			if r, ok := ofEntry(e); ok {
				return f(&r)
			}
			return nil
		},
	})
}

// keep returns r with strings of its own, for whoever keeps a few of many.
func (r Request) keep() Request {
	r.Trip = r.Trip.Clone()
	return r
}
