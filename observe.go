package paceline

import (
	"sync/atomic"
	"time"
)

// eventsBehind is how far an observer may fall behind before events are lost.
const eventsBehind = 4096

// observer passes events to Config.Observe on a goroutine of its own, so that
// nothing waits for it.
type observer struct {
	events chan Event
	lost   atomic.Int64
	joined chan struct{}
}

func newObserver(f func(Event)) *observer {
	o := &observer{joined: make(chan struct{})}
	if f == nil {
		close(o.joined)
		return o
	}
	o.events = make(chan Event, eventsBehind)
	go func() {
		defer close(o.joined)
		for ev := range o.events {
			f(ev)
		}
	}()
	return o
}

// end says that there will be no further event.
func (o *observer) end() {
	if o.events != nil {
		close(o.events)
	}
}

// join waits until the observer has seen every event.
func (o *observer) join() { <-o.joined }

// observe tells the observer, if there is one, of something that happened to
// a. The dispatcher alone calls it.
func (e *Engine) observe(a *attempt, kind EventKind, fill func(*Event)) {
	if e.observer.events == nil {
		return
	}
	ev := Event{
		Kind: kind, Time: time.Now(), Index: a.call.index, Attempt: a.number,
		Endpoint: a.endpoint.name(a.lane), Model: a.model, Hedge: a.beside != nil,
	}
	fill(&ev)
	e.send(ev)
}

// send passes an event on, unless the observer is too far behind. The
// dispatcher alone calls it.
func (e *Engine) send(ev Event) {
	select {
	case e.observer.events <- ev:
	default:
		e.observer.lost.Add(1)
	}
}
