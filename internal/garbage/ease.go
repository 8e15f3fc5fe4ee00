// Package garbage has Go's garbage collector come less often in a process that
// makes many small calls.
package garbage

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// spareHeap is how much garbage may come together before it is collected, where Go
// would collect less of it at once. A run of small calls has some 10 MB of live memory,
// most of it items that are read ahead, and each collection looks at all of that,
// whatever it frees: so Go comes again after some 2,000 calls, and with this after some
// 6,000. The GODEBUG=gctrace=1 of such a run tells how often.
const spareHeap = 32 << 20

// muchHeap is how much garbage may come together at least, where that much or more is
// live, and half of what is live beyond that: tens of thousands of open streams have
// 600 MB and more, and as much again in garbage is more than the memory is worth. Twice
// as many collections cost a call some 40 us there, where it costs several hundred.
const muchHeap = 128 << 20

// The bounds of GOGC, the garbage collected at once as a percentage of what is live:
// what makes the least heap spareHeap, since Go's is 4 MiB at 100; Go's own, from 32 to
// 128 MB; and what holds where much is.
const (
	mostGOGC  = 800
	usualGOGC = 100
	leastGOGC = 50
)

// gogcFor returns GOGC for that much live memory, in bytes.
func gogcFor(live uint64) int {
	live = max(live, 1)
	if few := spareHeap * 100 / live; few > usualGOGC {
		return int(min(few, mostGOGC))
	}
	return int(min(max(muchHeap*100/live, leastGOGC), usualGOGC))
}

// easing is the process's, as GOGC is.
var easing eased

// An eased is a process whose collector is eased while it has users. It is safe for
// concurrent use.
type eased struct {
	mu     sync.Mutex
	users  int
	before int // GOGC without us
	now    int
	idler  *idler
}

// Ease has the collector leave 32 MB of garbage where less than that is live, and come
// by itself where much is live and little garbage is made, until stop is called by all
// who had it so. Where the user has set GOGC, which getenv tells, nothing changes.
// GOMEMLIMIT holds in any case. It is safe for concurrent use.
func Ease(getenv func(string) string) (stop func()) {
	if getenv("GOGC") != "" {
		return func() {}
	}
	e := &easing
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users++; e.users == 1 {
		e.now = mostGOGC
		e.before = debug.SetGCPercent(e.now)
		e.idler = newIdler()
		afterCollection()
	}
	return sync.OnceFunc(unease)
}

func unease() {
	if last := easing.leave(); last != nil {
		last.end()
	}
}

// leave takes a user away, and returns what the last of them has left to be ended.
func (e *eased) leave() (last *idler) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.users--; e.users > 0 {
		return nil
	}
	debug.SetGCPercent(e.before)
	return e.idler
}

// afterCollection adapts GOGC to what is live after the next collection, and after
// each one that follows while somebody uses it: what a collection frees is then
// finalized.
func afterCollection() {
	runtime.SetFinalizer(new(sentinel), func(*sentinel) {
		e := &easing
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.users == 0 {
			return
		}
		// A change stops the program for a moment: a small one is not worth it.
		if next := gogcFor(liveMemory()); next < e.now*9/10 || next > e.now*10/9 {
			debug.SetGCPercent(next)
			e.now = next
		}
		afterCollection()
	})
}

// A sentinel is freed by the next collection. It has a pointer so that it has memory
// of its own.
type sentinel struct{ _ *sentinel }

// liveMemory returns what GOGC is a percentage of, but for global variables, as the
// last collection found it.
func liveMemory() (bytes uint64) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}}
	metrics.Read(samples)
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			bytes += s.Value.Uint64()
		}
	}
	return bytes
}
