package paceline

import (
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/internal/processor"
)

const (
	// processorEvery is how long a reading of the processor's use takes at least,
	// and processorHolds how long it says something of the time after it.
	processorEvery = 250 * time.Millisecond
	processorHolds = 2 * processorEvery
	// processorUsedUp is the share of the time that the process can have from
	// which on there is none left: the rest goes by between two threads.
	processorUsedUp = 0.9
	// processorFair is the share of the processors that the process can have
	// however busy others keep them: the system shares out what is scarce.
	processorFair = 0.25
)

// processors are what the process runs on.
type processors struct {
	used func() time.Duration         // by the process so far, all of them together
	idle func() (time.Duration, bool) // by nobody so far; false: it is not known
	can  func() float64               // how many the process can use at once
}

// machine returns those of the machine. In virtual time, against which nothing
// real can be measured, none is ever used.
func machine() processors {
	if processor.Virtual(time.Now()) {
		none := func() time.Duration { return 0 }
		return processors{used: none, idle: func() (time.Duration, bool) { return 0, false }, can: processor.Available}
	}
	return processors{used: processor.Used, idle: processor.Idle, can: processor.Available}
}

// load tells from the processor time that the process has used whether it had
// any left. The dispatcher owns it.
type load struct {
	processors
	began    flow.Instant // of the reading that goes on
	before   time.Duration
	idled    time.Duration
	busy     flow.Instant // until then there is no processor time left; 0: there is
	spent    float64      // seconds of processor time in all readings
	capacity float64      // how many there were to be had
}

func newLoad(now flow.Instant, on processors) load {
	idle, _ := on.idle()
	return load{processors: on, began: now, before: on.used(), idled: idle}
}

// look returns until when there is no processor time left, going by the last
// reading: a past instant or 0 if there is.
func (l *load) look(now flow.Instant) (busy flow.Instant) {
	took := now.Sub(l.began)
	if took < processorEvery {
		return l.busy
	}
	used := l.used()
	spent := (used - l.before).Seconds()
	could := l.could(took.Seconds()*l.can(), spent)
	l.began, l.before, l.busy = now, used, 0
	l.spent += spent
	l.capacity += could
	if spent >= processorUsedUp*could {
		l.busy = now.Add(processorHolds)
	}
	return l.busy
}

// could returns how much processor time the process could have had, of what its
// processors have: others have used some of that.
func (l *load) could(all, spent float64) float64 {
	idle, known := l.idle()
	left := (idle - l.idled).Seconds()
	l.idled = idle
	if !known {
		return all
	}
	return min(all, max(spent+left, processorFair*all))
}
