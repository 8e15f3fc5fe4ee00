package paceline

import (
	"context"
	"testing"
	"testing/synctest"
)

// A full backlog is added to again once half of it has gone, and not before; its
// reader is not left waiting, however the two are interleaved.
func TestABacklogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBacklog(0)
		ctx, cancel := context.WithCancel(t.Context())
		read, ended := 0, false
		go func() {
			for b.wait(ctx) {
				read++
				b.add()
			}
			ended = true
		}()
		for range 3 {
			synctest.Wait()
			before := read
			if int(b.n.Load()) != backlogMin {
				t.Fatalf("%d wait, of %d", b.n.Load(), backlogMin)
			}
			for range backlogMin/2 - 1 {
				b.remove()
			}
			if synctest.Wait(); read != before {
				t.Fatal("it was added to before half had gone")
			}
			b.remove()
		}
		cancel()
		if synctest.Wait(); !ended {
			t.Error("its reader waits on")
		}
	})
}

// One that holds many calls may have more of them wait.
func TestABacklogGrowsWithTheRun(t *testing.T) {
	if b := newBacklog(100 * backlogMin); b.most != 100*backlogMin/8 {
		t.Errorf("%d may wait", b.most)
	}
}
