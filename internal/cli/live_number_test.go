package cli

import (
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{grouped(0), "0"}, {grouped(999), "999"}, {grouped(1000), "1,000"},
		{grouped(1234567), "1,234,567"}, {grouped(-1234), "-1,234"}, {grouped(-100), "-100"},

		{compact(9999), "9,999"}, {compact(10_000), "10.0k"}, {compact(181_204), "181k"},
		{compact(999_499), "999k"}, {compact(999_600), "1.00M"}, {compact(12_345_678), "12.3M"},
		{compact(4_000_000_000), "4.00B"}, {compact(5_000_000_000_000_000), "5,000T"},

		{latency(0), "-"}, {latency(-1), "-"}, {latency(1500 * time.Microsecond), "1.5 ms"},
		{latency(812 * time.Millisecond), "812 ms"}, {latency(999_600 * time.Microsecond), "1.00 s"},
		{latency(1612 * time.Millisecond), "1.61 s"}, {latency(42 * time.Second), "42.0 s"},
		{latency(150 * time.Second), "2.5 min"},

		{timeSpan(0), "0 s"}, {timeSpan(300 * time.Millisecond), "<1 s"}, {timeSpan(8 * time.Second), "8 s"},
		{timeSpan(59600 * time.Millisecond), "1 min 00 s"}, {timeSpan(200 * time.Second), "3 min 20 s"},
		{timeSpan(125 * time.Minute), "2 h 05 min"}, {timeSpan(102 * time.Hour), "4 d 06 h"},

		{dollars(paceline.Cost{}), "unknown"}, {dollars(paceline.Cost{USD: 3}), "unknown"},
		{dollars(paceline.Cost{Known: true}), "$0.0000"},
		{dollars(paceline.Cost{USD: 0.00001, Known: true}), "<$0.0001"},
		{dollars(paceline.Cost{USD: 0.0312, Known: true}), "$0.0312"},
		{dollars(paceline.Cost{USD: 5, Known: true}), "$5.00"},
		{dollars(paceline.Cost{USD: 1234.567, Known: true}), "$1,234.57"},

		{percent(0, 2000), "0.0 %"}, {percent(1234, 2000), "61.7 %"}, {percent(1, 0), "-"},
		{percent(1_999_999, 2_000_000), "99.9 %"}, {percent(2000, 2000), "100.0 %"}, {percent(200, 300), "66.7 %"},

		{perUnit(163.5, time.Minute), "9,810/min"}, {perUnit(10000.0/60, time.Minute), "10,000/min"},
		{perUnit(3.5, time.Second), "3.50/s"}, {perUnit(0, time.Second), "0/s"},
		{perUnit(2_000_000.0/60, time.Minute), "2.00M/min"}, {perUnit(1, 24*time.Hour), "86,400/day"},
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
