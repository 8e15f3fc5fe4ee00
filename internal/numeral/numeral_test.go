package numeral

import (
	"testing"
	"time"
)

func TestNumerals(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Grouped(0), "0"}, {Grouped(999), "999"}, {Grouped(1000), "1,000"},
		{Grouped(1234567), "1,234,567"}, {Grouped(-1234), "-1,234"}, {Grouped(-100), "-100"},

		{Compact(9999), "9,999"}, {Compact(10_000), "10.0k"}, {Compact(181_204), "181k"},
		{Compact(999_499), "999k"}, {Compact(999_600), "1.00M"}, {Compact(12_345_678), "12.3M"},
		{Compact(4_000_000_000), "4.00B"}, {Compact(5_000_000_000_000_000), "5,000T"},

		{Latency(0), "-"}, {Latency(-1), "-"}, {Latency(1500 * time.Microsecond), "1.5 ms"},
		{Latency(812 * time.Millisecond), "812 ms"}, {Latency(204_500 * time.Microsecond), "205 ms"}, {Latency(999_600 * time.Microsecond), "1.00 s"},
		{Latency(1612 * time.Millisecond), "1.61 s"}, {Latency(42 * time.Second), "42.0 s"},
		{Latency(150 * time.Second), "2.5 min"},

		{Span(0), "0 s"}, {Span(300 * time.Millisecond), "<1 s"}, {Span(8 * time.Second), "8 s"},
		{Span(59600 * time.Millisecond), "1 min 00 s"}, {Span(200 * time.Second), "3 min 20 s"},
		{Span(125 * time.Minute), "2 h 05 min"}, {Span(102 * time.Hour), "4 d 06 h"},

		{Percent(0, 2000), "0.0 %"}, {Percent(1234, 2000), "61.7 %"}, {Percent(1, 0), "-"},
		{Percent(1_999_999, 2_000_000), "99.9 %"}, {Percent(2000, 2000), "100.0 %"}, {Percent(200, 300), "66.7 %"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
