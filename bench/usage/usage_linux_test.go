package usage

import (
	"os"
	"testing"
)

func TestUsageGrowsWithWhatIsDone(t *testing.T) {
	before, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range 200_000 {
		n += os.Getpid() & 1
	}
	after, err := Of(os.Getpid())
	if err != nil || after <= before {
		t.Errorf("%v after %v (%d): %v", after, before, n, err)
	}
	if _, err := Of(1 << 22); err == nil {
		t.Error("a process that there is not has used something")
	}
}
