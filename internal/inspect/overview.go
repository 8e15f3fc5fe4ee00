package inspect

import (
	"github.com/seed-1814a72b/paceline/internal/hist"
	"github.com/seed-1814a72b/paceline/journal"
)

// An Overview is what a run came to, beside the journal's own totals
// ([journal.Recovery]).
type Overview struct {
	Sessions  []Session
	Slowest   []journal.Entry
	Costliest []journal.Entry
	Failures  []Failure // a group for each code

	// Of requests that brought an accepted row.
	FirstToken, Total *hist.Histogram
}

// OverviewOf reads a journal once. most is how many of the slowest and the
// costliest items are kept.
func OverviewOf(s Source, most int) (o Overview, err error) {
	slowest, costliest := Slowest(most), Costliest(most)
	var failures Failures
	var times sessions
	o.FirstToken, o.Total = hist.New(), hist.New()
	err = s.Visit(journal.Visitor{
		Session: func(s journal.Session) error {
			times.begin(s)
			return nil
		},
		Moment: func(m *journal.Moment) error {
			times.saw(m.At)
			return nil
		},
		Attempt: func(a *journal.Attempt) error {
			r := ofAttempt(a)
			times.request(&r)
			return nil
		},
		Entry: func(e *journal.Entry) error {
			times.row(e)
			slowest.Add(e)
			costliest.Add(e)
			failures.Add(e)
			if r, ok := ofEntry(e); ok {
				times.request(&r)
				o.measure(&r, e)
			}
			return nil
		},
	})
	o.Sessions, o.Failures = times.list, failures.ByCode()
	o.Slowest, o.Costliest = slowest.Entries(), costliest.Entries()
	return o, err
}

// measure counts the times of a request that brought an accepted row, which
// stand in its entry also where an older version wrote it.
func (o *Overview) measure(r *Request, e *journal.Entry) {
	if !r.Accepted() {
		return
	}
	o.Total.Record(e.Total)
	if e.FirstToken > 0 {
		o.FirstToken.Record(e.FirstToken)
	}
}
