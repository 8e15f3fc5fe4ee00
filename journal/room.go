package journal

import (
	"errors"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// While the disk has no room, a write is tried again so often. The reserve is made
// again, with which the shortage is over, as often as the files are looked for.
const retryEvery = 250 * time.Millisecond

// A Shortage is that the disk has no room for what a run writes.
type Shortage struct {
	Path  string    // of the file that cannot grow
	Bytes int64     // that must become free for the run to go on: what is to be written, and the reserve
	Since time.Time // of its first failure
	Until time.Time // so long it is tried again: see Options.RoomWait
	Err   error     // the system's
}

// Error returns the shortage as an error with CodeFull, for a run that waits no longer.
func (s *Shortage) Error() *Error {
	return &Error{Code: CodeFull, Path: s.Path, Text: "the disk has no room for the next rows", Err: s.Err}
}

// room is whether there is any for what is written. Whoever writes may find that
// there is not; the committer finds that there is again.
type room struct {
	reserve sync.Mutex    // held while the reserve is made or removed, and taken before mu
	mu      sync.Mutex    // guards what follows
	short   *Shortage     // nil: there is room
	turned  chan struct{} // closed when a shortage begins or ends
	hurry   chan struct{} // closed while nobody waits for room
	hurried bool          // it is closed
}

func (r *room) init() { r.turned, r.hurry = make(chan struct{}), make(chan struct{}) }

// Room returns what there is no room for, nil while there is, and a channel that is
// closed when that changes. While there is none, rows are taken as before and wait
// in memory, as many as there are calls in flight; intents are refused with CodeFull
// and may be tried again: the run should start nothing.
func (j *Journal) Room() (*Shortage, <-chan struct{}) {
	r := &j.room
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.short, r.turned
}

// Hurry(true) has nobody wait for room any more, for a run that ends: what the disk
// does not take at the next try is not kept. Hurry(false) takes that back.
func (j *Journal) Hurry(on bool) {
	r := &j.room
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case on && !r.hurried:
		close(r.hurry)
	case !on && r.hurried:
		r.hurry = make(chan struct{})
	}
	r.hurried = on
}

// hurries is closed while nobody waits for room.
func (r *room) hurries() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hurry
}

// full returns why intents are refused at this moment, nil if they are not.
func (j *Journal) full() error {
	if err := j.Err(); err != nil {
		return err
	}
	if s, _ := j.Room(); s != nil {
		return s.Error()
	}
	return nil
}

// write is writeAt, again and again while the disk has no room and may have it yet.
func (j *Journal) write(f File, path string, b []byte, off int64) error {
	for {
		err := writeAt(f, b, off)
		if err == nil || !isFull(err) || !j.awaitRoom(path, int64(len(b)), err) {
			return err
		}
	}
}

// awaitRoom notes that there is no room for n bytes, and waits until it is worth
// another try; false: it is not, and what was to be written is lost. The first time
// the reserve makes room at once.
func (j *Journal) awaitRoom(path string, n int64, err error) bool {
	s, spent := j.runShort(path, n, err)
	if spent {
		return true
	}
	left := time.Until(s.Until)
	if left <= 0 {
		return false
	}
	again := time.NewTimer(min(left, retryEvery))
	defer again.Stop()
	select {
	case <-again.C:
		return true
	case <-j.room.hurries():
		return false
	}
}

// runShort notes that the disk has no room for n bytes, and returns for how long it
// has not had any, and whether the reserve has made some.
func (j *Journal) runShort(path string, n int64, err error) (s Shortage, spent bool) {
	j.room.reserve.Lock()
	defer j.room.reserve.Unlock()
	s, began := j.room.note(path, n, err, j.opt.RoomWait)
	if began {
		j.queue.freeAll()
	}
	return s, j.spendReserve(path)
}

// note is runShort of the state alone. It reports whether a shortage begins.
func (r *room) note(path string, n int64, err error, wait time.Duration) (s Shortage, began bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	s = Shortage{Since: now, Until: now.Add(max(wait, 0))}
	if began = r.short == nil; !began {
		s = *r.short
	}
	s.Path, s.Err = path, cause(err)
	s.Bytes = max(s.Bytes, n+reserveLeast)
	told := s
	r.short = &told
	if began {
		r.turn()
	}
	return s, began
}

// turn tells that a shortage has begun or ended, for which mu is held.
func (r *room) turn() {
	close(r.turned)
	r.turned = make(chan struct{})
}

// refill ends a shortage if the disk takes the reserve again. The committer alone
// calls it, which at that time has nothing to write.
func (j *Journal) refill() {
	j.room.reserve.Lock()
	defer j.room.reserve.Unlock()
	if j.full() == nil {
		return
	}
	if _, err := j.setAside(); err != nil {
		return
	}
	j.room.mu.Lock()
	defer j.room.mu.Unlock()
	j.room.short = nil
	j.room.turn()
}

// isFull reports whether err is that of a disk without room, or of a user who may
// not use more of it.
func isFull(err error) bool {
	const windowsHandleFull, windowsDiskFull = syscall.Errno(39), syscall.Errno(112)
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		runtime.GOOS == "windows" && (errors.Is(err, windowsHandleFull) || errors.Is(err, windowsDiskFull))
}
