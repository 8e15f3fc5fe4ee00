package report

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-1814a72b/paceline/journal"
)

// Each of 1,000 has the same chance: over many draws the halves are taken equally.
func TestAReservoirIsFair(t *testing.T) {
	early := 0
	for seed := range uint64(400) {
		r := reservoir{most: 10, rand: rand.New(rand.NewPCG(seed, 1))}
		for i := range int64(1000) {
			r.offer(&journal.Entry{Index: i})
		}
		if len(r.taken) != 10 {
			t.Fatalf("%d taken", len(r.taken))
		}
		for _, e := range r.taken {
			if e.Index < 500 {
				early++
			}
		}
	}
	if early < 1850 || early > 2150 { // 2,000 ± 4.7 deviations
		t.Errorf("%d of 4,000 are of the first half", early)
	}
}

func TestTheSameSeedDrawsTheSameItems(t *testing.T) {
	draw := func(seed uint64) (list []int64) {
		p := newPicks(seed)
		for i := range int64(5000) {
			p.offer(&journal.Entry{Index: i, Status: journal.Failed})
		}
		for _, e := range append(p.failed.taken, p.sampled.taken...) {
			list = append(list, e.Index)
		}
		return list
	}
	if a, b := draw(1), draw(1); !slices.Equal(a, b) || len(a) != mostFailed+mostSampled {
		t.Errorf("%d and %d items differ", len(a), len(b))
	}
	if slices.Equal(draw(1), draw(2)) {
		t.Error("another seed draws the same")
	}
}
