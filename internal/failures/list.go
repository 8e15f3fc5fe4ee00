package failures

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// kept is how many kinds of failure a [List] remembers.
const kept = 64

// A Kind is what failures that are alike have in common.
type Kind struct {
	Code   paceline.Code
	Status int    // of HTTP; 0: there was none
	Gist   string // of the message
}

// A Failure is all failures of a kind.
type Failure struct {
	Kind
	Count    int64
	Order    int64     // kinds are numbered in the order in which they first came
	Words    string    // of the last one, on one line
	Endpoint string    // of the last one; "": none
	Item     int64     // of the last one, from 0; -1: none
	Last     time.Time // when the last one came
}

// A List counts the failures of a run, by kind. It remembers 64 kinds and forgets
// the one that was not seen for longest, so that a server which says something
// else each time costs no memory that grows. It is safe for concurrent use. The
// zero value is empty.
type List struct {
	mu      sync.Mutex
	seen    map[Kind]*Failure
	kinds   int64
	changes int64
}

// Observe takes an event of the engine.
func (l *List) Observe(ev *paceline.Event) {
	if !tells(ev) {
		return
	}
	words := Words(ev.Err)
	kind := Kind{ev.Err.Code, ev.Err.Status, Alike(ev.Err.Code, words)}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.of(kind)
	f.Count++
	f.Words, f.Endpoint, f.Item, f.Last = words, ev.Err.Endpoint, ev.Index, ev.Time
	l.changes++
}

// tells reports whether an event tells of a failure that no other event tells of:
// the end of an attempt, or an item that had none or whose answer was not
// accepted. A call that was cancelled or outrun by its hedge is no failure.
func tells(ev *paceline.Event) bool {
	switch {
	case ev.Err == nil || ev.Err.Code == paceline.CodeOutrun || ev.Err.Code == paceline.CodeCanceled:
		return false
	case ev.Kind == paceline.EventItem:
		answered := ev.Err.Code.Status() != paceline.StatusFailed && ev.Err.Status < 300
		return ev.Attempt == 0 || answered
	}
	return ev.Kind == paceline.EventEnd
}

// of returns the failure of a kind, of which there may have been none. l.mu is
// held.
func (l *List) of(kind Kind) *Failure {
	if f := l.seen[kind]; f != nil {
		return f
	}
	if l.seen == nil {
		l.seen = make(map[Kind]*Failure)
	}
	l.forget()
	l.kinds++
	f := &Failure{Kind: kind, Order: l.kinds}
	l.seen[kind] = f
	return f
}

// forget makes room for one more kind.
func (l *List) forget() {
	if len(l.seen) < kept {
		return
	}
	var oldest *Failure
	for _, f := range l.seen {
		if oldest == nil || f.Last.Before(oldest.Last) {
			oldest = f
		}
	}
	delete(l.seen, oldest.Kind)
}

// Recent returns the failures, n at the most, the last seen first, and how many
// have been counted in all: while that stays the same, so does the list.
func (l *List) Recent(n int) (list []Failure, counted int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list = make([]Failure, 0, len(l.seen))
	for _, f := range l.seen {
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b Failure) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Order, b.Order))
	})
	return list[:min(len(list), n)], l.changes
}
