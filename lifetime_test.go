package paceline

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

var errWhy = errors.New("why")

// lifetimes returns one of a call of a run, whose parent's end the dispatcher would
// pass on, and one of a single call.
func lifetimes(ctx context.Context) map[string]*lifetime {
	both := map[string]*lifetime{"run": {}, "single": {}}
	both["run"].begin(&call{ctx: ctx, run: new(run)})
	both["single"].begin(&call{ctx: ctx})
	return both
}

// TestLifetimeEnds holds that whoever looks at an attempt's context in whatever
// way, before or after its end, sees the end and its first cause.
func TestLifetimeEnds(t *testing.T) {
	looks := map[string]func(l *lifetime) (ended func() bool){
		"Err": func(l *lifetime) func() bool { return func() bool { return l.Err() != nil } },
		"Done": func(l *lifetime) func() bool {
			done := l.Done()
			return func() bool {
				select {
				case <-done:
					return true
				default:
					return false
				}
			}
		},
		"derived": func(l *lifetime) func() bool {
			inner, stop := context.WithCancel(l)
			context.AfterFunc(inner, stop)
			return func() bool { return inner.Err() != nil && context.Cause(inner) == errWhy }
		},
		"AfterFunc": func(l *lifetime) func() bool {
			called := false
			l.AfterFunc(func() { called = true })
			return func() bool { return called }
		},
		"context.AfterFunc": func(l *lifetime) func() bool {
			called := false
			context.AfterFunc(l, func() { called = true })
			return func() bool { return called }
		},
	}
	for name, look := range looks {
		synctest.Test(t, func(t *testing.T) {
			for kind, l := range lifetimes(t.Context()) {
				before := look(l)
				second := look(l)
				if synctest.Wait(); before() || second() {
					t.Errorf("%s, %s: ended before its end", name, kind)
				}
				l.cancel(errWhy)
				l.cancel(nil)
				after := look(l)
				if synctest.Wait(); !before() || !second() || !after() {
					t.Errorf("%s, %s: not ended", name, kind)
				}
				if !errors.Is(l.Err(), context.Canceled) || context.Cause(l) != errWhy {
					t.Errorf("%s, %s: %v because of %v", name, kind, l.Err(), context.Cause(l))
				}
			}
		})
	}
}

// TestLifetimeOfParent holds that it ends with its parent, with the parent's cause.
func TestLifetimeOfParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		all := lifetimes(ctx)
		var called atomic.Int32
		all["single"].AfterFunc(func() { called.Add(1) })
		cancel(errWhy)
		all["run"].AfterFunc(func() { called.Add(1) })
		if synctest.Wait(); called.Load() != 2 {
			t.Errorf("%d were told", called.Load())
		}
		for kind, l := range all {
			if l.Err() == nil || context.Cause(l) != errWhy {
				t.Errorf("%s: %v because of %v", kind, l.Err(), context.Cause(l))
			}
		}
	})
}

// TestLifetimeForgets holds that what is taken back is not called, and that only
// what is there can be taken back.
func TestLifetimeForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for kind, l := range lifetimes(t.Context()) {
			first := l.AfterFunc(func() { t.Errorf("%s: called", kind) })
			if !first() || first() {
				t.Errorf("%s: it is taken back once", kind)
			}
			called := false
			second := l.AfterFunc(func() { called = true })
			if first() {
				t.Errorf("%s: what another has set is taken back", kind)
			}
			l.cancel(nil)
			if synctest.Wait(); !called || second() {
				t.Errorf("%s: not called, or taken back afterwards", kind)
			}
		}
	})
}
