package paceline

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A window holds as many items as it may, its reader waits for room for a few, and
// for all to leave, and gives up when it is told to.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(128)
		for i := range 128 {
			if held, room := w.state(); held != i || !room {
				t.Fatalf("%d held, room is %v, with %d in it", held, room, i)
			}
			w.enter(nil)
		}
		over, entered := make(chan struct{}), make(chan bool, 1)
		enter := func() { entered <- w.enter(over) }
		go enter()
		synctest.Wait()
		w.leave()
		synctest.Wait()
		if held, room := w.state(); held != 127 || room || len(entered) > 0 {
			t.Fatalf("%d held, room is %v: the reader is woken for a single item", held, room)
		}
		w.leave()
		if !<-entered {
			t.Fatal("no room although there is")
		}
		w.enter(nil)
		go enter()
		synctest.Wait()
		if close(over); <-entered {
			t.Error("let in although it is over")
		}
		leaveAll(w, 128)
	})
}

// leaveAll lets n items out, now and then, while somebody waits for that.
func leaveAll(w *window, n int) {
	go func() {
		for range n {
			time.Sleep(time.Millisecond)
			w.leave()
		}
	}()
	w.empty()
}

// However items come and go, no wake-up of the reader is lost.
func TestAWindowLosesNoWakeUp(t *testing.T) {
	const items = 20_000
	w, gone := newWindow(100), make(chan struct{}, items)
	var leaving sync.WaitGroup
	for range 4 {
		leaving.Go(func() {
			for range gone {
				w.leave()
			}
		})
	}
	for range items {
		if w.enter(nil); w.held.Load() > 100 {
			t.Errorf("%d are held", w.held.Load())
		}
		gone <- struct{}{}
	}
	close(gone)
	w.empty()
	leaving.Wait()
}

// A run hands over no further item while many messages have not been taken.
func TestItemsAreHandedOverAsTheyAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, handed := newMailbox(), 0
		go func() {
			for ; handed < 1000 && b.submit(new(call)); handed++ {
			}
		}()
		synctest.Wait()
		if handed != mostSubmitted-1 {
			t.Fatalf("%d are handed over, and not one after the %dth", handed, mostSubmitted)
		}
		taken := 0
		for taken < 1000 {
			<-b.wake
			taken += len(b.take(nil))
			synctest.Wait()
		}
		if handed != 1000 || taken != 1000 {
			t.Errorf("%d handed over, %d taken", handed, taken)
		}
		if b.close(); b.submit(new(call)) {
			t.Error("handed over to nobody")
		}
	})
}

// A full backlog is added to again once a part of it has gone, and not before; its
// reader is not left waiting, however the two are interleaved.
func TestABacklogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBacklog(0)
		over := make(chan struct{})
		read, ended := 0, false
		go func() {
			for b.enter(over) {
				read++
			}
			ended = true
		}()
		for range 3 {
			synctest.Wait()
			before := read
			if int(b.held.Load()) != backlogMin {
				t.Fatalf("%d wait, of %d", b.held.Load(), backlogMin)
			}
			for range backlogMin/backlogFew - 1 {
				b.leave()
			}
			if synctest.Wait(); read != before {
				t.Fatal("it was added to before enough had gone")
			}
			b.leave()
		}
		close(over)
		if synctest.Wait(); !ended {
			t.Error("its reader waits on")
		}
	})
}

// One that holds many calls may have more of them wait.
func TestABacklogGrowsWithTheRun(t *testing.T) {
	if b := newBacklog(100 * backlogMin); b.size != 100*backlogMin/8 {
		t.Errorf("%d may wait", b.size)
	}
}
