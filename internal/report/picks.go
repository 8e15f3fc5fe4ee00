package report

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"slices"

	"github.com/seed-1814a72b/paceline/journal"
)

// How many items a report shows of each kind.
const (
	mostFailed  = 300
	mostSlowest = 40
	mostDearest = 40
	mostSampled = 200
)

// picks are the items that a report shows.
type picks struct {
	failed, sampled  reservoir
	slowest, dearest top
}

func newPicks(seed uint64) picks {
	return picks{
		failed:  reservoir{most: mostFailed, rand: rand.New(rand.NewPCG(seed, 1))},
		sampled: reservoir{most: mostSampled, rand: rand.New(rand.NewPCG(seed, 2))},
		slowest: top{most: mostSlowest}, dearest: top{most: mostDearest},
	}
}

func (p *picks) offer(e *journal.Entry) {
	p.sampled.offer(e)
	if e.Status != journal.Done {
		p.failed.offer(e)
	}
	if d := took(e); d > 0 {
		p.slowest.offer(int64(d), e)
	}
	if e.Cost > 0 {
		p.dearest.offer(e.Cost, e)
	}
}

// A reservoir keeps a random part of what it is offered, each with the same
// chance, in the order in which it came (Vitter, "Random Sampling with a
// Reservoir", 1985, algorithm R).
type reservoir struct {
	most  int
	rand  *rand.Rand
	seen  int64
	taken []journal.Entry
}

func (r *reservoir) offer(e *journal.Entry) {
	r.seen++
	if len(r.taken) < r.most {
		r.taken = append(r.taken, own(e))
		return
	}
	if i := r.rand.Int64N(r.seen); i < int64(r.most) {
		r.taken[i] = own(e)
	}
}

// A top keeps those with the highest values, as a heap with the lowest first.
type top struct {
	most  int
	taken []ranked
}

type ranked struct {
	value int64
	entry journal.Entry
}

func (t *top) Len() int           { return len(t.taken) }
func (t *top) Less(i, j int) bool { return t.taken[i].value < t.taken[j].value }
func (t *top) Swap(i, j int)      { t.taken[i], t.taken[j] = t.taken[j], t.taken[i] }
func (t *top) Push(x any)         { t.taken = append(t.taken, x.(ranked)) }
func (t *top) Pop() (x any) {
	last := len(t.taken) - 1
	x, t.taken = t.taken[last], t.taken[:last]
	return x
}

// offer takes an entry if its value is among the highest so far.
func (t *top) offer(value int64, e *journal.Entry) {
	if len(t.taken) < t.most {
		heap.Push(t, ranked{value, own(e)})
		return
	}
	if value > t.taken[0].value {
		t.taken[0] = ranked{value, own(e)}
		heap.Fix(t, 0)
	}
}

// list returns the entries, the highest first.
func (t *top) list() []journal.Entry {
	slices.SortFunc(t.taken, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.entry.Index, b.entry.Index))
	})
	list := make([]journal.Entry, len(t.taken))
	for i, r := range t.taken {
		list[i] = r.entry
	}
	return list
}
