package garbage

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline/internal/processor"
)

// What has come together since the last collection is collected where that is worth
// it: an eighth of much that is live, be it garbage or stacks that have grown.
func TestIdleMemoryIsCollectedWhereItIsWorthIt(t *testing.T) {
	const mb = 1 << 20
	cases := []struct {
		name  string
		looks []usage
		want  bool // at the last
	}{
		{"little is live", []usage{{1, 60 * mb, 120 * mb, 8 * mb, 0}}, false},
		{"little has come", []usage{{1, 600 * mb, 660 * mb, 400 * mb, 0}}, false},
		{"garbage has", []usage{{1, 600 * mb, 700 * mb, 400 * mb, 0}}, true},
		{"stacks have grown", []usage{{1, 600 * mb, 600 * mb, 400 * mb, 0}, {1, 600 * mb, 620 * mb, 480 * mb, 0}}, true},
		{"stacks have grown before a collection", []usage{{1, 600 * mb, 600 * mb, 400 * mb, 0}, {2, 600 * mb, 620 * mb, 480 * mb, 0}}, false},
		{"stacks have shrunk", []usage{{1, 600 * mb, 600 * mb, 480 * mb, 0}, {1, 600 * mb, 600 * mb, 400 * mb, 0}, {1, 600 * mb, 600 * mb, 460 * mb, 0}}, false},
		{"much is free", []usage{{1, 600 * mb, 600 * mb, 400 * mb, 90 * mb}}, true},
		{"less is there than was live", []usage{{1, 600 * mb, 500 * mb, 400 * mb, 0}}, false},
	}
	for _, c := range cases {
		var i idler
		got := false
		for _, u := range c.looks {
			got = i.look(u)
		}
		if got != c.want {
			t.Errorf("%s: collected %t, want %t", c.name, got, c.want)
		}
	}
}

// A process with much that is live and garbage beside it, which allocates nothing any
// more, is collected; one in which nothing has come since is left alone.
func TestAnIdleProcessIsCollected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := make([]byte, 2*idleHeap)
		runtime.GC()
		stop := Ease(func(string) string { return "" })
		garbage := make([]byte, len(live)/4)
		runtime.KeepAlive(garbage)
		began := readUsage()
		if began.objects-began.live < began.live/idleGrown {
			t.Skip("it was collected meanwhile")
		}
		time.Sleep(idleEvery + time.Second)
		synctest.Wait()
		after := readUsage()
		if after.cycles == began.cycles || after.objects > began.objects-uint64(len(live)/8) {
			t.Errorf("%+v after %+v", after, began)
		}
		stop()
		runtime.KeepAlive(live)
	})
}

// On a busy machine a collection waits for a processor for much longer than it takes.
func TestWaitingForAProcessorCostsNothing(t *testing.T) {
	if processor.Used() == 0 {
		t.Skip("the system does not tell what a process uses")
	}
	synctest.Test(t, func(t *testing.T) {
		if got := cost(func() { time.Sleep(time.Hour) }); got > time.Minute {
			t.Errorf("waiting for an hour costs %v", got)
		}
	})
	began := processor.Used()
	if got := cost(runtime.GC); got < 0 || got > processor.Used()-began {
		t.Errorf("a collection costs %v", got)
	}
}
