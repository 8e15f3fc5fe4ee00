package paceline

import (
	"context"
	"sync/atomic"
)

// backlogMin is how many items may wait for their first attempt at least; a run
// that makes thousands of calls at once may have an eighth of what it holds wait.
// Models whose calls wait for limits of their own hold up none behind them before
// that many do.
const backlogMin = 4 * aheadMin

// A backlog are the items of a run that were taken from its source and wait for
// their first attempt. What is ready to be sent next has to be there; more would
// only take memory. One goroutine reads and adds; any may remove.
type backlog struct {
	most  int64
	n     atomic.Int64
	fewer chan struct{} // has something once n has fallen to half of most
}

func newBacklog(ahead int) backlog {
	return backlog{most: int64(max(backlogMin, ahead/8)), fewer: make(chan struct{}, 1)}
}

// wait waits until more may be added. It reports whether that is before the end
// of ctx.
func (b *backlog) wait(ctx context.Context) bool {
	for b.n.Load() >= b.most {
		select {
		case <-b.fewer:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (b *backlog) add() { b.n.Add(1) }

// remove takes one out. Its reader is woken when there is something to do for it.
func (b *backlog) remove() {
	if b.n.Add(-1) != b.most/2 {
		return
	}
	select {
	case b.fewer <- struct{}{}:
	default:
	}
}
