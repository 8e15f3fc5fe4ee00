package paceline

import (
	"context"
	"maps"
)

// To wait for a channel and for the end of a context at the same time costs more than
// for the channel alone, most of all where thousands wait for the end of the same one:
// each stands in line there, between two others that are long out of the processor's
// cache. So where calls with the same end come again and again, the dispatcher looks
// after it, once for all of them: see call.await.
const (
	// heedFrom is how many calls in a row have to come with the same end.
	heedFrom = 64
	// heedMost is how many ends are looked after, of contexts that have not ended.
	heedMost = 64
)

// heed looks after the ends of calls. The dispatcher owns it.
type heed struct {
	latest <-chan struct{} // end of the latest call that was not heeded
	row    int             // how many came with it in a row
	stops  map[<-chan struct{}]func() bool
}

// heeded is an end that is looked after.
type heeded struct{ end <-chan struct{} }

// heeds reports whether the dispatcher looks after end. A call that relies on that
// notes it before it is submitted.
func (e *Engine) heeds(end <-chan struct{}) bool {
	h := e.heeded.Load()
	return h != nil && h.end == end
}

// givenUp reports whether the end of c, which is heeded, has come. Asked when c is
// submitted, and of all that wait when an end comes, that misses none: an end that is
// not there yet at the first tells of itself later.
func (c *call) givenUp() bool {
	return c.heeded && ended(c.end)
}

// ended reports whether end has come.
func ended(end <-chan struct{}) bool {
	select {
	case <-end:
		return true
	default:
		return false
	}
}

// note notes with which end c comes, and has it heeded from now on if calls with it
// come again and again.
func (h *heed) note(c *call) {
	switch {
	case c.heeded || c.end == nil:
		return
	case c.end != h.latest:
		h.latest, h.row = c.end, 0
	}
	if h.row++; h.row >= heedFrom {
		h.begin(c)
	}
}

// begin looks after the end of c, if there is room for another one.
func (h *heed) begin(c *call) {
	h.row = 0
	e := c.engine
	if h.stops[c.end] == nil {
		if len(h.stops) >= heedMost {
			return
		}
		if h.stops == nil {
			h.stops = make(map[<-chan struct{}]func() bool)
		}
		h.stops[c.end] = context.AfterFunc(c.ctx, func() { e.box.put(message{kind: msgGivenUp}) })
	}
	e.heeded.Store(&heeded{c.end})
}

// over forgets the ends that have come.
func (h *heed) over(e *Engine) {
	maps.DeleteFunc(h.stops, func(end <-chan struct{}, _ func() bool) bool { return ended(end) })
	if now := e.heeded.Load(); now != nil && ended(now.end) {
		e.heeded.Store(nil)
	}
}

// stop looks after none any more.
func (h *heed) stop() {
	for _, stop := range h.stops {
		stop()
	}
}
