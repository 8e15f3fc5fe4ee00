package cli

import (
	"context"
	"io"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// A feed reads an input that can be read only once on a goroutine of its own,
// so that who waits for an item can give up although the reading cannot. It
// can show the first items before it gives them out. Its methods are called by
// one goroutine at a time.
type feed struct {
	items chan fed
	quit  chan struct{} // closed when nobody wants items any more
	held  []paceline.Item
	err   error // the input's last word, behind what is held: io.EOF or a failure
}

type fed struct {
	item paceline.Item
	err  error
}

// feedPause is the pause after which the first items are looked at without
// those that have not come yet: who sends one and waits for its answer, or
// types them, is not kept waiting.
const feedPause = 200 * time.Millisecond

// fedAhead is how many items may have been read that nobody has taken, so that not
// each of them takes a change of goroutines.
const fedAhead = 64

// newFeed begins to read src. closeSource is called when that has ended, which
// is when src ends or, after stop, when it returns: at the latest the process's
// end cuts short the waiting for a pipe.
func newFeed(src paceline.Source, closeSource func()) *feed {
	f := &feed{items: make(chan fed, fedAhead), quit: make(chan struct{})}
	go func() {
		defer closeSource()
		for ended := false; !ended; {
			it, err := src.Next(context.Background())
			select {
			case f.items <- fed{it, err}:
				ended = err != nil
			case <-f.quit:
				ended = true
			}
		}
	}()
	return f
}

// stop lets the reading end. It must be called once.
func (f *feed) stop() { close(f.quit) }

// Next returns the next item, io.EOF after the last, or ctx's cause.
func (f *feed) Next(ctx context.Context) (paceline.Item, error) {
	if len(f.held) > 0 {
		it := f.held[0]
		f.held = f.held[1:]
		return it, nil
	}
	return f.take(ctx, nil)
}

// take waits for an item from the input, or until late.
func (f *feed) take(ctx context.Context, late <-chan time.Time) (paceline.Item, error) {
	if f.err != nil {
		return paceline.Item{}, f.err
	}
	select {
	case got := <-f.items:
		f.err = got.err
		return got.item, got.err
	case <-late:
		return paceline.Item{}, errLate
	case <-ctx.Done():
		return paceline.Item{}, context.Cause(ctx)
	}
}

var errLate = context.DeadlineExceeded

// first waits for the first item and returns it with those that follow, at most
// n and until there is a pause. Next gives them out as if nothing had been. An
// error is ctx's cause or the input's own.
func (f *feed) first(ctx context.Context, n int) ([]paceline.Item, error) {
	pause := time.NewTimer(feedPause)
	defer pause.Stop()
	var late <-chan time.Time // not for the first one
	for len(f.held) < n {
		it, err := f.take(ctx, late)
		switch err {
		case nil:
			f.held = append(f.held, it)
		case io.EOF, errLate:
			return f.held, nil
		default:
			return nil, err
		}
		pause.Reset(feedPause)
		late = pause.C
	}
	return f.held, nil
}

// ended reports whether the input has no items behind those that are held.
func (f *feed) ended() bool { return f.err == io.EOF }
