package paceline

import (
	"sync"
	"sync/atomic"

	"github.com/seed-1814a72b/paceline/journal"
)

// A diary notes an item's requests, in the run's account and in the journal if
// there is one: that one is about to be sent, and, where it brings no row, how
// it ended. What has no known end was in flight if the process dies, and may be
// paid twice. A nil diary notes nothing. The goroutines of a call and of its
// hedge may use it at the same time.
type diary struct {
	run   *run
	index int64
	sum   uint32
	open  atomic.Int64 // requests that have been sent and whose end is not noted
}

func (d *diary) begin(r *run, item *Item) {
	d.run, d.index = r, item.Index
	if r.job.Journal != nil {
		d.sum = r.job.sum(item)
	}
}

// before notes that a request is about to be sent that uses at most so much. An
// error means that it must not be; the run is stopped.
func (d *diary) before(most spend) error {
	if d == nil {
		return nil
	}
	if j := d.run.job.Journal; j != nil {
		err := d.reserve(j, most)
		if lacksRoom(err) { // and the run is stopped already: what is in flight may end
			return err
		}
		if err != nil {
			d.run.stop("journal", err, 0)
			return err
		}
	}
	d.begun()
	return nil
}

// begun counts a request whose intent stands in the journal.
func (d *diary) begun() {
	d.open.Add(1)
	d.run.account.sent.Add(1)
}

// intend notes the attempts of first and of all tasks behind it as before does, by
// one write. Where the journal does not take them together, it does nothing: each
// of them will note its own, and have its own error.
func (r *run) intend(first *task) {
	if r.job.Journal == nil {
		return
	}
	list := intents.Get().(*[]journal.Reservation)
	defer intents.Put(list)
	*list = (*list)[:0]
	for t := first; t != nil; t = t.behind {
		d, most := t.call.diary, t.attempt.most
		*list = append(*list, journal.Reservation{Index: d.index, Sum: d.sum, Cost: most.usd, Tokens: most.tokens})
	}
	if r.job.Journal.ReserveAll(*list) != nil {
		return
	}
	for t := first; t != nil; t = t.behind {
		t.call.diary.begun()
		t.attempt.noted = true
	}
}

// intents are lists of those that are noted together.
var intents = sync.Pool{New: func() any { return new([]journal.Reservation) }}

// after notes how a request ended and went, for which most was noted before, that
// brought no row. Where every request's end is noted already, it does nothing.
func (d *diary) after(end *ending, most spend, trip journal.Trip) {
	if d == nil || d.open.Load() <= 0 {
		return
	}
	d.open.Add(-1)
	u, code := end.used(), end.code()
	d.run.account.waste(code, u)
	j := d.run.job.Journal
	if j == nil {
		return
	}
	err := j.Settle(journal.Attempt{
		Index: d.index, Code: uint8(code), Reserved: most.usd,
		PromptTokens: u.PromptTokens, CompletionTokens: u.CompletionTokens, Cost: u.Cost,
		Trip: trip,
	})
	if err != nil {
		d.run.stop("journal", err, 0)
	}
}

// code returns why a request that ended so brought no row.
func (end *ending) code() Code {
	switch {
	case end.err != nil:
		return end.err.Code
	case end.rejected != CodeUnknown:
		return end.rejected
	}
	return CodeOutrun // another answer was taken
}

// repeated notes requests that an attempt made before its last one, and that the
// server refused for the way in which they were put.
func (d *diary) repeated(n int) {
	for range n {
		if d == nil || d.run.isShort() || d.before(spend{}) != nil { // no answer waits for room
			return
		}
		d.after(&ending{err: &Error{Code: CodeInvalidRequest}}, spend{}, journal.Trip{})
	}
}

// brings reports whether the last request brings the item's row: its end is then
// told by the row.
func (d *diary) brings() bool { return d.open.Load() > 0 }
