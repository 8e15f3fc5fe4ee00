package paceline

import "sync/atomic"

// A window bounds how many items a run holds: those that were taken from its
// source and have not ended. One goroutine, the reader of the source, lets items in
// and waits; any may let them out.
//
// A reader that found no room is woken when there is some for a few, since to wake
// it costs more than to read an item.
type window struct {
	size    int64
	few     int64 // for so many there must be room for the reader to be woken
	held    atomic.Int64
	waits   atomic.Int64  // how many may be held for the reader to be woken; below 0: it does not wait
	changed chan struct{} // holds a token while the reader may have to look again
}

const (
	// backlogMin is how many items may wait for their first attempt at least. Models
	// whose calls wait for limits of their own hold up none behind them before that
	// many do, but for a backlogFew-th.
	backlogMin = 4 * aheadMin
	// backlogFew is which part of a full backlog must have gone for the reader to be
	// woken. What has not gone by then may be calls of models that have to wait, for
	// hours: whoever waits for them holds up the others.
	backlogFew = 16
)

func newWindow(size int) *window { return windowFor(size, size/64) }

// newBacklog returns the window of those items that wait for their first attempt,
// in a run that holds at most ahead. What is ready to be sent next has to be there,
// an eighth where there are thousands; more would only take memory.
func newBacklog(ahead int) *window {
	most := max(backlogMin, ahead/8)
	return windowFor(most, most/backlogFew)
}

func windowFor(size, few int) *window {
	w := &window{size: int64(size), few: int64(max(1, few)), changed: make(chan struct{}, 1)}
	w.waits.Store(-1)
	return w
}

// enter lets an item in once there is room, or reports that over was closed first.
func (w *window) enter(over <-chan struct{}) bool {
	if w.held.Load() >= w.size && !w.await(w.size-w.few, over) {
		return false
	}
	w.held.Add(1)
	return true
}

// empty waits until no item is held.
func (w *window) empty() { w.await(0, nil) }

// await waits until n items are held at most, or reports that over was closed first.
func (w *window) await(n int64, over <-chan struct{}) bool {
	w.waits.Store(n)
	defer w.waits.Store(-1)
	for w.held.Load() > n {
		select {
		case <-w.changed:
		case <-over:
			return false
		}
	}
	return true
}

// leave lets an item out.
func (w *window) leave() {
	if w.held.Add(-1) <= w.waits.Load() {
		notify(w.changed)
	}
}

// state returns how many items are held, and whether the reader may let another
// one in.
func (w *window) state() (held int, room bool) {
	n := w.held.Load()
	return int(n), n < w.size && w.waits.Load() < 0
}
