package paceline

import (
	"sync"
	"sync/atomic"
	"time"
)

// eventsBehind is how far an observer may fall behind before events are lost:
// most of a second's at ten thousand calls a second, some 8 MB.
const eventsBehind = 1 << 15

// An observer that was told of something is left alone for eventsPause, unless
// eventsCrowd come sooner: to wake it for each event costs more than the event.
const (
	eventsPause = 20 * time.Millisecond
	eventsCrowd = 4096
)

// observer passes events to Config.Observe on a goroutine of its own, so that
// nothing waits for it. The first event after a pause is passed on at once.
type observer struct {
	look   func(Event)      // nil: nobody looks
	deaf   [eventKinds]bool // the kinds of which it is not told where all went well
	wake   chan struct{}    // holds a token while events may wait
	crowd  chan struct{}    // likewise while too many may for another pause
	over   chan struct{}    // closed when there will be none
	joined chan struct{}
	lost   atomic.Int64

	mu    sync.Mutex
	queue []Event
}

func newObserver(look func(Event), unobserved []EventKind) *observer {
	o := &observer{look: look, joined: make(chan struct{})}
	for _, k := range unobserved {
		o.deaf[k] = true
	}
	if look == nil {
		close(o.joined)
		return o
	}
	o.wake, o.crowd, o.over = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})
	go o.loop()
	return o
}

func (o *observer) loop() {
	ended := false
	defer func() {
		if ended {
			close(o.joined)
		} else { // Config.Observe has ended the goroutine, and misses what it was about to be told
			go o.loop()
		}
	}()
	pause := time.NewTimer(eventsPause)
	defer pause.Stop()
	var events []Event
	for over := false; !over; {
		select {
		case <-o.wake:
		case <-o.over:
			over = true
		}
		events = o.take(events)
		for i := range events {
			o.look(events[i])
		}
		clear(events)
		pause.Reset(eventsPause)
		select {
		case <-pause.C:
		case <-o.crowd:
		case <-o.over:
		}
	}
	ended = true
}

// take returns all events that wait; buf is used for those to come, unless it has
// room for a crowd that is over.
func (o *observer) take(buf []Event) []Event {
	if cap(buf) > eventsCrowd {
		buf = nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.queue
	o.queue = buf[:0]
	return all
}

// add passes an event on, unless the observer is too far behind.
func (o *observer) add(ev *Event) {
	o.mu.Lock()
	n := len(o.queue) + 1
	if n > eventsBehind {
		o.mu.Unlock()
		o.lost.Add(1)
		return
	}
	o.queue = append(o.queue, *ev)
	o.mu.Unlock()
	switch n {
	case 1:
		notify(o.wake)
	case eventsCrowd:
		notify(o.crowd)
	}
}

// notify puts a token where there is none.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// end says that there will be no further event.
func (o *observer) end() {
	if o.look != nil {
		close(o.over)
	}
}

// join waits until the observer has seen every event.
func (o *observer) join() { <-o.joined }

// wants reports whether the observer is to be told of an event of a kind, that
// tells of a success or not. It is safe for concurrent use.
func (o *observer) wants(k EventKind, well bool) bool { return o.look != nil && !(well && o.deaf[k]) }

// observe tells the observer, if there is one, of something that happened to a;
// what all events of an attempt have is added. The dispatcher alone calls it.
func (e *Engine) observe(a *attempt, ev Event) {
	if !e.observer.wants(ev.Kind, ev.Err == nil) {
		return
	}
	ev.Time, ev.Index, ev.Attempt = time.Now(), a.call.index, a.number
	ev.Endpoint, ev.Model, ev.Hedge = a.endpoint.name(a.lane), a.model, a.beside != nil
	e.observer.add(&ev)
}
