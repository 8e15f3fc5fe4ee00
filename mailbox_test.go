package paceline

import (
	"testing"
	"testing/synctest"
)

// TestACrowdWakesAPatientReader has a run hand over items to a reader that has said
// that it comes by itself: the item for which it waits wakes it, and no patience
// comes between.
func TestACrowdWakesAPatientReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, handed, over := newMailbox(), 0, make(chan struct{})
		b.wait(0)
		go func() {
			defer close(over)
			for range 2*mostSubmitted - 1 {
				b.submit(new(call))
				handed++
			}
		}()
		synctest.Wait()
		if handed != mostSubmitted-1 || len(b.wake) != 1 {
			t.Fatalf("%d handed over without a wait, %d wakes", handed, len(b.wake))
		}
		b.wait(0) // in vain: somebody waits
		if len(b.wake) != 1 {
			t.Error("the reader sleeps while a run waits for it")
		}
		<-b.wake
		if n := len(b.take(nil)); n != mostSubmitted {
			t.Errorf("%d messages were taken, of %d", n, mostSubmitted)
		}
		b.wait(0) // which now nobody minds
		<-over
		if handed != 2*mostSubmitted-1 || len(b.wake) != 0 {
			t.Errorf("%d handed over, %d wakes", handed, len(b.wake))
		}
	})
}
