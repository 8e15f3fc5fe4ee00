package pool

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func TestRequestRate(t *testing.T) {
	tests := []struct {
		rpm, rps float64
		want     paceline.Rate
	}{
		{0, 0, paceline.Rate{}},
		{500, 0, paceline.Per(500, time.Minute)},
		{0, 2, paceline.Per(2, time.Second)},
		{600, 20, paceline.Per(10, time.Second)},
		{6000, 20, paceline.Per(20, time.Second)},
		{30, 5, paceline.Per(1, 2*time.Second)},
	}
	for _, tt := range tests {
		f := Limits{RPM: tt.rpm, RPS: tt.rps}
		if got := f.requestRate(); got != tt.want {
			t.Errorf("--rpm %g --rps %g: %v, want %v", tt.rpm, tt.rps, got, tt.want)
		}
	}
}

func TestAConcurrencyBeyondReasonIsRefused(t *testing.T) {
	var l Limits
	const want = "\"1e12\" is too large; the most is 10,000,000, auto or off"
	if err := l.value("concurrency").Set("1e12"); err == nil || err.Error() != want || l.Concurrency != 0 {
		t.Errorf("1e12: %v, concurrency %d", err, l.Concurrency)
	}
	if err := l.value("concurrency").Set("10M"); err != nil || l.Concurrency != 10_000_000 {
		t.Errorf("10M: %v, concurrency %d", err, l.Concurrency)
	}
}
