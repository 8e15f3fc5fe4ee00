package paceline

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnAlarmRingsOnceOrTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var rings []time.Duration
		var mu sync.Mutex
		a := newAlarm(func() {
			mu.Lock()
			defer mu.Unlock()
			rings = append(rings, time.Since(began))
		})
		rang := func(what string, d time.Duration, want ...time.Duration) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			for i := range want {
				if len(rings) != len(want) || rings[i] != want[i] {
					t.Fatalf("%s: rang at %v, want %v", what, rings, want)
				}
			}
			if len(rings) != len(want) {
				t.Fatalf("%s: rang at %v, want %v", what, rings, want)
			}
			began, rings = time.Now(), rings[:0]
		}
		rang("not set", 2*time.Hour)
		a.set(300 * time.Microsecond)
		rang("set", time.Second, 300*time.Microsecond)
		a.tick()
		time.Sleep(100 * time.Microsecond)
		a.tick() // it does already
		for n := range 3 {
			<-a.ticker.C
			if at := time.Since(began); at != time.Duration(n+1)*tick {
				t.Fatalf("tick %d came at %v", n+1, at)
			}
		}
		rang("ticking", time.Second)
		a.set(tick / 2)
		rang("set anew", time.Second, tick/2)
		a.tick()
		time.Sleep(3 * tick)
		a.stop()
		rang("stopped", time.Second)
		select {
		case <-a.ticker.C:
			t.Error("stopped: it ticked")
		default:
		}
	})
}

// TestMessagesThatCanWaitWakeNobodyWhoIsPatient puts messages into a mailbox whose
// reader has said that it comes by itself.
func TestMessagesThatCanWaitWakeNobodyWhoIsPatient(t *testing.T) {
	awake := func(b *mailbox) bool {
		select {
		case <-b.wake:
			return true
		default:
			return false
		}
	}
	b := newMailbox()
	b.put(message{kind: msgSubmit})
	b.wait() // what has come may wait too
	b.put(message{kind: msgDone})
	if awake(b) {
		t.Error("the reader was woken though it is patient")
	}
	b.put(message{kind: msgStats})
	b.put(message{kind: msgDone})
	if !awake(b) || awake(b) {
		t.Error("a message that cannot wait did not wake the reader once")
	}
	b.wait() // in vain
	if n := len(b.take(nil)); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
	b.put(message{kind: msgDone})
	if !awake(b) {
		t.Error("a reader that has taken all is not patient any more, and was not woken")
	}
}
