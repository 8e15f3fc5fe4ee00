package paceline

import (
	"errors"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/journal"
)

// NoRoom is what the disk of a run's journal has no room for. The zero value: there
// is room.
type NoRoom struct {
	Path  string        // of the file that cannot grow; "": there is room
	Bytes int64         // that must become free for the run to go on
	For   time.Duration // how long the run still waits for that, before it stops
}

// watchRoom follows a shortage of the journal's disk, until it is over, the run is or
// the run has waited for long enough. Calls in flight may end: the journal keeps what
// it can of them.
func (r *run) watchRoom(over <-chan struct{}) {
	var wait <-chan time.Time
	for {
		short, turned := r.job.Journal.Room()
		if r.short.Swap(short) != short {
			r.engine.box.put(message{kind: msgRoom, run: r})
		}
		if wait = nil; short != nil {
			wait = time.After(time.Until(short.Until))
		}
		select {
		case <-turned:
		case <-wait:
			r.stop("journal", short.Error(), faultGrace)
			return
		case <-over:
			return
		}
	}
}

// awaitRoom waits until the journal's disk has room for intents. It reports whether
// it is worth another try: not once nothing of the run may start.
func (r *run) awaitRoom() bool {
	for {
		short, turned := r.job.Journal.Room()
		if short == nil {
			return true
		}
		select {
		case <-turned:
		case <-r.job.Journal.Failed():
			return true
		case <-r.mayStart.Done():
			return false
		}
	}
}

// reserve notes an intent in the journal. It waits while the disk is full.
func (d *diary) reserve(j *journal.Journal, most spend) error {
	for {
		err := j.Reserve(d.index, d.sum, most.usd, most.tokens)
		if !lacksRoom(err) || !d.run.awaitRoom() {
			return err
		}
	}
}

// lacksRoom reports whether a journal refuses intents for want of room.
func lacksRoom(err error) bool {
	e, ok := errors.AsType[*journal.Error](err)
	return ok && e.Code == journal.CodeFull
}

// isShort reports whether nothing of the run starts since its disk is full. A nil run
// has none.
func (r *run) isShort() bool { return r != nil && r.short.Load() != nil }

// noRoom returns the shortage, as it is now.
func (r *run) noRoom() NoRoom {
	s := r.short.Load()
	if s == nil {
		return NoRoom{}
	}
	return NoRoom{Path: s.Path, Bytes: s.Bytes, For: max(0, time.Until(s.Until))}
}

// shelve puts a call aside that admission lets start at now, until its run's disk has
// room.
func (d *dispatcher) shelve(c *call, now flow.Instant) {
	d.admission.Done(now, &c.ticket, flow.Outcome{Kind: flow.Unsent})
	c.run.shelf = append(c.run.shelf, c)
}

// unshelve has the calls of r wait in admission again once there is room.
func (d *dispatcher) unshelve(r *run) {
	if r.isShort() {
		return
	}
	for _, c := range r.shelf {
		d.admission.Add(d.now, &c.ticket)
	}
	r.shelf = nil
}

// clearShelf ends the calls of r that were put aside and match.
func (d *dispatcher) clearShelf(r *run, match func(*call) bool) {
	kept := r.shelf[:0]
	for _, c := range r.shelf {
		if match(c) {
			c.purse().settle(c.most, spend{})
			c.waits.admitted(nil)
		} else {
			kept = append(kept, c)
		}
	}
	clear(r.shelf[len(kept):])
	r.shelf = kept
}

// noRoom returns the shortage of the first run that has one.
func (d *dispatcher) noRoom() NoRoom {
	for _, r := range d.runs {
		if r.isShort() {
			return r.noRoom()
		}
	}
	return NoRoom{}
}

// shelved returns how many calls of all runs were put aside.
func (d *dispatcher) shelved() (n int) {
	for _, r := range d.runs {
		n += len(r.shelf)
	}
	return n
}
