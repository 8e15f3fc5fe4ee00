package paceline

import (
	"sync"
	"sync/atomic"
)

// mostIdle is how many goroutines of a run wait for an attempt at most.
const mostIdle = 256

// A crew are the goroutines that make a run's attempts, one at a time each. Those
// that have made one take the next, with the stack that the last has grown.
type crew struct {
	tasks  chan *task // to one that is idle
	idle   atomic.Int32
	joined sync.WaitGroup
}

func newCrew() *crew { return &crew{tasks: make(chan *task)} }

// A task is an item's call while it is under way: one goroutine at a time has it.
type task struct {
	run     *run
	call    *call
	attempt *attempt // the next; nil: the call is over
	item    Item
}

// start has a task worked on, without waiting. Whoever starts it knows that no
// other does.
func (w *crew) start(t *task) {
	select {
	case w.tasks <- t:
	default:
		w.joined.Add(1)
		go w.work(t)
	}
}

func (w *crew) work(t *task) {
	defer w.joined.Done()
	for t != nil {
		t.work()
		t = w.next()
	}
}

// next waits for a task, nil if there is no need to.
func (w *crew) next() *task {
	defer w.idle.Add(-1)
	if w.idle.Add(1) > mostIdle {
		return nil
	}
	return <-w.tasks
}

// end ends the crew, to which nobody gives a task any more, and waits for it.
func (w *crew) end() {
	close(w.tasks)
	w.joined.Wait()
}

// admitted is told by the dispatcher that the call may make an attempt, or that it
// may make none.
func (t *task) admitted(a *attempt) {
	if a == nil && !t.call.over {
		t.run.drop()
		return
	}
	t.attempt = a
	t.run.begin(t)
}

// work makes one attempt, or ends a call that gets none. A panic of the provider,
// or of Config.Price, is the item's misfortune alone.
func (t *task) work() {
	if t.attempt == nil {
		t.run.finish(t.call, t.item)
		return
	}
	defer func() {
		if p := recover(); p != nil {
			t.call.err = panicked("the provider", p)
			t.run.finish(t.call, t.item)
		}
	}()
	if !t.call.proceed(t.attempt) {
		t.run.finish(t.call, t.item)
	}
}
