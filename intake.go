package paceline

import (
	"errors"
	"fmt"
	"io"
)

// read takes items from the source until it ends or the run is stopped. It
// reports whether the source has ended.
func (r *run) read() (whole bool) {
	for t := r.engine.task(); r.enter(); {
		if err := r.next(&t.item); err != nil {
			r.reading = false
			r.window.leave()
			if err == io.EOF { // no other: a cut connection's error may wrap one
				return true
			}
			if !r.stopping() {
				r.stop("source", err, never)
			}
			return false
		}
		if r.passes(&t.item) {
			r.backlog.leave()
			t.item = Item{}
			continue
		}
		r.take(t)
		t = r.engine.task()
	}
	return false
}

// enter waits until another item may be taken. It reports whether one may.
func (r *run) enter() bool {
	over := r.mayStart.Done()
	if r.stopping() || !r.window.enter(over) {
		return false
	}
	if !r.backlog.enter(over) {
		r.window.leave()
		return false
	}
	r.reading = true
	return true
}

// next takes the source's next item. A panic in the source ends the run.
func (r *run) next(it *Item) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("Job.Source panicked: %v", p)
		}
	}()
	if r.into != nil {
		return r.into.NextInto(r.mayStart, it)
	}
	*it, err = r.job.Source.Next(r.mayStart)
	return err
}

// passes counts an item, and reports whether it has its row already: then it is
// passed over.
func (r *run) passes(item *Item) bool {
	r.progress.items.Add(1)
	r.engine.progress.items.Add(1)
	if r.job.Journal == nil || !r.job.Journal.Done(item.Index) {
		return false
	}
	r.reading = false
	r.progress.resumed.Add(1)
	r.engine.progress.resumed.Add(1)
	r.leave()
	if r.past.pass() {
		r.engine.box.put(message{kind: msgPassing, run: r})
	}
	return true
}

func (r *run) take(t *task) {
	r.past.take()
	if err := r.prepare(&t.item); err != nil {
		r.reading = false
		r.backlog.leave()
		r.commit(&Result{Item: t.item, Status: StatusFailed, Err: err, Cost: Cost{Known: true}})
		return
	}
	r.submit(t)
}

// prepare makes or completes the item's request.
func (r *run) prepare(item *Item) (failure *Error) {
	defer func() {
		if p := recover(); p != nil {
			failure = panicked("Job.Prepare", p)
		}
	}()
	err := item.Err
	if err == nil && r.job.Prepare != nil {
		item.Request, err = r.job.Prepare(item)
	}
	if err == nil && item.Request == nil {
		err = errors.New("the item has no request, and Job.Prepare makes none")
	}
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: CodeBadItem, Message: err.Error(), Err: err}
}

func (r *run) submit(t *task) {
	t.run = r
	c := &t.call
	c.begin(r.engine, r.mayFinish, t.item.Request)
	c.run, c.index = r, t.item.Index
	c.waits, c.diary = t, &t.diary
	t.diary.begin(r, &t.item)
	r.reading = false
	if !r.engine.box.submit(c) {
		r.stop("interrupted", ErrShutdown, never)
		r.backlog.leave()
		r.drop()
	}
}
