package cli

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{dollars(paceline.Cost{}), "unknown"}, {dollars(paceline.Cost{USD: 3}), "unknown"},
		{dollars(paceline.Cost{Known: true}), "$0.0000"},
		{dollars(paceline.Cost{USD: 0.00001, Known: true}), "<$0.0001"},
		{dollars(paceline.Cost{USD: 0.0312, Known: true}), "$0.0312"},
		{dollars(paceline.Cost{USD: 5, Known: true}), "$5.00"},
		{dollars(paceline.Cost{USD: 1234.567, Known: true}), "$1,234.57"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestRateUnit(t *testing.T) {
	for _, tt := range []struct {
		limit    paceline.Rate
		measured float64
		want     time.Duration
	}{
		{paceline.Per(500, time.Minute), 8, time.Minute},
		{paceline.Per(2, time.Second), 0.1, time.Second},
		{paceline.Per(14400, 24*time.Hour), 1, 24 * time.Hour},
		{paceline.Per(10, 10*time.Second), 1, time.Second},
		{paceline.Rate{}, 12, time.Second},
		{paceline.Rate{}, 0.2, time.Minute},
	} {
		if got := rateUnit(tt.limit, tt.measured); got != tt.want {
			t.Errorf("rateUnit(%v, %g) = %v, want %v", tt.limit, tt.measured, got, tt.want)
		}
	}
}
