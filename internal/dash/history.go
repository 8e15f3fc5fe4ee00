package dash

import "time"

// How much history is kept: the last 15 minutes second by second, and what was
// before in steps that grow with the run, at most so many of them. Together
// they are some 2,000 points of less than 1 KiB, however long it takes.
const (
	fineMost   = 900
	coarseMost = 1000
	coarseStep = 15 * time.Second
)

// A history is the course of a run, in memory that is bounded. Points are
// numbered from 1 in the order in which they are added. It is not safe for
// concurrent use. The zero value is empty.
type history struct {
	coarse []point
	step   time.Duration // the longest span of a coarse point that was merged
	fine   []point       // the last of them, each as it was added
	last   int64         // number of the last point; 0: none
}

// add takes a point that follows all others.
func (h *history) add(p point) {
	h.last++
	h.fine = append(h.fine, p)
	if len(h.fine) <= fineMost {
		return
	}
	h.age(h.fine[0])
	h.fine[0] = point{} // so that its map can go
	h.fine = h.fine[1:]
}

// age takes a point out of the fine ones.
func (h *history) age(p point) {
	h.step = max(h.step, coarseStep)
	if n := len(h.coarse); n > 0 && h.coarse[n-1].span+p.span <= h.step {
		h.coarse[n-1] = merge(&h.coarse[n-1], &p)
		return
	}
	h.coarse = append(h.coarse, p)
	if len(h.coarse) > coarseMost {
		h.halve()
	}
}

// halve merges the coarse points two by two.
func (h *history) halve() {
	half := h.coarse[:0]
	for i := 0; i+1 < len(h.coarse); i += 2 {
		half = append(half, merge(&h.coarse[i], &h.coarse[i+1]))
	}
	if n := len(h.coarse); n%2 == 1 {
		half = append(half, h.coarse[n-1])
	}
	clear(h.coarse[len(half):])
	h.coarse = half
	h.step *= 2
}

// since returns the points with numbers above n, and whether they continue what
// somebody has who got all up to n. Where they do not, they are all that there
// are.
func (h *history) since(n int64) (points []point, continues bool) {
	first := h.last - int64(len(h.fine)) + 1
	if n >= first-1 && n > 0 && n <= h.last {
		return h.fine[n-first+1:], true
	}
	return append(append([]point(nil), h.coarse...), h.fine...), false
}
