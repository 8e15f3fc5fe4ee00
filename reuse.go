package paceline

// The memory of calls and attempts is used again: at thousands of calls a second they
// would otherwise be most of the garbage, and each collection looks at the stacks of
// all that wait. It is another's only when nobody has it any more; the tests of this
// file's name guard that.

// leave notes that one of the two who have the call, its goroutine and the
// dispatcher, looks at it no more; then its memory is another call's. The dispatcher
// leaves only calls that were answered by their first and only request: whatever
// else happens to a call, a hedge, a failure, a cancellation, somebody may remember
// it by its address, and it is left to be collected.
func (c *call) leave() {
	if c.holders.Add(-1) == 0 {
		c.waits.free()
	}
}

func (t *turn) free() {
	turns := &t.call.engine.turns
	t.call = call{}
	turns.Put(t)
}

// turn returns one in which nothing is. They are the engine's own, since channels
// must not leave the bubble of a synctest in which they were made.
func (e *Engine) turn() *turn {
	if t, ok := e.turns.Get().(*turn); ok {
		return t
	}
	return &turn{granted: make(chan *attempt, 1)}
}

func (t *task) free() {
	tasks := &t.run.engine.tasks
	*t = task{}
	tasks.Put(t)
}

// task returns one in which nothing is.
func (e *Engine) task() *task {
	if t, ok := e.tasks.Get().(*task); ok {
		return t
	}
	return new(task)
}

// mostSpare is how many attempts are kept for calls to come at most, 600 KB: of more
// few are needed again soon enough to be in the processor's cache still.
const mostSpare = 1024

// blank returns an attempt in which nothing is.
func (d *dispatcher) blank() *attempt {
	last := len(d.spare) - 1
	if last < 0 {
		return new(attempt)
	}
	a := d.spare[last]
	d.spare = d.spare[:last]
	return a
}

// leave gives up an attempt of which no further message will come, and its call:
// see [call.leave]. Of those of strict limits the connection may tell late, and of
// others a provider that does not wait for its own goroutines.
func (d *dispatcher) leave(a *attempt, end *ending) {
	c := a.call
	if end.err != nil || c.sent > 1 || a.strict || a.shared {
		return
	}
	*a = attempt{}
	if len(d.spare) < mostSpare {
		d.spare = append(d.spare, a)
	}
	c.leave()
}
