package journal

import "sync"

// items remembers, for each item, whether it has a row and its checksum: a bit
// and four bytes each, in pages, so that a sample of a long input stays small.
// Safe for concurrent use.
type items struct {
	mu    sync.RWMutex
	pages map[int64]*page

	last   *page // that was written last: items come nearly in order
	lastAt int64
}

const pageBits = 12

type page struct {
	done [1 << pageBits / 64]uint64
	sums [1 << pageBits]uint32
}

func (t *items) isDone(index int64) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p, i := t.pages[index>>pageBits], index&(1<<pageBits-1)
	return p != nil && p.done[i/64]&(1<<(i%64)) != 0
}

func (t *items) sum(index int64) uint32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	p := t.pages[index>>pageBits]
	if p == nil {
		return 0
	}
	return p.sums[index&(1<<pageBits-1)]
}

// setDone marks an item and returns false if it was marked before.
func (t *items) setDone(index int64, sum uint32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, i := t.page(index), index&(1<<pageBits-1)
	bit := uint64(1) << (i % 64)
	if p.done[i/64]&bit != 0 {
		return false
	}
	p.done[i/64] |= bit
	if sum != 0 {
		p.sums[i] = sum
	}
	return true
}

// setSum keeps the checksum of an item that has no row yet, and returns false
// if it has one.
func (t *items) setSum(index int64, sum uint32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, i := t.page(index), index&(1<<pageBits-1)
	if p.done[i/64]&(1<<(i%64)) != 0 {
		return false
	}
	if sum != 0 {
		p.sums[i] = sum
	}
	return true
}

// page returns the page of an item, made if need be. t.mu must be held.
func (t *items) page(index int64) *page {
	at := index >> pageBits
	if t.last != nil && t.lastAt == at {
		return t.last
	}
	p := t.pages[at]
	if p == nil {
		if t.pages == nil {
			t.pages = map[int64]*page{}
		}
		p = new(page)
		t.pages[at] = p
	}
	t.last, t.lastAt = p, at
	return p
}

// reset forgets everything.
func (t *items) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages, t.last = nil, nil
}
