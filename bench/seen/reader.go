package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// readers look at a run, in this process, so that what they cost is not the
// run's.
type readers struct {
	over    []func()
	joined  sync.WaitGroup
	once    sync.Once
	scraped atomic.Int64 // answers of /metrics
	fed     atomic.Int64 // bytes of the feed
	screen  screen
}

// stop ends all readers and joins them. It may be called more than once.
func (r *readers) stop() {
	r.once.Do(func() {
		for _, over := range r.over {
			over()
		}
		r.joined.Wait()
	})
}

// check errs where somebody saw less than there was to see: then the run would
// have been measured with less.
func (r *readers) check(k kind, took time.Duration) error {
	seconds := int64(took.Seconds())
	switch {
	case k.metrics && r.scraped.Load() < seconds/2:
		return fmt.Errorf("%s: the metrics were read %d times only in %v", k.name, r.scraped.Load(), took)
	case k.ui && r.fed.Load() < 1000*seconds:
		return fmt.Errorf("%s: the feed told %d bytes only in %v", k.name, r.fed.Load(), took)
	case k.view && r.screen.shown < 1000*seconds:
		return fmt.Errorf("%s: the view drew %d bytes only in %v", k.name, r.screen.shown, took)
	}
	return nil
}

func (r *readers) goUntil(work func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	r.over = append(r.over, cancel)
	r.joined.Go(func() { work(ctx) })
}

// scrape reads a page of metrics each second, as Prometheus would if it were set
// to read as often as that.
func (r *readers) scrape(url string) {
	r.goUntil(func(ctx context.Context) {
		for pause(ctx, time.Second) {
			if n, _ := read(ctx, url, nil); n > 0 { // it may not be up yet
				r.scraped.Add(1)
			}
		}
	})
}

// follow reads the feed of the page from when there is one.
func (r *readers) follow(url string) {
	r.goUntil(func(ctx context.Context) {
		for pause(ctx, 20*time.Millisecond) {
			_, _ = read(ctx, url, &r.fed)
		}
	})
}

// terminal starts a run on a terminal that it has for itself, also where it
// draws nothing: a session of its own has its own share of a busy machine.
func (r *readers) terminal(cmd *exec.Cmd) error {
	near, far, err := openTerminal()
	if err != nil {
		return err
	}
	defer far.Close()
	r.over = append(r.over, func() { near.Close() })
	r.joined.Go(func() { _, _ = io.Copy(&r.screen, near) })
	return startOn(cmd, far)
}

// A screen is what was shown on a terminal.
type screen struct {
	shown int64  // bytes
	last  []byte // what was shown last
}

func (s *screen) Write(p []byte) (int, error) {
	s.shown += int64(len(p))
	s.last = append(s.last[:0], p...)
	return len(p), nil
}

// pause waits and reports whether there is more to do.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// read reads what an address answers to its end, and counts it as it comes, if
// there is a count.
func read(ctx context.Context, url string, count *atomic.Int64) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if count == nil {
		count = new(atomic.Int64)
	}
	return io.Copy(counter{count}, resp.Body)
}

// A counter counts what is written to it.
type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}
