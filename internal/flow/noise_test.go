package flow

import "testing"

// sink lets an estimate sink as often as it takes to doubt it.
func sink(n *noise) {
	for i := range noiseSunk {
		for range 20 {
			n.started(false)
		}
		n.refused(n.number, false)
		n.learnt(100-float64(i)*3, 97-float64(i)*3, 19)
	}
}

func TestNoiseIsKnownByATrial(t *testing.T) {
	for _, c := range []struct {
		name  string
		every int // call of the trial is refused; 0: none
		noise bool
	}{{"chance", 20, true}, {"a limit", 0, false}} {
		var n noise
		sink(&n)
		if !n.due() {
			t.Fatalf("%s: no trial after an estimate has sunk %d times", c.name, noiseSunk)
		}
		n.try(labEpoch, 10, 50)
		if n.due() || n.trial.pace >= 10 {
			t.Fatalf("%s: the trial is %+v", c.name, n.trial)
		}
		back, letIn := 0.0, 0.0
		for i := 1; i < 5000 && back == 0 && letIn == 0; i++ {
			n.started(true)
			if c.every > 0 && i%c.every == 0 {
				if !n.likely(0) {
					t.Errorf("%s: one refusal of a trial is not taken for chance", c.name)
				}
				back = n.refused(n.number, true)
			}
			letIn = n.failed(labEpoch)
		}
		if c.noise != (back == 100) || c.noise == (letIn == 10) {
			t.Errorf("%s: goes back to %v, knows that %v are let in", c.name, back, letIn)
		}
		if (n.share > 0.02 && n.share < 0.1) != c.noise {
			t.Errorf("%s: the share is %v", c.name, n.share)
		}
	}
}

func TestNoiseExplainsNoMoreThanChance(t *testing.T) {
	n := noise{share: 0.05, proven: 0.05}
	for i := range 64 {
		n.started(true)
		if i%16 == 0 {
			n.refused(n.number, true)
		}
	}
	if !n.likely(0) {
		t.Error("4 of 64 are unlikely at 5 %")
	}
	if n.likely(6) {
		t.Error("seven in a row are likely at 5 %")
	}
	for i := range 64 {
		n.started(true)
		if i%3 == 0 {
			n.refused(n.number, true)
		}
	}
	if n.likely(0) {
		t.Error("a third is likely at 5 %")
	}
	if n.share > 0.05 {
		t.Errorf("the share has grown to %v beyond what a trial has proven", n.share)
	}
	for range 5000 {
		n.started(true)
	}
	if n.share != 0 {
		t.Errorf("the share is %v after 5,000 calls without a refusal", n.share)
	}
}

func TestNoiseIsNotALimitThatFell(t *testing.T) {
	var n noise
	for range 20 { // far too many are refused, and the estimate falls far
		n.started(false)
		n.refused(n.number, false)
		n.learnt(100, 60, 1)
	}
	for range 20 { // and then stays
		n.learnt(60, 60, 100)
	}
	if n.due() || n.sunk > 0 {
		t.Errorf("a trial is due: %+v", n)
	}
}
