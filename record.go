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
		r.results <- res
		return
	}
	row, err := r.encode(res)
	defer rows.Put(&row)
	if err == nil {
		err = r.job.Journal.Append(r.entry(res), row, func() { r.committed(res) })
	}
	if err != nil {
		r.stop("journal", err, 0)
	}
}

// committed is told by the journal that a result is durable.
func (r *run) committed(res *Result) {
	r.count(res.Status)
	if r.job.Sink != nil {
		r.results <- res
	}
}

func (r *run) count(s Status) {
	r.progress.ended(s)
	r.engine.progress.ended(s)
}

// encode makes the row. A result that cannot be encoded cannot be kept, so a
// panic there stops the run, resumable.
func (r *run) encode(res *Result) (row []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("Job.Encode panicked on item %d: %v", res.Item.Index, p)
		}
	}()
	return r.job.Encode((*rows.Get().(*[]byte))[:0], res), nil
}

// rows are buffers for rows on their way to the journal.
var rows = sync.Pool{New: func() any { return new([]byte) }}

func (r *run) entry(res *Result) journal.Entry {
	e := journal.Entry{
		Index: res.Item.Index, Status: journal.Status(res.Status), ItemSum: r.job.sum(&res.Item),
		FirstToken: res.FirstToken, Total: res.Total, Started: res.Started,
		Requests: int64(res.Requests), Attempts: int64(res.Requests),
		PromptTokens: journal.Unknown, CompletionTokens: journal.Unknown, Cost: nanos(res.Cost),
	}
	if res.Usage.Known {
		e.PromptTokens, e.CompletionTokens = res.Usage.Prompt, res.Usage.Completion
	}
	if res.Err != nil {
		e.Code, e.Attempts = uint8(res.Err.Code), int64(res.Err.Attempts)
	}
	return e
}

// nanos returns a cost in billionths of a dollar, rounded up.
func nanos(c Cost) int64 {
	if !c.Known {
		return journal.Unknown
	}
	return int64(math.Ceil(c.USD * 1e9))
}

// watchJournal stops the run when its journal fails, since what can't be kept
// should not be sent. It returns how to end the watching.
func (r *run) watchJournal() (end func()) {
	if r.job.Journal == nil {
		return func() {}
	}
	over, joined := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(joined)
		select {
		case <-r.job.Journal.Failed():
			r.stop("journal", r.job.Journal.Err(), 0)
		case <-over:
		}
	}()
	return func() { close(over); <-joined }
}

// flush makes durable what is committed, also when the run was interrupted.
func (r *run) flush() {
	if r.job.Journal == nil {
		return
	}
	if err := r.job.Journal.Flush(context.Background()); err != nil {
		r.stop("journal", err, 0)
	}
}

// sink hands the results to the job's sink. After a failure it only drains.
func (r *run) sink() {
	failed := false
	for res := range r.results {
		if failed || r.job.Sink == nil {
			continue
		}
		if err := r.job.Sink.Put(r.mayFinish, res); err != nil {
			failed = true
			r.stop("sink", err, 0)
			continue
		}
		if r.job.Journal == nil {
			r.count(res.Status)
		}
	}
}
