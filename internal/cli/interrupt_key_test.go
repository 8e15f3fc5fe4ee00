package cli

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
		ctx, i := watchInterrupts(t.Context(), nil, 30*time.Second, io.Discard)
		defer i.stop()
		e := &slowEngine{time.Hour, make(chan time.Duration, 2)}
		i.attach(e, io.Discard)
		i.press()
		time.Sleep(time.Second)
		if ctx.Err() != nil || !i.interrupted() {
			t.Errorf("one key: %v, interrupted %t", ctx.Err(), i.interrupted())
		}
		i.press()
		if context.Cause(ctx) != errInterrupted {
			t.Errorf("two keys: %v", context.Cause(ctx))
		}
		<-e.ended
	})
}
