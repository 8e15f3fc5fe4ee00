package paceline_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// A provider, such as one with a cache, may return one answer to many calls: each has
// its own times, cost and values.
func TestAResponseThatIsReturnedToManyIsEachOnesOwn(t *testing.T) {
	shared := text("a")
	p := byNumber(func(i int, ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
		pause(ctx, time.Duration(i+1)*time.Second)
		return shared, nil
	})
	accept := func(r *paceline.Request, resp *paceline.Response) error {
		resp.Choices[0].Value = []byte(`"` + r.Model + `"`)
		return nil
	}
	running(t, p, paceline.Config{Limits: paceline.Limits{InFlight: 100}, Accept: accept}, func(t *testing.T, e *paceline.Engine) {
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				model := string(rune('a' + i%26))
				resp, err := e.Do(t.Context(), &paceline.Request{Model: model})
				if err != nil {
					t.Error(err)
					return
				}
				time.Sleep(time.Hour) // until all of them are there
				if got := string(resp.Choices[0].Value); got != `"`+model+`"` || resp.Text() != "a" || resp.Requests != 1 {
					t.Errorf("%s has %s, %q, %d requests", model, got, resp.Text(), resp.Requests)
				}
			})
		}
		wg.Wait()
	})
}

// The same holds for an error.
func TestAnErrorThatIsReturnedToManyIsNotChanged(t *testing.T) {
	for name, shared := range map[string]*paceline.Error{
		"stale":     {Code: paceline.CodeConnection, Stale: true},
		"cancelled": {Code: paceline.CodeCanceled},
	} {
		t.Run(name, func(t *testing.T) {
			was := *shared
			running(t, always(func(ctx context.Context, emit func(paceline.Delta)) (*paceline.Response, error) {
				pause(ctx, time.Second)
				return nil, shared
			}), paceline.Config{Retry: paceline.Retry{Attempts: 2}}, func(t *testing.T, e *paceline.Engine) {
				var wg sync.WaitGroup
				for range 20 {
					wg.Go(func() {
						if _, err := e.Do(t.Context(), &paceline.Request{}); err == nil || err == error(shared) {
							t.Errorf("err = %v", err)
						}
					})
				}
				wg.Wait()
				if shared.Code != was.Code || shared.Stale != was.Stale || shared.Err != nil || shared.MaybeBilled {
					t.Errorf("it has become %+v", shared)
				}
			})
		})
	}
}
