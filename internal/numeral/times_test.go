package numeral

import (
	"testing"
	"time"
)

func TestShortDuration(t *testing.T) {
	for in, want := range map[time.Duration]string{
		15 * time.Minute: "15m", 2 * time.Hour: "2h", 90 * time.Second: "1m30s",
		30 * time.Second: "30s", 10 * time.Minute: "10m", time.Hour + time.Second: "1h0m1s",
	} {
		if got := Duration(in); got != want {
			t.Errorf("shortDuration(%v) = %q, want %q", in, got, want)
		}
	}
}
