package inspect

import (
	"time"

	"github.com/seed-1814a72b/paceline/journal"
)

// Took returns how long an item took from its first request of the session to
// its end, waiting included; where that is not known, how long its last request
// took.
func Took(e *journal.Entry) time.Duration {
	if e.Started.IsZero() || e.Trip.Started.IsZero() {
		return e.Total
	}
	return max(e.Trip.Started.Sub(e.Started)+e.Trip.Total, e.Total)
}

// A History is how one item came to its end, or is about to.
type History struct {
	Index    int64
	Requests []Request      // whose end is known, in the order of time
	Entry    *journal.Entry // its row; nil: it has none
	Open     int64          // requests whose end is not known: in flight, or lost with a session
}

// maxRequests is how many of an item's requests are kept, the last of them.
const maxRequests = 10_000

// HistoryOf returns the history of one item, and false if the journal knows
// nothing of it. Of more than 10,000 requests it has the last ones.
func HistoryOf(s Source, index int64) (h History, known bool, err error) {
	h.Index = index
	opened := int64(0)
	err = s.Visit(journal.Visitor{
		Intent: func(in journal.Intent) error {
			if in.Index == index {
				known, opened = true, opened+1
			}
			return nil
		},
		Attempt: func(a *journal.Attempt) error {
			if a.Index == index {
				known, opened = true, max(opened-1, 0) // after a rewrite there is no intent of it
				h.add(ofAttempt(a))
			}
			return nil
		},
		Entry: func(e *journal.Entry) error {
			if e.Index == index {
				known = true
				opened = max(opened-h.end(e), 0)
			}
			return nil
		},
	})
	h.Open = opened
	return h, known, err
}

// add keeps a request.
func (h *History) add(r Request) {
	if len(h.Requests) == maxRequests {
		h.Requests = h.Requests[:copy(h.Requests, h.Requests[1:])]
	}
	h.Requests = append(h.Requests, r.keep())
}

// end keeps the item's row, and returns how many requests of its own it stands
// for.
func (h *History) end(e *journal.Entry) int64 {
	own := e.Clone()
	h.Entry = &own
	r, ok := ofEntry(e)
	if !ok {
		return 0
	}
	h.add(r)
	return 1
}
