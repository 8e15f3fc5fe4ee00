package journal

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// queue holds the rows that wait for their commit.
type queue struct {
	mu     sync.Mutex
	room   sync.Cond // on mu: the queue has room again, or will never have
	batch  *batch    // being filled
	spare  *batch    // the one committed last, to be filled again
	urgent bool      // a Flush or halt wants a commit at once
	refuse error     // why nothing is accepted; nil: it is

	records []byte // the committer's: the records of the batch it commits

	armed atomic.Bool // the committer will look by itself before long

	// most is how many bytes of rows are committed without waiting: Options.SyncBytes, or
	// less where the reserve is small. Four times as many may wait.
	most atomic.Int64

	wake   chan struct{} // of one: there is something to look at
	joined chan struct{} // closed when the committer has ended
}

// Append queues a finished item's row, which it copies. The row must end with a
// newline and should be one line; its place and checksum are filled in. It
// returns at once unless the queue is full; while the disk is, the queue takes any
// number. committed, if not nil, is called
// once the row is durable, on the committer's goroutine, in the order of the
// rows; it must be quick and must not call Append, Flush or Close. If the commit
// fails it is never called. An item's second row fails with CodeUsage.
func (j *Journal) Append(e Entry, row []byte, committed func()) error {
	switch {
	case e.Index < 0 || e.Status >= statuses:
		return usage("a row for item %d with status %d", e.Index, e.Status)
	case len(row) == 0 || row[len(row)-1] != '\n':
		return usage("the row of item %d does not end with a newline", e.Index)
	}
	e.RowSum, e.Length = Sum(row), int64(len(row))
	if err := j.Err(); err != nil {
		j.unkept.add(e)
		return err
	}
	q := &j.queue
	q.mu.Lock()
	for q.refuse == nil && int64(len(q.batch.rows)) >= 4*q.most.Load() && j.full() == nil {
		q.room.Wait()
	}
	if q.refuse != nil {
		defer q.mu.Unlock()
		if j.Err() != nil {
			j.unkept.add(e)
		}
		return q.refuse
	}
	if !j.items.setDone(e.Index, e.ItemSum) {
		defer q.mu.Unlock()
		return usage("a second row for item %d", e.Index)
	}
	before, most := int64(len(q.batch.rows)), q.most.Load()
	q.batch.add(&e, row, committed)
	after := int64(len(q.batch.rows))
	q.mu.Unlock()
	if before == 0 || before < most && after >= most {
		q.poke()
	}
	return nil
}

func (q *queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Flush commits what was appended before it and waits until that is durable. It
// ends early with the context's error; the commit goes on. On a journal that is
// closed or has failed it waits for the last commit, so that no callback of
// Append runs after it, and returns why nothing is accepted any more.
func (j *Journal) Flush(ctx context.Context) error {
	q := &j.queue
	q.mu.Lock()
	refuse, done := q.refuse, q.joined
	if refuse == nil {
		done = q.batch.wanted()
		q.urgent = true
	}
	q.mu.Unlock()
	q.poke()
	select {
	case <-done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if refuse != nil {
		return refuse
	}
	return j.Err() // nil, or why nothing is committed any more
}

// wanted returns what is closed when b is committed or never will be.
func (b *batch) wanted() chan struct{} {
	if b.done == nil {
		b.done = make(chan struct{})
	}
	return b.done
}

// startCommitter starts the goroutine that commits. queue.halt ends it.
func (j *Journal) startCommitter() {
	q := &j.queue
	q.mu.Lock()
	q.batch, q.spare = new(batch), new(batch)
	q.refuse, q.urgent = nil, false
	q.joined = make(chan struct{})
	q.mu.Unlock()
	go j.commitLoop()
}

// freeAll has whoever waits for room in the queue look again.
func (q *queue) freeAll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.room.Broadcast()
}

// halt refuses rows from now on; the committer commits what waits and ends.
func (q *queue) halt(why error) {
	q.mu.Lock()
	if q.refuse == nil {
		q.refuse = why
	}
	q.room.Broadcast()
	q.mu.Unlock()
	q.poke()
}

// commitLoop commits when a row has waited for SyncEvery, when there are
// SyncBytes of them, and when asked to. Intents that no commit has made durable
// for so long are synced without rows.
func (j *Journal) commitLoop() {
	q := &j.queue
	defer close(q.joined)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	q.armed.Store(false)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		due := false
		select {
		case <-look.C:
			_ = j.look() // which closes Astray
			j.refill()
			continue
		case <-q.wake:
		case <-timer.C:
			due = true
			q.armed.Store(false)
		}
		b, waiting, over := j.take(due)
		switch {
		case b != nil:
			timer.Stop()
			q.armed.Store(false)
			j.finish(b, j.commit(b))
		case due && !waiting:
			j.syncIntents()
		}
		if over {
			return
		}
		if (waiting || j.tail.unsynced()) && !q.armed.Load() && j.opt.SyncEvery > 0 {
			timer.Reset(j.opt.SyncEvery)
			q.armed.Store(true)
		}
	}
}

// syncIntents makes durable what stands behind the last commit.
func (j *Journal) syncIntents() {
	if !j.tail.unsynced() {
		return
	}
	end, err := j.tail.append(func(b []byte, _ int64) []byte { return b })
	if err == nil {
		err = j.tail.sync(end)
	}
	if err != nil {
		j.queue.halt(err)
	}
}

// take returns the batch if it is to be committed now, else whether rows wait;
// and whether the batch is the last one.
func (j *Journal) take(due bool) (b *batch, waiting, over bool) {
	q := &j.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	n := int64(len(q.batch.rows))
	over = q.refuse != nil
	if !over && !q.urgent && !(due && n > 0) && n < q.most.Load() {
		return nil, n > 0, false
	}
	b, q.batch = q.batch, q.spare
	q.spare, q.urgent = nil, false
	q.room.Broadcast()
	return b, false, over
}

// finish tells who waits that a batch is committed or, after a failure, that no
// more of it will be.
func (j *Journal) finish(b *batch, err error) {
	q := &j.queue
	if err != nil {
		j.unkept.add(b.entries[b.kept:]...)
		q.halt(err)
	}
	if b.done != nil {
		close(b.done)
	}
	b.reset()
	q.mu.Lock()
	q.spare = b
	q.mu.Unlock()
}

// syncFile makes a file durable, unless that is switched off.
func (j *Journal) syncFile(f File) error {
	if j.opt.NoSync {
		return nil
	}
	return f.Sync()
}
