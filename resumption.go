package paceline

import "sync/atomic"

// A resumption tells whether a source is read past items that have their row already,
// which are passed over: then it is not waited for, whoever brings it.
//
// It goes by which of the two most of the last items were, since to note each would
// cost more than to pass it. One goroutine, the reader of the source, notes them; any
// may ask.
type resumption struct {
	lead int // of those passed over over those taken, from 0 to 2*manyPassed
	now  atomic.Bool
}

// manyPassed is the lead from which on items are being passed over.
const manyPassed = 64

// pass notes an item that is passed over, and reports whether items are from now on.
func (p *resumption) pass() bool {
	p.lead = min(p.lead+1, 2*manyPassed)
	if p.lead < manyPassed || p.now.Load() {
		return false
	}
	p.now.Store(true)
	return true
}

// take notes one that is taken.
func (p *resumption) take() {
	if p.lead == 0 {
		return
	}
	if p.lead--; p.lead < manyPassed && p.now.Load() {
		p.now.Store(false)
	}
}

// passing reports whether items are being passed over.
func (p *resumption) passing() bool { return p.now.Load() }
