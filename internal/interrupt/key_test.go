package interrupt

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// TestADrainByKeyEndsTheRun checks that a key ends a run as Ctrl-C does, and a
// second one at once.
func TestADrainByKeyEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, i := Watch(t.Context(), nil, 30*time.Second, io.Discard)
		defer i.Stop()
		e := &slowEngine{time.Hour, make(chan time.Duration, 2)}
		i.Attach(e, io.Discard)
		i.Press()
		time.Sleep(time.Second)
		if ctx.Err() != nil || !i.Interrupted() {
			t.Errorf("one key: %v, interrupted %t", ctx.Err(), i.Interrupted())
		}
		i.Press()
		if context.Cause(ctx) != ErrInterrupted {
			t.Errorf("two keys: %v", context.Cause(ctx))
		}
		<-e.ended
	})
}
