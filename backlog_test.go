package paceline

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
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
