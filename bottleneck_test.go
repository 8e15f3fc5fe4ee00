package paceline

import (
	"testing"
	"time"
)

func TestBottlenecksHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for b := BottleneckNone; b < bottlenecks; b++ {
		if seen[b.String()] {
			t.Errorf("two bottlenecks are called %q", b)
		}
		seen[b.String()] = true
	}
}

func TestLimitedNamesTheWorst(t *testing.T) {
	l := Limited{BottleneckTokens: 3 * time.Second, BottleneckInput: time.Second}
	if b, share := l.Worst(); b != BottleneckTokens || share != 0.75 {
		t.Errorf("the worst is %q with %v", b, share)
	}
	var none Limited
	if b, share := none.Worst(); b != BottleneckNone || share != 0 {
		t.Errorf("of no time the worst is %q with %v", b, share)
	}
}
