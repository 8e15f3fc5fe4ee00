package inspect

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/seed-1814a72b/paceline/journal"
)

// A Top keeps the entries that have most of something. The zero Top keeps none.
type Top struct {
	most int
	of   func(*journal.Entry) int64 // below 0: does not count
	heap ranking
}

// NewTop returns a Top of at most so many entries.
func NewTop(most int, of func(*journal.Entry) int64) *Top { return &Top{most: most, of: of} }

// Slowest keeps the items that took longest, see [Took].
func Slowest(most int) *Top {
	return NewTop(most, func(e *journal.Entry) int64 { return int64(Took(e)) - 1 })
}

// Costliest keeps the items that cost most, as far as that is known.
func Costliest(most int) *Top {
	return NewTop(most, func(e *journal.Entry) int64 { return e.Cost - 1 })
}

// Add looks at an entry, and keeps a copy if it is one of the first.
func (t *Top) Add(e *journal.Entry) {
	n := t.of(e)
	if n < 0 || t.most <= 0 || len(t.heap) == t.most && !t.heap[0].less(n, e.Index) {
		return
	}
	heap.Push(&t.heap, ranked{n, e.Clone()})
	if len(t.heap) > t.most {
		heap.Pop(&t.heap)
	}
}

// Entries returns what was kept, that with most first; of equals the earlier
// item.
func (t *Top) Entries() []journal.Entry {
	list := slices.Clone(t.heap)
	slices.SortFunc(list, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.entry.Index, b.entry.Index))
	})
	entries := make([]journal.Entry, len(list))
	for i := range list {
		entries[i] = list[i].entry
	}
	return entries
}

type ranked struct {
	n     int64
	entry journal.Entry
}

// less reports whether r comes behind an item with n.
func (r *ranked) less(n, index int64) bool {
	return r.n < n || r.n == n && r.entry.Index > index
}

// ranking is a heap whose first is the one to go next.
type ranking []ranked

func (r ranking) Len() int           { return len(r) }
func (r ranking) Less(i, j int) bool { return r[i].less(r[j].n, r[j].entry.Index) }
func (r ranking) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *ranking) Push(x any)        { *r = append(*r, x.(ranked)) }
func (r *ranking) Pop() any {
	last := len(*r) - 1
	x := (*r)[last]
	*r = (*r)[:last]
	return x
}
