package report

import (
	"math/rand/v2"

	"github.com/seed-1814a72b/paceline/internal/inspect"
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
	slowest, dearest *inspect.Top
}

func newPicks(seed uint64) picks {
	return picks{
		failed:  reservoir{most: mostFailed, rand: rand.New(rand.NewPCG(seed, 1))},
		sampled: reservoir{most: mostSampled, rand: rand.New(rand.NewPCG(seed, 2))},
		slowest: inspect.Slowest(mostSlowest), dearest: inspect.Costliest(mostDearest),
	}
}

func (p *picks) offer(e *journal.Entry) {
	p.sampled.offer(e)
	if e.Status != journal.Done {
		p.failed.offer(e)
	}
	p.slowest.Add(e)
	p.dearest.Add(e)
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
		r.taken = append(r.taken, e.Clone())
		return
	}
	if i := r.rand.Int64N(r.seen); i < int64(r.most) {
		r.taken[i] = e.Clone()
	}
}
