package garbage

import (
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/seed-1814a72b/paceline/internal/processor"
)

// A process that waits for thousands of answers makes so little garbage that Go, which
// collects when as much has come together as is live, would not collect for minutes:
// what was needed to begin the calls stays, and stacks that grew for a moment stay
// large, since only a collection halves them. So that is looked after, and the system
// gets back what is free.
const (
	// idleEvery is how often it is looked after, and idleShare how rarely at least as
	// a multiple of what the last collection cost: that may be 10 % of one core at most.
	idleEvery = 10 * time.Second
	idleShare = 10
	// idleHeap is how much must be live for it to be worth it, and idleGrown which
	// part of that must have come since the last collection, or be free.
	idleHeap  = 64 << 20
	idleGrown = 8
)

// An idler collects in a process that hardly does by itself.
type idler struct {
	over, joined chan struct{}

	cycles uint64 // collections so far, when it looked last
	stacks uint64 // and what stacks took, the first time after that collection
}

func newIdler() *idler {
	i := &idler{over: make(chan struct{}), joined: make(chan struct{})}
	go i.run()
	return i
}

// end ends it. It returns when nothing is being collected any more on its behalf.
func (i *idler) end() {
	close(i.over)
	<-i.joined
}

func (i *idler) run() {
	defer close(i.joined)
	timer := time.NewTimer(idleEvery)
	defer timer.Stop()
	for {
		select {
		case <-i.over:
			return
		case <-timer.C:
		}
		next := idleEvery
		if i.look(readUsage()) {
			next = max(next, idleShare*cost(debug.FreeOSMemory))
		}
		timer.Reset(next)
	}
}

// cost returns how much processor time work has taken, with what others of the process
// did meanwhile; where the system does not tell, how long it took. On a busy machine
// that is many times as long, and what comes together is to be collected there, too.
func cost(work func()) time.Duration {
	began, used := time.Now(), processor.Used()
	work()
	took := time.Since(began)
	if used == 0 {
		return took
	}
	return min(took, processor.Used()-used)
}

// A usage is what memory is used for, in bytes.
type usage struct {
	cycles  uint64 // collections so far
	live    uint64 // what the last collection found in use, without stacks
	objects uint64 // what is allocated, garbage included
	stacks  uint64
	free    uint64 // what is not used for anything, and not the system's either
}

// look notes how memory is used, and reports whether it is time to collect.
func (i *idler) look(u usage) bool {
	if u.cycles != i.cycles || u.stacks < i.stacks {
		i.cycles, i.stacks = u.cycles, u.stacks
	}
	grown := u.free + u.stacks - i.stacks
	if u.objects > u.live {
		grown += u.objects - u.live
	}
	return u.live >= idleHeap && grown > u.live/idleGrown
}

// readUsage returns how the process uses its memory. It does not stop the program.
func readUsage() usage {
	s := []metrics.Sample{
		{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(s)
	for _, one := range s {
		if one.Value.Kind() != metrics.KindUint64 { // this Go has another name for it
			return usage{}
		}
	}
	return usage{s[0].Value.Uint64(), s[1].Value.Uint64(), s[2].Value.Uint64(), s[3].Value.Uint64(), s[4].Value.Uint64()}
}
