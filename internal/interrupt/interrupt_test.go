package interrupt

import (
	"bytes"
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// slowEngine is an engine whose calls in flight take so long to finish.
type slowEngine struct {
	left  time.Duration
	ended chan time.Duration // when Shutdown returned, since its call
}

func (e *slowEngine) Shutdown(ctx context.Context) error {
	start := time.Now()
	defer func() { e.ended <- time.Since(start) }()
	select {
	case <-time.After(e.left):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// watched begins to watch in a bubble and attaches an engine.
func watched(t *testing.T, left time.Duration) (ctx context.Context, signals chan os.Signal, e *slowEngine, log *bytes.Buffer) {
	signals, log = make(chan os.Signal, 2), new(bytes.Buffer)
	ctx, i := Watch(t.Context(), signals, 30*time.Second, log)
	t.Cleanup(i.Stop)
	e = &slowEngine{left, make(chan time.Duration, 2)}
	i.Attach(e, log)
	return ctx, signals, e, log
}

func TestFault44FirstInterruptDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, signals, e, log := watched(t, 3*time.Second)
		signals <- os.Interrupt
		if took := <-e.ended; took != 3*time.Second || ctx.Err() != nil {
			t.Errorf("drained in %v with %v; want 3 s and a living context", took, ctx.Err())
		}
		if !strings.Contains(log.String(), "Ctrl-C again stops at once") {
			t.Errorf("said %q", log)
		}
	})
}

func TestFault44GracePeriodEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, signals, e, _ := watched(t, time.Hour)
		signals <- os.Interrupt
		if took := <-e.ended; took != 30*time.Second {
			t.Errorf("drained for %v, want the grace period of 30 s", took)
		}
	})
}

func TestFault44SecondInterruptStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, signals, e, _ := watched(t, time.Hour)
		signals <- os.Interrupt
		synctest.Wait()
		signals <- os.Interrupt
		if took := <-e.ended; took != 0 || context.Cause(ctx) != ErrInterrupted {
			t.Errorf("stopped after %v by %v", took, context.Cause(ctx))
		}
	})
}

func TestFault45TerminateIsPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, signals, e, _ := watched(t, time.Hour)
		signals <- syscall.SIGTERM
		if took := <-e.ended; took != terminateGrace {
			t.Errorf("drained for %v, want %v", took, terminateGrace)
		}
	})
}

func TestSecondHangupChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, signals, e, _ := watched(t, time.Hour)
		signals <- syscall.SIGHUP
		synctest.Wait()
		signals <- syscall.SIGHUP
		if took := <-e.ended; took != terminateGrace {
			t.Errorf("drained for %v, want %v", took, terminateGrace)
		}
	})
}

func TestInterruptBeforeTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal, 1)
		ctx, i := Watch(t.Context(), signals, time.Minute, new(bytes.Buffer))
		defer i.Stop()
		signals <- os.Interrupt
		<-ctx.Done()
		if context.Cause(ctx) != ErrInterrupted || !i.Interrupted() {
			t.Errorf("cause %v", context.Cause(ctx))
		}
	})
}

// A stuck is a terminal that takes nothing until it is let go.
type stuck chan struct{}

func (s stuck) Write(p []byte) (int, error) {
	<-s
	return len(p), nil
}

// A terminal that somebody has stopped (Ctrl-S), or a pipe that nobody reads, keeps
// neither the first signal from draining nor the second one from stopping at once.
func TestFault44AStuckTerminalHoldsNoSignalUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals, terminal := make(chan os.Signal, 2), make(stuck)
		ctx, i := Watch(t.Context(), signals, 30*time.Second, terminal)
		e := &slowEngine{time.Hour, make(chan time.Duration, 2)}
		i.Attach(e, terminal)
		signals <- syscall.SIGTERM
		time.Sleep(announceIn + 2*time.Second)
		signals <- syscall.SIGTERM
		synctest.Wait()
		select {
		case took := <-e.ended:
			if took != 2*time.Second || context.Cause(ctx) != ErrInterrupted {
				t.Errorf("stopped after %v by %v", took, context.Cause(ctx))
			}
		default:
			t.Error("it goes on: the signals wait for the terminal")
		}
		close(terminal)
		i.Stop()
	})
}
