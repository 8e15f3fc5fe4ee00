package paceline

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
	"github.com/seed-1814a72b/paceline/journal"
)

// ErrShutdown is returned by calls and runs that [Engine.Shutdown] ended.
var ErrShutdown = errors.New("paceline: the engine is shutting down")

const (
	// aheadMin is how many items are taken from the source beyond those in
	// flight, so that admission always has somebody to admit.
	aheadMin = 1024
	// faultGrace is how long calls in flight may go on after one of them
	// showed that the job cannot: they are paid for already.
	faultGrace = 30 * time.Second
)

// Run takes every item of a job's source to its result. It returns after all
// that it started has ended, with the summary and
//
//   - nil when the source was read to its end; failed items are data,
//   - an [*Error] whose verdict is [VerdictJob] when the job cannot go on,
//   - an error that wraps [ErrShutdown], or ctx's cause, when it was stopped,
//   - the source's, sink's or journal's error.
//
// Memory does not grow with the number of items. With a journal every stopped
// run can be continued by the same job. As [Engine.Do] it is not for providers of
// the same engine, within an attempt.
func (e *Engine) Run(ctx context.Context, job Job) (Summary, error) {
	if err := job.validate(e.cfg.Price != nil); err != nil {
		return Summary{}, err
	}
	if err := e.nested(ctx); err != nil {
		return Summary{}, err
	}
	release, err := claim(job.Journal)
	if err != nil {
		return Summary{}, err
	}
	defer release()
	limit := job.Budget.spend()
	spent, err := spentBefore(job.Journal, limit)
	if err != nil {
		return Summary{}, err
	}
	r := e.newRun(ctx, job)
	r.purse = newPurse(limit, spent)
	return r.whole(ctx)
}

// journals are those that a run of this process writes to.
var journals sync.Map

// claim has a journal be one run's alone until release: two at once would send every
// item twice. nil is nobody's.
func claim(j *journal.Journal) (release func(), err error) {
	if j == nil {
		return func() {}, nil
	}
	if _, taken := journals.LoadOrStore(j, true); taken {
		return nil, errors.New("job: Journal: another run writes to it; wait for its end, or open one for each")
	}
	return func() { journals.Delete(j) }, nil
}

// whole takes the run from its first item to its end.
func (r *run) whole(ctx context.Context) (Summary, error) {
	e := r.engine
	e.box.put(message{kind: msgRun, run: r})
	defer e.box.put(message{kind: msgOver, run: r})
	defer r.abort(nil)
	defer context.AfterFunc(r.mayFinish, func() { e.box.put(message{kind: msgBroken, run: r}) })()
	defer context.AfterFunc(r.mayFinish, r.hurry)()
	defer context.AfterFunc(ctx, func() { r.stop("interrupted", context.Cause(ctx), 0) })()
	defer context.AfterFunc(e.accepting, func() { r.stop("interrupted", ErrShutdown, never) })()
	if e.accepting.Err() != nil { // which it would hear of after the first items
		r.stop("interrupted", ErrShutdown, never)
	}
	defer r.watchJournal()()
	chronicle := r.chronicle()

	all := r.work(ctx)
	if !all || r.left.Load() > 0 {
		r.unfinished(ctx)
	}
	sum, err := r.summary()
	chronicle.end(sum.Stats)
	return sum, err
}

// work takes the items of the source to their rows, and returns when all that it has
// started has ended: also where the source, or what makes its items' requests, ends
// this goroutine. It reports whether the source was read to its end.
func (r *run) work(ctx context.Context) (all bool) {
	sunk, whole := make(chan struct{}), false
	go r.sink(context.WithoutCancel(ctx), r.job.Sink == nil, sunk)
	defer func() {
		if !whole { // nobody is told: it unwinds
			r.stop("source", exited("Job.Source, Prepare or Sum"), 0)
			if r.reading {
				r.window.leave()
			}
		}
		r.engine.box.put(message{kind: msgExhausted, run: r})
		r.window.empty()
		r.crew.end()
		r.flush()
		close(r.ended)
		<-sunk
	}()
	all = r.read()
	whole = true
	return all
}

// unfinished notes why a run ended before its source did, if nobody has said so
// yet: those who end it tell the run on goroutines of their own.
func (r *run) unfinished(ctx context.Context) {
	switch {
	case ctx.Err() != nil:
		r.stop("interrupted", context.Cause(ctx), 0)
	case r.engine.accepting.Err() != nil:
		r.stop("interrupted", ErrShutdown, never)
	default:
		r.stop("interrupted", errLeft, never)
	}
}

// errLeft would be a fault of ours: an item has left the run without a result,
// and nobody has stopped it. It must not go unnoticed.
var errLeft = errors.New("paceline: an item has ended without a result")

// run is one call of Run.
type run struct {
	engine *Engine
	job    Job
	progress
	// The dispatcher's.
	tally   *tally
	purse   *purse // nil: no budget
	waiting flow.Party
	shelf   []*call     // put aside while the disk is full
	last    bool        // no further item will come
	before  consumption // of the engine, when the run began
	account account

	mayStart  context.Context
	halt      context.CancelFunc
	mayFinish context.Context
	abort     context.CancelCauseFunc

	crew     *crew
	into     intoSource                       // the job's source, if it is one; else nil
	begin    func(*task)                      // has the attempt of a task begun at the next launch: the crew's
	window   *window                          // of the items taken and not ended
	backlog  *window                          // of those, the ones that no attempt was made at
	short    atomic.Pointer[journal.Shortage] // of the journal's disk; nil: there is room
	answered atomic.Bool                      // an item has been answered
	bare     atomic.Int32                     // failures one after the other that are those of no API
	left     atomic.Int64                     // items that left without a result
	past     resumption                       // of the items read
	results  chan *Result                     // to the sink
	reading  bool                             // the reader's: it holds a place in the windows for an item that is nobody's yet
	sinking  bool                             // its goroutine's: it is within Put
	ended    chan struct{}                    // closed when there will be no further result

	mu        sync.Mutex
	stoppedBy string
	err       error
	refusal   string // the words in which the last item was refused
	refused   int    // items refused in these words, one after the other
}

func (e *Engine) newRun(ctx context.Context, job Job) *run {
	r := &run{
		engine: e, job: job, tally: newTally(e.now()),
		window: newWindow(e.ahead()), backlog: newBacklog(e.ahead()), crew: newCrew(),
		results: make(chan *Result, 64),
		ended:   make(chan struct{}),
	}
	r.begin = r.crew.grant
	r.into, _ = job.Source.(intoSource)
	r.mayFinish, r.abort = context.WithCancelCause(context.WithoutCancel(ctx))
	r.mayStart, r.halt = context.WithCancel(ctx)
	return r
}

// ahead returns how many items a run may hold: those in flight, as many that wait
// between two attempts, and some that wait for admission.
func (e *Engine) ahead() int {
	n := aheadMin
	for _, ep := range e.endpoints {
		n += 2 * max(ep.Limits.InFlight, flow.AdaptiveMax) // the limits may be raised meanwhile
	}
	return n
}

// never is a grace that does not end by itself.
const never = time.Duration(-1)

// stop ends the run early: nothing starts any more, and what is in flight may
// finish within grace (0: not at all). The first reason stands.
func (r *run) stop(by string, err error, grace time.Duration) {
	r.mu.Lock()
	if r.stoppedBy == "" {
		r.stoppedBy, r.err = by, err
	}
	r.mu.Unlock()
	r.halt()
	r.engine.box.put(message{kind: msgStopRun, run: r})
	switch {
	case grace == 0:
		r.abort(err)
	case grace > 0:
		timer := time.AfterFunc(grace, func() { r.abort(err) })
		context.AfterFunc(r.mayFinish, func() { timer.Stop() })
	}
}

// stopping reports whether nothing of the run may start any more. A nil run
// never stops.
func (r *run) stopping() bool { return r != nil && r.mayStart.Err() != nil }

// exhausted reports whether all that the run will ever submit has been.
func (r *run) exhausted() bool { return r != nil && r.last }

// drop ends an item that gets no result in this run.
func (r *run) drop() {
	r.left.Add(1)
	r.leave()
}

// leave ends an item: its result is taken care of, or it has none.
func (r *run) leave() {
	r.window.leave()
}

// finish makes a result of a call that has come to its end.
func (r *run) finish(c *call, item Item) {
	err := c.final()
	if c.resp != nil {
		r.answered.Store(true)
	}
	switch r.verdict(c, err) {
	case VerdictStop:
		r.drop()
	case VerdictJob:
		r.stop(err.Code.String(), err, graceAfter(err))
		r.drop()
	default:
		res := c.result(item, err)
		res.brings, res.brought, res.trip = c.diary.brings(), c.last, c.trip
		r.commit(res)
		r.suspect(err)
	}
}

// graceAfter returns how long calls in flight may go on after a fault of the job.
// A budget that is used up is none of theirs: what they take is set aside.
func graceAfter(err *Error) time.Duration {
	if err.Code == CodeBudget {
		return never
	}
	return faultGrace
}

// suspectAfter items that failed by the same fault of theirs, while none has
// been answered, are no coincidence: the job asks for what the endpoint refuses.
const suspectAfter = 10

// suspect stops the run when every item so far was refused in the same words.
func (r *run) suspect(err *Error) {
	if err == nil || !err.Remote || r.answered.Load() {
		return
	}
	r.mu.Lock()
	if said := err.words(""); said != r.refusal {
		r.refusal, r.refused = said, 0
	}
	r.refused++
	certain := r.refused >= suspectAfter
	r.mu.Unlock()
	if certain {
		r.stop(err.Code.String(), err, faultGrace)
	}
}

func (c *call) result(item Item, err *Error) *Result {
	res := &Result{
		Item: item, Err: err, Requests: c.requests,
		Started:    c.engine.at(c.started),
		FirstToken: c.firstToken, Total: c.total,
		Usage: c.usage, Cost: c.cost, Attempts: max(1, c.charged),
	}
	if err == nil {
		res.Attempts = c.charged + 1
	} else {
		res.Status = err.Code.Status()
	}
	if err == nil || c.judged {
		res.Response = c.resp
	}
	if res.Response != nil {
		res.Response.Requests = c.requests
	}
	return res
}

// summary returns how the run ended.
func (r *run) summary() (Summary, error) {
	s := Summary{Stats: r.engine.snapshot(r)}
	s.Account, s.Lost = r.account.snapshot()
	r.mu.Lock()
	defer r.mu.Unlock()
	s.StoppedBy = r.stoppedBy
	return s, r.err
}

func (j *Job) sum(item *Item) uint32 {
	if j.Sum != nil {
		return j.Sum(item)
	}
	return journal.Sum(item.Raw)
}

func (j *Job) validate(priced bool) error {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("job: "+what))
		}
	}
	source, isFunc := j.Source.(SourceFunc)
	need(j.Source != nil && !(isFunc && source == nil), "Source: is missing")
	sink, isFunc := j.Sink.(SinkFunc)
	need(!(isFunc && sink == nil), "Sink: is missing: a nil SinkFunc takes nothing")
	need(j.Sink != nil || j.Journal != nil, "Sink: is missing, and there is no Journal either: the results would be lost")
	need(j.Journal == nil || j.Encode != nil, "Encode: is missing; a Journal needs it to write rows")
	j.Budget.validate(need, priced)
	return errors.Join(errs...)
}
