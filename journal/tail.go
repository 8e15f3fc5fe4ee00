package journal

import "sync"

// tail appends records to the journal's file. Concurrent callers share one
// write: one leads and writes for all whose records wait, and when it is done
// it hands the lead to one of those who came meanwhile.
type tail struct {
	fault  *fault
	put    func(f File, path string, b []byte, off int64) error // writes
	path   string
	noSync bool

	mu     sync.Mutex // guards what follows; never held over I/O
	f      File
	off    int64  // of the file's end, with what is being written
	synced int64  // everything before it is durable
	buf    []byte // records that wait; they will stand at off
	spare  []byte // the buffer written last
	busy   bool   // somebody leads
	round  *round // those who wait for buf, if busy; nil: nobody does
	refuse error  // why nothing is accepted; nil: it is
}

// round is a group of callers whose records are written together.
type round struct {
	done chan struct{} // closed when they are written
	lead chan struct{} // one of them takes from it the duty to write
	err  error         // read after done
}

// append adds what fill appends at the given offset, and returns when it is
// written, though not durable, with the offset behind it.
func (t *tail) append(fill func(dst []byte, off int64) []byte) (end int64, err error) {
	t.mu.Lock()
	if err := t.refused(); err != nil {
		t.mu.Unlock()
		return 0, err
	}
	return t.write(fill)
}

// write is append with t.mu held, which it unlocks.
func (t *tail) write(fill func(dst []byte, off int64) []byte) (end int64, err error) {
	t.buf = fill(t.buf, t.off+int64(len(t.buf)))
	end = t.off + int64(len(t.buf))
	if !t.busy {
		t.busy = true
		return end, t.lead()
	}
	if t.round == nil {
		t.round = &round{done: make(chan struct{}), lead: make(chan struct{}, 1)}
	}
	r := t.round
	t.mu.Unlock()
	select {
	case <-r.done:
		return end, r.err
	case <-r.lead:
		t.mu.Lock()
		return end, t.lead()
	}
}

// later adds a record that may wait for the next write.
func (t *tail) later(fill func(dst []byte) []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.refused(); err != nil {
		return err
	}
	t.buf = fill(t.buf)
	return nil
}

// lead writes the records that wait. t.mu must be held and busy be set by the
// caller; lead unlocks it.
func (t *tail) lead() error {
	b, r, off := t.buf, t.round, t.off
	t.buf, t.spare, t.round = t.spare[:0], nil, nil
	t.off += int64(len(b))
	t.mu.Unlock()

	err := t.fault.get()
	if err == nil {
		if failed := t.put(t.f, t.path, b, off); failed != nil {
			err = t.fault.set(t.path, "cannot write the journal", failed)
		}
	}
	if r != nil {
		r.err = err
		close(r.done)
	}

	t.mu.Lock()
	t.spare = b[:0]
	next := t.round
	t.busy = next != nil
	t.mu.Unlock()
	if next != nil {
		next.lead <- struct{}{}
	}
	return err
}

// sync makes everything before end, which is written, durable.
func (t *tail) sync(end int64) error {
	if err := t.fault.get(); err != nil {
		return err
	}
	if !t.noSync {
		if err := t.f.Sync(); err != nil {
			return t.fault.set(t.path, "cannot make the journal durable", err)
		}
	}
	t.mu.Lock()
	t.synced = max(t.synced, end)
	t.mu.Unlock()
	return nil
}

// unsynced reports whether records are written, or wait, that no sync has made
// durable and one can; where nothing is synced, whether any wait to be written.
func (t *tail) unsynced() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	done := t.synced
	if t.noSync {
		done = t.off
	}
	return t.refuse == nil && t.off+int64(len(t.buf)) > done && t.fault.get() == nil
}

// durable returns how much of the file is.
func (t *tail) durable() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.synced
}

// halt makes what waits durable, notes at the end that all of it is, and
// refuses everything from then on.
func (t *tail) halt(why error) (end int64, err error) {
	t.mu.Lock()
	t.refuse = why
	end, err = t.write(func(b []byte, _ int64) []byte { return b })
	if err == nil {
		err = t.sync(end)
	}
	if err != nil {
		return 0, err
	}
	t.mu.Lock()
	return t.write(func(b []byte, off int64) []byte { return appendBatch(b, t.synced, off) })
}

func (t *tail) refused() error {
	if err := t.fault.get(); err != nil {
		return err
	}
	return t.refuse
}

// start makes the tail go on at off, before which everything is durable.
func (t *tail) start(noSync bool, path string, off int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noSync, t.path = noSync, path
	t.off, t.synced = off, off
	t.refuse = nil
}
