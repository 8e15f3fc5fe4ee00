package paceline

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A counted source has items without end, as many as are wanted.
type counted struct{ taken, most int }

func (s *counted) Next(context.Context) (Item, error) {
	if s.taken == s.most {
		return Item{}, io.EOF
	}
	s.taken++
	return Item{Index: int64(s.taken - 1), Request: &Request{Model: "m"}}, nil
}

// A run takes no more from its source than may wait for a first attempt, and goes
// on as attempts are made.
func TestARunTakesNoMoreThanItsBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		proceed := make(chan struct{})
		p := ProviderFunc(func(context.Context, *Request, func(Delta)) (*Response, error) {
			<-proceed
			return &Response{Body: []byte(`{}`)}, nil
		})
		e, err := New(p, Config{Limits: Limits{InFlight: 1}})
		if err != nil {
			t.Fatal(err)
		}
		source := &counted{most: 3 * backlogMin}
		done := make(chan struct{})
		go func() {
			defer close(done)
			sum, err := e.Run(t.Context(), Job{Source: source, Sink: SinkFunc(func(context.Context, *Result) error { return nil })})
			if err != nil || sum.Done != 3*backlogMin {
				t.Errorf("%d done, %v", sum.Done, err)
			}
		}()
		synctest.Wait()
		if n := source.taken; n < backlogMin || n > backlogMin+2 { // one is in flight, and one in the reader's hand
			t.Errorf("%d items are taken, of which %d may wait", n, backlogMin)
		}
		close(proceed)
		<-done
		e.Shutdown(t.Context())
	})
}

// While most of the backlog are calls of a model that may hardly have any, the
// calls of another that come behind them go on.
func TestABacklogOfAModelThatHasToWaitHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow, fast = backlogMin * 7 / 8, 2 * backlogMin
		var answered atomic.Int64
		p := ProviderFunc(func(_ context.Context, r *Request, _ func(Delta)) (*Response, error) {
			time.Sleep(time.Second)
			if r.Model == "fast" {
				answered.Add(1)
			}
			return &Response{Body: []byte(`{}`)}, nil
		})
		e, err := New(p, Config{Limits: Limits{InFlight: 100}, Models: map[string]Limits{"slow": {Requests: Per(1, time.Minute)}}})
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		source := SourceFunc(func(context.Context) (Item, error) {
			n++
			switch {
			case n <= slow:
				return Item{Index: n - 1, Request: &Request{Model: "slow"}}, nil
			case n <= slow+fast:
				return Item{Index: n - 1, Request: &Request{Model: "fast"}}, nil
			}
			return Item{}, io.EOF
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			e.Run(ctx, Job{Source: source, Sink: SinkFunc(func(context.Context, *Result) error { return nil })})
		}()
		time.Sleep(fast / 100 * time.Second * 5 / 4)
		if got := answered.Load(); got != fast {
			t.Errorf("%d of %d are answered, while %d wait for a limit of their own", got, fast, slow)
		}
		stop()
		<-done
		e.Shutdown(context.Background())
	})
}
