// Package interrupt turns signals, and keys that stand for them, into the end of a run.
package interrupt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// ErrInterrupted is the cause of a context that a signal ended.
var ErrInterrupted = errors.New("interrupted")

// terminateGrace is the longest that calls in flight get after a request to
// terminate: whoever sends one soon sends a kill.
const terminateGrace = 5 * time.Second

// A stopper stops starting calls and lets those in flight finish until ctx
// ends; a paceline.Engine is one.
type stopper interface {
	Shutdown(ctx context.Context) error
}

// Interrupts turns signals into the end of a run. The first one drains the
// engine, within a grace period; the second one, or one that comes before the
// engine is there, cancels the context at once. A hangup
// is never a second signal: of a terminal that goes away the kernel and the
// shell both send one.
type Interrupts struct {
	grace  time.Duration
	ctx    context.Context
	cancel context.CancelCauseFunc
	quit   chan struct{}
	wait   sync.WaitGroup

	mu     sync.Mutex // guards what follows
	engine stopper    // nil: nothing runs yet
	log    io.Writer
	seen   bool
}

// Watch begins to listen to signals. The context that it returns is
// cancelled with ErrInterrupted. stop ends the listening and joins what it
// started; a drain that is under way is cut short by cancelling ctx.
func Watch(ctx context.Context, signals <-chan os.Signal, grace time.Duration, log io.Writer) (context.Context, *Interrupts) {
	ctx, cancel := context.WithCancelCause(ctx)
	i := &Interrupts{grace: grace, ctx: ctx, cancel: cancel, quit: make(chan struct{}), log: log}
	i.wait.Go(func() { i.listen(signals) })
	return ctx, i
}

// Attach tells what runs now, and where to announce a drain.
func (i *Interrupts) Attach(e stopper, log io.Writer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.engine, i.log = e, log
}

// Output returns where to tell of things at present.
func (i *Interrupts) Output() io.Writer {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.log
}

// Stop may be called more than once.
func (i *Interrupts) Stop() {
	i.mu.Lock()
	select {
	case <-i.quit:
	default:
		close(i.quit)
	}
	i.mu.Unlock()
	i.cancel(nil)
	i.wait.Wait()
}

// Interrupted reports whether a signal came.
func (i *Interrupts) Interrupted() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.seen
}

// Press does what Ctrl-C does. It must not be called any more once stop is.
func (i *Interrupts) Press() { i.handle(os.Interrupt) }

func (i *Interrupts) listen(signals <-chan os.Signal) {
	for {
		select {
		case <-i.quit:
			return
		case s := <-signals:
			i.handle(s)
		}
	}
}

func (i *Interrupts) handle(s os.Signal) {
	i.mu.Lock()
	engine, log, again := i.engine, i.log, i.seen
	i.seen = true
	i.mu.Unlock()
	if again && s == syscall.SIGHUP {
		return
	}
	if again || engine == nil {
		i.cancel(ErrInterrupted)
		return
	}
	grace, repeat := i.grace, "Ctrl-C again"
	if s != os.Interrupt {
		grace, repeat = min(grace, terminateGrace), "a second signal"
	}
	i.announce(log, fmt.Sprintf("stopping: calls in flight may take %s; %s stops at once", numeral.Duration(grace), repeat))
	i.wait.Go(func() { drain(i.ctx, engine, grace) })
}

// announceIn is how long a signal waits for its announcement to be written.
const announceIn = time.Second

// announce warns of what is done next, before it is done if log takes it: one that
// takes nothing, such as a terminal after Ctrl-S, holds no signal up.
func (i *Interrupts) announce(log io.Writer, text string) {
	said := make(chan struct{})
	i.wait.Go(func() {
		defer close(said)
		command.Warn(log, "%s", text)
	})
	late := time.NewTimer(announceIn)
	defer late.Stop()
	select {
	case <-said:
	case <-late.C:
	}
}

// drain shuts engine down within grace, or until ctx ends.
func drain(ctx context.Context, engine stopper, grace time.Duration) {
	ctx, cancel := context.WithTimeoutCause(ctx, grace, ErrInterrupted)
	defer cancel()
	// Its error only says that the grace period was over.
	_ = engine.Shutdown(ctx)
}
