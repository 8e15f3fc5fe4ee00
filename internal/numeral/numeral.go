// Package numeral writes numbers, durations and shares as people read them: the
// same in the terminal, in reports and on pages.
package numeral

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Grouped returns n with commas between its thousands: "1,234,567".
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Compact returns n in at most five characters: exact below 10,000, then with
// one of the letters k, M, B or T and three Significant digits.
func Compact(n int64) string {
	if n < 10_000 {
		return Grouped(n)
	}
	v, unit := scaled(n)
	return Significant(v) + unit
}

// scaled returns n in thousands, millions and so on, below 999.5 if it can be.
func scaled(n int64) (v float64, unit string) {
	v = float64(n)
	for _, unit = range []string{"k", "M", "B", "T"} {
		if v /= 1000; v < 999.5 {
			break
		}
	}
	return v, unit
}

// Brief returns n in at most four characters: exact below 1,000, then with one
// of the letters k, M, B or T and two Significant digits.
func Brief(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	v, unit := scaled(n)
	if v < 9.95 {
		return strconv.FormatFloat(v, 'f', 1, 64) + unit
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + unit
}

// Significant returns v with three Significant digits and no exponent.
func Significant(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return Grouped(int64(math.Round(v)))
}

// Latency returns d as a call's duration is read: "812 ms", "1.61 s", "2.3 min",
// and "-" for one that is not known.
func Latency(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < 9_950*time.Microsecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds()) // a half up, as the page does
	case d < 100*time.Second:
		return Significant(d.Seconds()) + " s"
	}
	return fmt.Sprintf("%.1f min", d.Minutes())
}

// Span returns d as a person says it, in its two largest units: "8 s",
// "3 min 20 s", "2 h 05 min", "4 d 06 h".
func Span(d time.Duration) string {
	s := int64(math.Round(d.Seconds()))
	switch {
	case d <= 0:
		return "0 s"
	case s < 1:
		return "<1 s"
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	case s < 48*3600:
		return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
	}
	return fmt.Sprintf("%d d %02d h", s/86400, s/3600%24)
}

// Percent returns part of whole with one decimal; it says 100.0 % only when
// nothing is missing.
func Percent(part, whole int64) string {
	if whole <= 0 {
		return "-"
	}
	tenths := (part*2000/whole + 1) / 2
	if part < whole {
		tenths = min(tenths, 999)
	}
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
}

// Counted returns a number of things: "1 row", "1,000 rows".
func Counted(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Grouped(n) + " " + thing + "s"
}
