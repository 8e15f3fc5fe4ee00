package flow

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// measureFloor returns the processor time that it takes to wake as many goroutines
// at the rate of TestPacing where nothing else is done: one of them hands out what is
// due at every millisecond, in the order in which they came, each waits on a channel of
// its own. It is what a permit costs this machine at this moment, whoever gives it.
func measureFloor(t *testing.T, long time.Duration) (micros float64) {
	f := &floor{over: make(chan struct{})}
	var all sync.WaitGroup
	for range waiters() {
		all.Go(f.wait)
	}
	all.Go(f.grant)
	time.Sleep(size(500*time.Millisecond, 100*time.Millisecond))
	n, from := f.granted.Load(), cpu()
	time.Sleep(long)
	used, granted := cpu()-from, f.granted.Load()-n
	close(f.over)
	all.Wait()
	if granted == 0 {
		t.Fatal("the floor granted nothing")
	}
	return used.Seconds() / float64(granted)
}

// floor is a queue of goroutines that wait, and who lets them go.
type floor struct {
	granted atomic.Int64
	over    chan struct{}

	mu      sync.Mutex
	waiting []chan struct{} // a ring
	first   int
}

// wait is one of those that come again and again.
func (f *floor) wait() {
	turn := make(chan struct{}, 1)
	for {
		f.mu.Lock()
		f.waiting = append(f.waiting, turn)
		f.mu.Unlock()
		select {
		case <-turn:
		case <-f.over:
			return
		}
	}
}

// next returns who has waited for longest, nil if nobody waits.
func (f *floor) next() chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == len(f.waiting) {
		return nil
	}
	turn := f.waiting[f.first]
	f.first++
	if f.first > len(f.waiting)/2 {
		f.waiting = append(f.waiting[:0], f.waiting[f.first:]...)
		f.first = 0
	}
	return turn
}

// grant lets go at every millisecond what is due.
func (f *floor) grant() {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for given := 0; ; {
		select {
		case <-tick.C:
		case <-f.over:
			return
		}
		for due := int(time.Since(began).Seconds() * permits); given < due; given++ {
			turn := f.next()
			if turn == nil {
				break
			}
			turn <- struct{}{}
		}
		f.granted.Store(int64(given))
	}
}
