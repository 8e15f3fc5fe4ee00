package paceline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// A stall is cut on time although the deadline of the first token, which has been
// met, was later.
func TestAStallIsCutBeforeTheFirstTokenWouldHaveBeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut time.Duration
		p := paceline.ProviderFunc(func(ctx context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
			if cut > 0 {
				return &paceline.Response{Body: []byte(`{}`)}, nil
			}
			time.Sleep(time.Second)
			emit(paceline.Delta{Kind: paceline.DeltaContent})
			began := time.Now()
			<-ctx.Done()
			cut = time.Since(began)
			return nil, &paceline.Error{Code: paceline.CodeCanceled, Err: context.Cause(ctx)}
		})
		e, err := paceline.New(p, paceline.Config{Deadlines: paceline.Deadlines{Stall: 5 * time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Shutdown(context.Background())
		if _, err := e.Do(t.Context(), nil); err != nil || cut != 5*time.Second {
			t.Errorf("%v, cut after %v", err, cut)
		}
	})
}
