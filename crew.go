package paceline

import (
	"sync"
	"sync/atomic"
)

// mostIdle is how many goroutines of a run wait for an attempt at most, with stacks of
// 4 to 8 KiB. Those of calls that are granted together end together, too, so that fewer
// would have most of a thousand begin with a small stack again each time.
const mostIdle = 1024

// A crew are the goroutines that make a run's attempts, one at a time each. Those
// that have made one take the next, with the stack that the last has grown.
//
// Attempts that are granted together go to one of them together: it notes all of
// them in the journal by one write before it has the others begin theirs.
type crew struct {
	tasks  chan *task // to one that is idle
	idle   atomic.Int32
	joined sync.WaitGroup

	granted, latest *task // the dispatcher's: the first and the last of those granted now
}

func newCrew() *crew { return &crew{tasks: make(chan *task)} }

// A task is an item's call while it is under way: one goroutine at a time has it.
type task struct {
	run     *run
	call    call
	diary   diary    // the call's
	attempt *attempt // the next; nil: the call is over
	begun   bool     // the dispatcher's: it has had its first turn
	item    Item
	behind  *task // granted after it at the same time; whose goroutine has this one has those
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
		w.spread(t)
		t.work()
		t = w.next()
	}
}

// grant has a task's attempt begun at the next launch.
func (w *crew) grant(t *task) {
	if w.granted == nil {
		w.granted = t
	} else {
		w.latest.behind = t
	}
	w.latest = t
}

// launch starts the tasks that were granted since the last one.
func (w *crew) launch() {
	if t := w.granted; t != nil {
		w.granted, w.latest = nil, nil
		w.start(t)
	}
}

// spread has others work on the tasks that were granted together with t.
func (w *crew) spread(t *task) {
	if t.behind == nil {
		return
	}
	t.run.intend(t)
	next := t.behind
	t.behind = nil
	for next != nil {
		t, next = next, next.behind // before it is another's
		t.behind = nil
		w.start(t)
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

// admitted is told by the dispatcher that the call may make an attempt, which the
// next launch begins, or that it may make none.
func (t *task) admitted(a *attempt) {
	if !t.begun {
		t.begun = true
		t.run.backlog.leave()
	}
	if a == nil && !t.call.over {
		t.run.drop()
		return
	}
	t.attempt = a
	if a == nil {
		t.run.crew.start(t)
		return
	}
	t.run.begin(t)
}

// work makes one attempt, or ends a call that gets none. A panic of the provider,
// or of Config.Price, is the item's misfortune alone, and so is a runtime.Goexit.
func (t *task) work() {
	if t.attempt == nil {
		t.finish()
		return
	}
	over := false
	defer t.rescue(&over)
	again := t.call.proceed(t.attempt)
	over = true // if again, it is another's by now
	if !again {
		t.finish()
	}
}

// rescue is deferred: a panic fails the item, as does a goroutine that is ended, on
// which it is finished still. Where the attempt is over, it is not the item that is
// at fault: see [run.commit].
func (t *task) rescue(over *bool) {
	p := recover()
	switch {
	case *over && p != nil:
		t.run.stop("journal", panicked("Job.Sum", p), 0)
		return
	case *over:
		return
	case p != nil:
		t.call.err = panicked("the provider", p)
	case t.call.err == nil || t.call.err.Code != CodePanic: // a hook that did has said so
		t.call.err = exited("the provider")
	}
	t.finish()
}

// finish ends the call. It is not part of work's frame, in which thousands wait.
//
//go:noinline
func (t *task) finish() {
	t.run.finish(&t.call, t.item)
	t.call.leave()
}
