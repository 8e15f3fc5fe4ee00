package paceline

import (
	"runtime"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// tick is how often the dispatcher looks where calls may start about as often as that:
// so coarse are timers on Linux anyhow. coarseTick is how often where they may start ten
// times as often: on an idle machine most of what a tick costs is the waking and the going
// to sleep of two processors, however many calls start at it. deepTick is how often where
// whoever comes now waits for ten times as long at least (deep), so that it is hardly
// noticed: a permit costs a quarter less then.
const (
	tick       = time.Millisecond
	coarseTick = 2 * time.Millisecond
	deepTick   = 8 * time.Millisecond
	deep       = 100 * time.Millisecond
)

// An alarm rouses the dispatcher at an instant, or ticks. It is the dispatcher's.
//
// A tick comes from a [time.Ticker], of which the runtime knows the next time before
// it wakes anybody for this one. To set a timer anew at each would cost system calls:
// a thread that sleeps already has to be told, and one is woken to sleep until then.
type alarm struct {
	timer   *time.Timer   // rouses
	ticker  *time.Ticker  // nil: it has not ticked yet
	ticking time.Duration // how often; 0: it does not
}

// newAlarm returns one that is not set, and calls rouse when it rings.
func newAlarm(rouse func()) *alarm {
	a := &alarm{timer: time.AfterFunc(time.Hour, rouse)}
	a.timer.Stop()
	return a
}

// set has it ring once, after d, and not tick; one that rings just now may do so once
// more.
func (a *alarm) set(d time.Duration) {
	a.rest()
	a.timer.Reset(d)
}

// tick has it tick so often, and not ring, until it is set or stopped.
func (a *alarm) tick(every time.Duration) {
	if a.ticking == every {
		return
	}
	a.timer.Stop()
	a.ticking = every
	if a.ticker == nil {
		a.ticker = time.NewTicker(every)
	} else {
		a.ticker.Reset(every)
	}
}

// rest has it tick no more.
func (a *alarm) rest() {
	if a.ticking > 0 {
		a.ticking = 0
		a.ticker.Stop()
	}
}

// stop has it neither ring, but for what may be on its way, nor tick.
func (a *alarm) stop() {
	a.rest()
	a.timer.Stop()
}

// soon is when the next call starts so soon that the dispatcher looks at every tick
// alone: always above 2,500 calls a second. rapid is how often calls start at least
// where that tick is the coarse one: 5,000 a second, ten at each.
const (
	soon  = 400 * time.Microsecond
	rapid = 200 * time.Microsecond
)

// expectNext has the alarm ring at the instant wake. Where a rate lets nothing start
// before that, it is soon, and bursts are allowed, it ticks, and messages that can wait
// wait for that: at thousands of calls a second the coming and going of each would wake
// the dispatcher, to no end.
//
// It is called before anybody is told to start, who wakes another processor: one that
// goes to sleep again then knows until when.
func (d *dispatcher) expectNext(a *alarm, now, wake flow.Instant) {
	if wake == flow.Never {
		a.stop()
		return
	}
	every := d.ticks()
	if every == 0 || wake.Sub(now) > soon || d.crowded() {
		a.set(wake.Sub(d.engine.now()))
		return
	}
	d.engine.box.wait(d.admission.Foremost())
	a.tick(every)
}

// ticks returns how often to look where calls start soon; 0: when the next may start.
func (d *dispatcher) ticks() time.Duration {
	switch {
	case d.admission.Backlog() >= deep && d.admission.Shut(4*deepTick):
		return deepTick
	case d.admission.Interval() <= rapid && d.admission.Shut(4*coarseTick):
		return coarseTick
	case d.admission.Shut(4 * tick):
		return tick
	}
	return 0
}

// rest waits for the alarm or for a message. Before it comes back for one, it lets
// those run that have something to do: what answers come together end together, and
// what they make room for begins together. Where nobody has, that costs nothing, and
// nobody is waited for that sleeps.
func (d *dispatcher) rest(a *alarm) {
	if a.ticking > 0 {
		select {
		case <-a.ticker.C:
		case <-d.engine.box.wake:
		}
		return
	}
	<-d.engine.box.wake
	runtime.Gosched()
}
