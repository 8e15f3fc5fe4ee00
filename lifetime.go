package paceline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A lifetime is the context of an attempt. Few who are given it wait for its end by
// a channel or derive another from it, so that the context that could be waited
// for is made only when it is asked for; it is a usual one, and whatever is derived
// from ours is derived from that.
//
// It is never used again, unlike the attempt: whoever was given it, or has derived
// another from it, may hold it for as long as it likes.
//
// Of a run's attempts the dispatcher ends those that are under way when the run's
// own context does (msgBroken); others have theirs watched by the usual context.
type lifetime struct {
	parent context.Context
	engine *Engine
	told   bool         // who ends parent ends this one too
	unseen bool         // nobody looks at the pieces of the answer: it is not [Watched]
	saying atomic.Int32 // how many are in emit

	attempt atomic.Pointer[attempt] // whose it is; nil: the provider has returned

	mu    sync.Mutex
	over  bool
	cause error                   // why it is over; nil: as it is released
	usual context.Context         // nil: nobody has asked for it
	end   context.CancelCauseFunc // ends usual
	then  func()                  // called at the end, if there is no usual one
	turn  int                     // of those who have set then
}

var _ context.Context = (*lifetime)(nil)

func newLifetime(a *attempt) *lifetime {
	l := new(lifetime)
	l.attempt.Store(a)
	l.begin(a.call)
	return l
}

func (l *lifetime) begin(c *call) {
	l.parent, l.engine, l.told = c.ctx, c.engine, c.run != nil || c.ctx.Done() == nil
	l.unseen = c.reader == nil
}

// emit passes on what the provider says of the attempt. Once that has returned, the
// attempt may be another call's.
func (l *lifetime) emit(d Delta) {
	l.saying.Add(1)
	if a := l.attempt.Load(); a != nil {
		a.emit(d)
	}
	l.saying.Add(-1)
}

// part has nothing more be said of the attempt by whoever has the lifetime, and
// reports whether somebody is saying it just now: a provider that has returned
// before its goroutines have. He may be at it for any time.
func (l *lifetime) part() (saying bool) {
	l.attempt.Store(nil)
	return l.saying.Load() > 0
}

// watch has it be [Watched], whoever looks.
func (l *lifetime) watch() { l.unseen = false }

// cancel ends it for that cause; nil: as nothing needs it any more. Only the first
// cause counts.
func (l *lifetime) cancel(cause error) {
	l.mu.Lock()
	end, then := l.end, l.then
	if !l.over {
		l.over, l.cause = true, cause
	}
	l.then = nil
	l.mu.Unlock()
	if end != nil {
		end(cause)
	}
	if then != nil {
		go then()
	}
}

// Deadline implements [context.Context].
func (l *lifetime) Deadline() (time.Time, bool) { return l.parent.Deadline() }

// Done implements [context.Context].
func (l *lifetime) Done() <-chan struct{} { return l.asUsual().Done() }

// Value implements [context.Context]. The key by which context itself finds what
// it derives from is an address of an int; were it not, it would find its way by
// Done.
func (l *lifetime) Value(key any) any {
	if key == (watchedKey{}) && l.unseen {
		return false
	}
	if l.within(key) {
		return true
	}
	if _, own := key.(*int); own {
		return l.asUsual().Value(key)
	}
	return l.parent.Value(key)
}

// Err implements [context.Context].
func (l *lifetime) Err() error {
	l.mu.Lock()
	usual, over := l.usual, l.over
	l.mu.Unlock()
	switch {
	case usual != nil:
		return usual.Err()
	case over:
		return context.Canceled
	}
	return l.parent.Err()
}

// asUsual returns a context of the standard library's that ends with this one.
func (l *lifetime) asUsual() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.makeUsual()
}

// makeUsual is asUsual where mu is held.
func (l *lifetime) makeUsual() context.Context {
	if l.usual == nil {
		l.usual, l.end = context.WithCancelCause(l.parent)
		if l.over {
			l.end(l.cause)
		}
	}
	return l.usual
}

// AfterFunc has f be called on a goroutine of its own once the context has ended,
// unless stop comes before. It is what [context.AfterFunc] looks for, and costs less
// where it is called itself.
func (l *lifetime) AfterFunc(f func()) (stop func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.told || l.then != nil {
		return context.AfterFunc(l.makeUsual(), f)
	}
	if l.over || l.parent.Err() != nil {
		go f()
		return func() bool { return false }
	}
	l.then = f
	l.turn++
	turn := l.turn
	return func() bool { return l.forget(turn) }
}

// forget takes back what is to be called at the end, if it is that of this turn and
// has not been called.
func (l *lifetime) forget(turn int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn != turn || l.then == nil {
		return false
	}
	l.then = nil
	return true
}
