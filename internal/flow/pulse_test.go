package flow

import (
	"testing"
	"time"
)

// A slow model beside a quick one is no sign of load: the cap grows as with one.
func TestASlowModelIsNoSignOfLoad(t *testing.T) {
	a := newAdaptive(0)
	quick, slow := new(pulse), new(pulse)
	for round := range 12 {
		now := Instant(round) * Instant(time.Hour)
		n := a.Cap()
		a.started(n)
		for i := range n {
			d, p := 100*time.Millisecond, quick
			if round >= 3 && i%2 == 0 || round >= 6 { // it comes later, and then alone
				d, p = 5*time.Second, slow
			}
			a.firstToken(now.Add(d), d, p)
		}
	}
	if a.Cap() < 1000 {
		t.Errorf("cap %d after twelve rounds without load, want over 1,000", a.Cap())
	}
}

// Two models behind the same slots are cut when both become slow.
func TestAQueueThatModelsShareIsFound(t *testing.T) {
	a := newAdaptive(0)
	pulses := [2]pulse{}
	const slots = 12
	for round := range 60 {
		now := Instant(round) * Instant(time.Hour)
		n := a.Cap()
		a.started(n)
		for i := range n {
			d := time.Duration(1+i%2*10)*60*time.Millisecond + time.Duration(i/slots)*2*time.Second
			a.firstToken(now.Add(d), d, &pulses[i%2])
		}
	}
	if a.Cap() < slots/2 || a.Cap() > 6*slots {
		t.Errorf("cap %d for %d slots", a.Cap(), slots)
	}
}
