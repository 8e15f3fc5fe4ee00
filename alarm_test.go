package paceline

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
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
		a.tick(tick)
		time.Sleep(100 * time.Microsecond)
		a.tick(tick) // it does already
		for n := range 3 {
			<-a.ticker.C
			if at := time.Since(began); at != time.Duration(n+1)*tick {
				t.Fatalf("tick %d came at %v", n+1, at)
			}
		}
		a.tick(coarseTick)
		<-a.ticker.C
		if at := time.Since(began); at != 3*tick+coarseTick {
			t.Fatalf("the first coarse tick came at %v", at)
		}
		rang("ticking", time.Second)
		a.set(tick / 2)
		rang("set anew", time.Second, tick/2)
		a.tick(tick)
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

// TestThousandsOfCallsStartWithinATick has calls wait for limits of thousands a second:
// none starts before the limit lets it, nor later than a tick after.
func TestThousandsOfCallsStartWithinATick(t *testing.T) {
	for _, c := range []struct {
		rate   float64
		burst  int
		within time.Duration
	}{
		{2_600, 26, tick}, {4_900, 49, tick}, {10_000, 40, tick}, // the last one saves up too little
		{5_000, 50, coarseTick}, {10_000, 100, coarseTick}, {30_000, 3_000, coarseTick},
	} {
		synctest.Test(t, func(t *testing.T) {
			late := lateness(t, c.rate, c.burst, deep/2)
			if slices.Min(late) < 0 || slices.Max(late) > c.within {
				t.Errorf("%v calls a second start from %v to %v after they may, want up to %v", c.rate, slices.Min(late), slices.Max(late), c.within)
			}
		})
	}
}

// TestWhoWaitsLongIsLookedAfterSeldom has calls wait for three times as long as it takes
// for that: the dispatcher looks at the longest tick until those that are left are few.
func TestWhoWaitsLongIsLookedAfterSeldom(t *testing.T) {
	for _, c := range []struct {
		rate           float64
		burst          int
		within, latter time.Duration
	}{
		{10_000, 300, coarseTick, coarseTick}, // saves up too little
		{4_000, 128, deepTick, tick}, {10_000, 320, deepTick, coarseTick}, {30_000, 3_000, deepTick, coarseTick},
	} {
		synctest.Test(t, func(t *testing.T) {
			late := lateness(t, c.rate, c.burst, 3*deep)
			if most := slices.Max(late); slices.Min(late) < 0 || most > c.within || most <= c.within/2 {
				t.Errorf("%v calls a second start up to %v after they may, want %v", c.rate, most, c.within)
			}
			last := late[len(late)-int(c.rate*(deep-deepTick).Seconds()):]
			if most := slices.Max(last); most > c.latter {
				t.Errorf("the last of %v a second start up to %v after they may, want %v", c.rate, most, c.latter)
			}
		})
	}
}

// lateness returns by how much later calls start, so long a time's worth beyond the
// burst, than a limit of so many a second lets them.
func lateness(t *testing.T, rate float64, burst int, long time.Duration) (late []time.Duration) {
	began := time.Now()
	var n atomic.Int64
	starts := make([]time.Duration, burst+int(rate*long.Seconds()))
	e, err := New(ProviderFunc(func(context.Context, *Request, func(Delta)) (*Response, error) {
		starts[n.Add(1)-1] = time.Since(began)
		return &Response{}, nil
	}), Config{Limits: Limits{Requests: Per(rate, time.Second), Burst: burst, InFlight: len(starts)}})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range starts {
		all.Go(func() {
			if _, err := e.Do(t.Context(), &Request{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for i, at := range starts {
		due := max(0, time.Duration(float64(i-burst+1)/rate*float64(time.Second)))
		late = append(late, at-due)
	}
	return late
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
	b.put(message{kind: msgSubmit, call: new(call)})
	b.wait(0) // what has come may wait too
	b.put(message{kind: msgDone})
	if awake(b) {
		t.Error("the reader was woken though it is patient")
	}
	b.put(message{kind: msgStats})
	b.put(message{kind: msgDone})
	if !awake(b) || awake(b) {
		t.Error("a message that cannot wait did not wake the reader once")
	}
	b.wait(0) // in vain
	if n := len(b.take(nil)); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
	b.put(message{kind: msgDone})
	if !awake(b) {
		t.Error("a reader that has taken all is not patient any more, and was not woken")
	}
	b.take(nil)
	for _, c := range []struct {
		priority Priority
		wakes    bool
	}{{Low, false}, {Normal, true}, {High, true}} {
		b.wait(int8(Low))
		urgent := new(call)
		urgent.ticket.Priority = int8(c.priority)
		if b.put(message{kind: msgSubmit, call: urgent}); awake(b) != c.wakes {
			t.Errorf("a call of priority %d beside low ones: woken %v", c.priority, !c.wakes)
		}
		b.take(nil)
	}
}
