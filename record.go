package paceline

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/seed-1814a72b/paceline/journal"
)

// commit records a result: in the journal first, if there is one, and only
// when it is durable there does the sink hear of it.
func (r *run) commit(res *Result) {
	defer r.leave()
	if r.job.Journal == nil {
		r.put(res)
		return
	}
	row := rows.Get().(*[]byte)
	defer rows.Put(row)
	err := r.encode(row, res)
	if err == nil {
		err = r.job.Journal.Append(r.entry(res), *row, func() { r.committed(res) })
	}
	if err != nil {
		r.stop("journal", err, 0)
	}
}

// committed is told by the journal that a result is durable.
func (r *run) committed(res *Result) {
	r.count(res)
	if r.job.Sink != nil {
		r.put(res)
	}
}

// put hands a result to the sink. After the run's end, when only a journal that
// was closed under it can still call, it does nothing.
func (r *run) put(res *Result) {
	select {
	case r.results <- res:
	case <-r.ended:
	}
}

// count counts a result, and keeps nothing of it: it is the sink's.
func (r *run) count(res *Result) {
	r.account.row(res)
	r.progress.ended[res.Status].Add(1)
	r.engine.progress.ended[res.Status].Add(1)
	if r.engine.observer.wants(EventItem, res.Status == StatusDone) {
		r.engine.box.put(message{kind: msgItem, event: &Event{
			Kind: EventItem, Index: res.Item.Index, Status: res.Status, Err: res.Err,
			Attempt: res.Requests, Usage: res.Usage,
		}})
	}
}

// encode makes the row, in the place of what row was. A result that cannot be encoded
// cannot be kept, so a panic there stops the run, resumable, as does a runtime.Goexit.
func (r *run) encode(row *[]byte, res *Result) (err error) {
	whole := false
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("Job.Encode panicked on item %d: %v", res.Item.Index, p)
		} else if !whole {
			r.stop("journal", fmt.Errorf("item %d: %w", res.Item.Index, exited("Job.Encode")), 0)
		}
	}()
	*row = r.job.Encode((*row)[:0], res)
	whole = true
	return nil
}

// rows are buffers for rows on their way to the journal.
var rows = sync.Pool{New: func() any { return new([]byte) }}

func (r *run) entry(res *Result) journal.Entry {
	e := journal.Entry{
		Index: res.Item.Index, Status: journal.Status(res.Status), ItemSum: r.job.sum(&res.Item),
		FirstToken: res.FirstToken, Total: res.Total, Started: res.Started,
		Requests: int64(res.Requests), Attempts: int64(res.Attempts),
		PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: nanos(res.Cost),
	}
	e.Brought, e.AllNoted, e.Trip = res.brought, !res.brings, res.trip
	if res.Usage.Known {
		e.PromptTokens, e.CompletionTokens = res.Usage.Prompt, res.Usage.Completion
	}
	if res.Err != nil {
		e.Code = uint8(res.Err.Code)
	}
	return e
}

// nanos returns a cost in billionths of a dollar, rounded up, 1<<53 at most.
func nanos(c Cost) int64 {
	if !c.Known {
		return journal.Unknown
	}
	return whole(math.Ceil(c.USD * nano))
}

// watchJournal stops the run when its journal fails, since what can't be kept
// should not be sent. While its files are only astray, or its disk is full, it takes the rows of calls
// in flight. It returns how to end the watching.
func (r *run) watchJournal() (end func()) {
	if r.job.Journal == nil {
		return func() {}
	}
	r.job.Journal.Hurry(false)
	var joined sync.WaitGroup
	over := make(chan struct{})
	joined.Go(func() { r.watchFiles(over) })
	joined.Go(func() { r.watchRoom(over) })
	return func() { close(over); joined.Wait() }
}

// watchFiles is watchJournal but for the room on the disk.
func (r *run) watchFiles(over <-chan struct{}) {
	for astray := r.job.Journal.Astray(); ; {
		select {
		case <-astray:
			astray = nil
			r.stop("journal", r.job.Journal.AstrayErr(), faultGrace)
		case <-r.job.Journal.Failed():
			r.stop("journal", r.job.Journal.Err(), 0)
			return
		case <-over:
			return
		}
	}
}

// hurry has the journal wait for no room any more, whose run ends.
func (r *run) hurry() {
	if r.job.Journal != nil {
		r.job.Journal.Hurry(true)
	}
}

// flush makes durable what is committed, also when the run was interrupted.
func (r *run) flush() {
	if r.job.Journal == nil {
		return
	}
	if r.stopping() {
		r.hurry()
	}
	if err := r.job.Journal.Flush(context.Background()); err != nil {
		r.stop("journal", err, 0)
	}
}

// sink hands the results to the job's sink until the run has ended, and then closes
// sunk. After a failure it only drains. A sink that ends its goroutine has failed;
// another drains then.
func (r *run) sink(ctx context.Context, failed bool, sunk chan<- struct{}) {
	defer func() {
		if r.sinking {
			r.sinking = false
			r.stop("sink", exited("Job.Sink"), 0)
			go r.sink(ctx, true, sunk)
			return
		}
		close(sunk)
	}()
	for {
		select {
		case res := <-r.results:
			failed = failed || !r.sinkTakes(ctx, res)
			continue
		case <-r.ended:
		}
		for len(r.results) > 0 { // nobody adds to them any more
			res := <-r.results
			failed = failed || !r.sinkTakes(ctx, res)
		}
		return
	}
}

func (r *run) sinkTakes(ctx context.Context, res *Result) bool {
	was := *res // the sink may do with it what it likes
	if err := r.hand(ctx, res); err != nil {
		r.stop("sink", err, 0)
		return false
	}
	if r.job.Journal == nil {
		r.count(&was)
	}
	return true
}

// hand gives the sink a result. A panic in it ends the run.
func (r *run) hand(ctx context.Context, res *Result) (err error) {
	r.sinking = true
	defer func() {
		if p := recover(); p != nil {
			err, r.sinking = fmt.Errorf("Job.Sink panicked: %v", p), false
		}
	}()
	err = r.job.Sink.Put(ctx, res)
	r.sinking = false
	return err
}
