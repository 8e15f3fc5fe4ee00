package numeral

import (
	"testing"
	"time"
)

func TestRatesInTheirUnits(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{PerUnit(163.5, time.Minute), "9,810/min"}, {PerUnit(10000.0/60, time.Minute), "10,000/min"},
		{PerUnit(3.5, time.Second), "3.50/s"}, {PerUnit(0, time.Second), "0/s"},
		{PerUnit(2_000_000.0/60, time.Minute), "2.00M/min"}, {PerUnit(1, 24*time.Hour), "86,400/day"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
