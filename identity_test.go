package paceline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Every call of these tests has a number, which goes with it wherever something of it
// goes: in its request, its context and what ends that, its pieces, answers, errors,
// tokens, events and results. None may be seen with another call's.

type numberKey struct{}

// numbered is the request of a call.
func numbered(n int64) *Request { return &Request{Path: fmt.Sprint("/", n)} }

// numberOf returns whose request that is.
func numberOf(req *Request) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(req.Path, "/"), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// errEnded is the cause with which a call is cancelled.
type errEnded int64

func (e errEnded) Error() string { return fmt.Sprint("ended: ", int64(e)) }

// identities answers calls, or does whatever else a provider may do, and things that
// none should: it speaks of attempts that have ended.
type identities struct {
	t  *testing.T
	mu sync.Mutex

	ended []past         // some of the attempts that have
	late  sync.WaitGroup // goroutines that outlast their attempt
}

// A past attempt is what was given for one, and when it ended: once time has gone by,
// everybody knows.
type past struct {
	emit func(Delta)
	at   time.Time
}

// outcomes are what may come of an attempt, out of so many.
const outcomes = 24

func (p *identities) Attempt(ctx context.Context, req *Request, emit func(Delta)) (*Response, error) {
	n, began := numberOf(req), time.Now()
	if of, known := ctx.Value(numberKey{}).(int64); known && of != n {
		p.t.Errorf("%d has the context of %d", n, of)
	}
	p.haunt()
	defer p.outlast(emit)
	fault := &Error{Remote: true, RequestID: req.Path, Message: req.Path}
	outcome := rand.N(outcomes)
	switch outcome {
	case 0:
		fault.Code = CodeServer
	case 1:
		fault.Code, fault.RetryAfter = CodeThrottled, time.Duration(rand.N(5))*time.Millisecond
	case 2:
		fault.Code, fault.Status = CodeInvalidRequest, 400
	case 3:
		fault.Code, fault.Stale = CodeConnection, true
	}
	if fault.Code != CodeUnknown {
		return nil, p.wait(ctx, n, fault)
	}
	if outcome == 4 { // hangs before its first piece
		return nil, p.hang(ctx, n)
	}
	if outcome == 7 { // so slow that it gets a hedge, if there is room for one
		time.Sleep(time.Duration(rand.N(600)) * time.Millisecond)
	}
	if err := p.wait(ctx, n, nil); err != nil {
		return nil, err
	}
	if outcome == 5 {
		panic(n)
	}
	first := time.Since(began)
	for piece := range 3 {
		emit(Delta{Kind: DeltaContent, Quoted: strconv.AppendQuote(nil, req.Path)})
		if outcome == 6 && piece == 1 {
			return nil, p.hang(ctx, n)
		}
		if err := p.wait(ctx, n, nil); err != nil {
			return nil, err
		}
	}
	return &Response{
		RequestID: req.Path, Model: first.String(), Status: 200,
		Usage: Usage{Prompt: n, Completion: 1, Known: true},
	}, nil
}

// wait returns err after a while, or why the attempt is over sooner.
func (p *identities) wait(ctx context.Context, n int64, err *Error) error {
	select {
	case <-time.After(time.Duration(rand.N(12)) * time.Millisecond):
	case <-ctx.Done():
		return p.over(ctx, n)
	}
	if err == nil {
		return nil
	}
	return err
}

func (p *identities) hang(ctx context.Context, n int64) error {
	<-ctx.Done()
	return p.over(ctx, n)
}

// over returns what the end of an attempt is, whose own it must be.
func (p *identities) over(ctx context.Context, n int64) error {
	cause := context.Cause(ctx)
	if of, is := errors.AsType[errEnded](cause); is && int64(of) != n {
		p.t.Errorf("%d was ended by the end of %d", n, of)
	}
	return &Error{Code: CodeCanceled, Err: cause, RequestID: fmt.Sprint("/", n)}
}

// haunt speaks of an attempt that has ended, as if it were under way.
func (p *identities) haunt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ended) == 0 {
		return
	}
	g := p.ended[rand.N(len(p.ended))]
	if !g.at.Before(time.Now()) {
		return
	}
	for kind := DeltaContent; kind <= DeltaRepeat; kind++ {
		g.emit(Delta{Kind: kind, Quoted: []byte(`"ghost"`)})
	}
	if len(p.ended) > 64 {
		p.ended = slices.Delete(p.ended, 0, 32)
	}
}

// outlast keeps what an attempt had been given, and lets some of them speak on.
func (p *identities) outlast(emit func(Delta)) {
	if rand.N(16) == 0 {
		p.late.Go(func() { emit(Delta{Kind: DeltaKeepAlive}) })
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = append(p.ended, past{emit, time.Now()})
}

// accept judges an answer, and is now and then as bad as a hook can be.
func (p *identities) accept(req *Request, resp *Response) error {
	if resp.RequestID != req.Path {
		p.t.Errorf("%s is judged by the answer %s", req.Path, resp.RequestID)
	}
	switch rand.N(outcomes) {
	case 0:
		return errors.New(req.Path)
	case 1:
		panic(req.Path)
	case 2:
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

// check holds that all that came of a call is its own.
func (p *identities) check(n int64, resp *Response, err *Error, what string) {
	own := fmt.Sprint("/", n)
	if resp != nil {
		if resp.RequestID != own || resp.Usage.Prompt != n {
			p.t.Errorf("%s %d has the answer %s, of %d tokens", what, n, resp.RequestID, resp.Usage.Prompt)
		}
		if first := resp.FirstToken.String(); first != resp.Model {
			p.t.Errorf("%s %d began after %s, and is said to have after %s", what, n, resp.Model, first)
		}
	}
	if err == nil {
		return
	}
	if err.RequestID != "" && err.RequestID != own || err.Remote && err.Message != own {
		p.t.Errorf("%s %d has the failure %+v", what, n, err)
	}
	if of, is := errors.AsType[errEnded](err); is && int64(of) != n {
		p.t.Errorf("%s %d was ended by the end of %d", what, n, of)
	}
}

// do makes a call, and cancels some.
func (p *identities) do(e *Engine, n int64) {
	ctx, end := context.WithCancelCause(context.WithValue(context.Background(), numberKey{}, n))
	defer end(nil)
	if rand.N(6) == 0 {
		stop := time.AfterFunc(time.Duration(rand.N(40))*time.Millisecond, func() { end(errEnded(n)) })
		defer stop.Stop()
	}
	defer func() {
		if r := recover(); r != nil && r != n {
			p.t.Errorf("%d panics with %v", n, r)
		}
	}()
	if n%4 == 0 {
		p.stream(e, ctx, n)
		return
	}
	resp, err := e.Do(ctx, numbered(n))
	p.check(n, resp, faultOf(err), "call")
}

func (p *identities) stream(e *Engine, ctx context.Context, n int64) {
	s := e.Stream(ctx, numbered(n))
	var failure error
	for d, err := range s.All() {
		if failure = err; err == nil && d.Text() != fmt.Sprint("/", n) {
			p.t.Errorf("the stream %d has the piece %q", n, d.Text())
		}
		if rand.N(30) == 0 {
			break
		}
	}
	p.check(n, s.Response(), faultOf(failure), "stream")
}

func faultOf(err error) *Error {
	e, _ := errors.AsType[*Error](err)
	return e
}

// run makes a run of the calls from first on, whose items are counted from there.
func (p *identities) run(e *Engine, ctx context.Context, first, count int64, budget Budget) {
	next, seen := int64(0), make(map[int64]bool)
	sum, err := e.Run(ctx, Job{
		Budget: budget,
		Source: SourceFunc(func(context.Context) (Item, error) {
			if next == count {
				return Item{}, io.EOF
			}
			it := Item{Index: next, ID: fmt.Sprint(first + next)}
			next++
			return it, nil
		}),
		Prepare: func(it *Item) (*Request, error) {
			if rand.N(40) == 0 {
				panic(it.ID)
			}
			return numbered(first + it.Index), nil
		},
		Sink: SinkFunc(func(_ context.Context, r *Result) error {
			n := first + r.Item.Index
			if r.Item.ID != fmt.Sprint(n) || seen[n] {
				p.t.Errorf("item %d is %s, and was there: %t", n, r.Item.ID, seen[n])
			}
			seen[n] = true
			p.check(n, r.Response, r.Err, "item")
			if answers := r.Usage.Prompt / n; r.Usage.Prompt%n != 0 || answers > int64(r.Requests) {
				p.t.Errorf("item %d took %d tokens by %d requests", n, r.Usage.Prompt, r.Requests)
			}
			return nil
		}),
	})
	if s := sum.Stats; err == nil && (int64(len(seen)) != count || s.Items != count) {
		p.t.Errorf("%d of %d items were put, %d counted", len(seen), count, s.Items)
	}
}

// disturb steers the engine until over is closed, with no fewer calls at once than
// least for each endpoint.
func disturb(e *Engine, least int, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(time.Duration(rand.N(60)) * time.Millisecond):
		}
		limits := Limits{InFlight: least + rand.N(40)}
		switch rand.N(6) {
		case 0:
			e.Pause()
			time.AfterFunc(10*time.Millisecond, e.Resume)
		case 1:
			limits.Requests, limits.Window = Per(2000, time.Second), Strict
			fallthrough
		case 2:
			_ = e.SetLimits("", limits)
		case 3:
			_ = e.SetModelLimits("", "m", limits)
		case 4:
			e.Measures()
		default:
			e.Stats()
		}
	}
}

// TestNoCallSeesAnythingOfAnother makes single calls, streams and runs of one engine at
// the same time, whose attempts fail, hang, panic and are cancelled, while its limits
// change, and ends it in the midst of the last: once where calls wait for each other,
// once where there is room for hedges. -count and -race make more of it.
func TestNoCallSeesAnythingOfAnother(t *testing.T) {
	t.Run("crowded", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { mingle(t, 8) })
	})
	t.Run("roomy", func(t *testing.T) {
		for range 5 { // one in a hundred has no hedge, by chance
			hedges := int64(0)
			synctest.Test(t, func(t *testing.T) { hedges = mingle(t, 100) })
			if hedges > 0 {
				return
			}
		}
		t.Error("no call had a hedge")
	})
}

// mingle does that with no fewer calls at once than least for each endpoint, and
// returns how many had a hedge.
func mingle(t *testing.T, least int) (hedges int64) {
	p := &identities{t: t}
	one := Endpoint{Provider: p, Limits: Limits{InFlight: least}}
	e, err := NewPool([]Endpoint{one, one}, Config{
		Retry:     Retry{Base: 5 * time.Millisecond, Max: 20 * time.Millisecond},
		Deadlines: Deadlines{FirstToken: time.Second, Stall: 40 * time.Millisecond},
		Hedge:     Hedge{Budget: 0.5}, Accept: p.accept, OutageLimit: time.Minute, Observe: p.event,
	})
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	var steering, calls sync.WaitGroup
	steering.Go(func() { disturb(e, least, over) })
	for w := range int64(24) {
		calls.Go(func() {
			for i := range int64(15) {
				p.do(e, 100_003+w*1000+i)
			}
		})
	}
	whole := t.Context()
	cut, stop := context.WithTimeout(whole, time.Second)
	defer stop()
	calls.Go(func() { p.run(e, whole, firstItem, 120, Budget{}) })
	calls.Go(func() { p.run(e, cut, firstItem, 200, Budget{}) })
	calls.Go(func() { p.run(e, whole, firstItem, 200, Budget{Requests: 80}) })
	calls.Wait()
	calls.Go(func() { p.run(e, whole, firstItem, 100_000, Budget{}) })
	time.Sleep(200 * time.Millisecond)
	ctx, end := context.WithTimeout(whole, time.Duration(rand.N(20))*time.Millisecond)
	defer end()
	e.Shutdown(ctx)
	calls.Wait()
	close(over)
	steering.Wait()
	p.late.Wait()
	s := e.Stats()
	if s.InFlight != 0 || s.Waiting != 0 {
		t.Errorf("%d in flight and %d waiting after the end", s.InFlight, s.Waiting)
	}
	return s.Hedges
}

// firstItem is the number of each run's first item, so that the index that an event
// has tells its number.
const firstItem = 500_009

// event holds that what is told of an item's attempt is its own.
func (p *identities) event(ev Event) {
	own := fmt.Sprint("/", firstItem+ev.Index)
	if ev.Index < 0 {
		return
	}
	if ev.RequestID != "" && ev.RequestID != own || ev.Err != nil && ev.Err.Remote && ev.Err.Message != own {
		p.t.Errorf("item %d: an event tells of %s: %v", ev.Index, ev.RequestID, ev.Err)
	}
}
