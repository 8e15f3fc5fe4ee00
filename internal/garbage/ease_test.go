package garbage

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

func TestGOGCLeavesTheSameGarbageWhereLittleOrMuchIsLive(t *testing.T) {
	for live, want := range map[uint64]int{
		0: 800, 1 << 20: 800, 4 << 20: 800, 16 << 20: 200, 32 << 20: 100, 128 << 20: 100, 160 << 20: 80, 256 << 20: 50, 1 << 40: 50,
	} {
		if got := gogcFor(live); got != want {
			t.Errorf("GOGC for %d bytes is %d, want %d", live, got, want)
		}
	}
}

// The collector comes less often while little is live, as often as Go has it where
// much is, and as before once the run has ended.
func TestTheCollectorIsEasedWhileLittleIsLive(t *testing.T) {
	before := debug.SetGCPercent(70)
	defer debug.SetGCPercent(before)
	stop := Ease(func(string) string { return "" })
	if got := gogc(); got != mostGOGC {
		t.Errorf("GOGC is %d at first, want %d", got, mostGOGC)
	}
	much := make([]byte, 64<<20)
	for gogc() != usualGOGC { // finalizers come some time after a collection
		runtime.GC()
	}
	runtime.KeepAlive(much)
	stop()
	stop()
	if got := gogc(); got != 70 {
		t.Errorf("GOGC is %d afterwards, want 70", got)
	}
}

func TestTheUsersGOGCStands(t *testing.T) {
	before := debug.SetGCPercent(70)
	defer debug.SetGCPercent(before)
	stop := Ease(func(string) string { return "70" })
	defer stop()
	if got := gogc(); got != 70 {
		t.Errorf("GOGC is %d, want the user's 70", got)
	}
}

// gogc returns GOGC as it is in force.
func gogc() int {
	samples := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(samples)
	return int(samples[0].Value.Uint64())
}
