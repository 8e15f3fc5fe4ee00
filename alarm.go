package paceline

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// tick is how often the dispatcher looks where calls may start more often than that:
// so coarse are timers on Linux anyhow.
const tick = time.Millisecond

// An alarm rouses the dispatcher at an instant, or at every tick. All but the rousing
// is the dispatcher's to call.
type alarm struct {
	rouse   func()
	timer   *time.Timer
	ticking atomic.Bool
}

// newAlarm returns one that is not set.
func newAlarm(rouse func()) *alarm {
	a := &alarm{rouse: rouse}
	a.timer = time.AfterFunc(time.Hour, a.ring)
	a.timer.Stop()
	return a
}

// ring sets the next tick before anything else: another processor that goes to sleep
// then knows until when, where to set a timer that is earlier than what it knows
// costs two system calls.
func (a *alarm) ring() {
	if a.ticking.Load() {
		a.timer.Reset(tick)
	}
	a.rouse()
}

// set has it ring once, after d; one that rings just now may do so once more.
func (a *alarm) set(d time.Duration) {
	a.ticking.Store(false)
	a.timer.Reset(d)
}

// tick has it ring at every tick, until it is set or stopped.
func (a *alarm) tick() {
	if !a.ticking.Swap(true) {
		a.timer.Reset(tick)
	}
}

// stop has it ring no more, but for what may be on its way.
func (a *alarm) stop() {
	a.ticking.Store(false)
	a.timer.Stop()
}

// soon is when calls start so often that the dispatcher looks at every tick alone:
// above 2,500 a second.
const soon = 400 * time.Microsecond

// expectNext has the alarm ring at the instant wake. Where a rate lets nothing start
// before that, it is soon, and bursts are allowed, it rings at every tick, and messages
// that can wait wait for it: at thousands of calls a second the coming and going of
// each would wake the dispatcher, to no end.
//
// It is called before anybody is told to start, who wakes another processor: see
// [alarm.ring].
func (d *dispatcher) expectNext(a *alarm, now, wake flow.Instant) {
	switch {
	case wake == flow.Never:
		a.stop()
	case wake.Sub(now) <= soon && d.admission.Shut(4*tick) && !d.crowded():
		d.engine.box.wait()
		a.tick()
	default:
		a.set(wake.Sub(d.engine.now()))
	}
}

// rest waits for the alarm or for a message. Before it comes back for one, it lets
// those run that have something to do: what answers come together end together, and
// what they make room for begins together. Where nobody has, that costs nothing, and
// nobody is waited for that sleeps.
func (d *dispatcher) rest(a *alarm) {
	<-d.engine.box.wake
	if !a.ticking.Load() {
		runtime.Gosched()
	}
}
