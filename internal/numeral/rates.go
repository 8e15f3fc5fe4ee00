package numeral

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// PerUnit returns v per second in the unit u: "9,812/min", "3.50/s".
func PerUnit(v float64, u time.Duration) string {
	return RateNumber(v*u.Seconds()) + "/" + unitName(u)
}

// RateNumber returns v in at most six characters: whole numbers as such,
// others with three significant digits, large ones compact.
func RateNumber(v float64) string {
	switch {
	case v >= 99_950:
		return Compact(int64(v))
	case math.Abs(v-math.Round(v)) < 1e-9:
		return Grouped(int64(math.Round(v)))
	}
	return Significant(v)
}

func unitName(u time.Duration) string {
	switch u {
	case time.Second:
		return "s"
	case time.Minute:
		return "min"
	case time.Hour:
		return "h"
	case 24 * time.Hour:
		return "day"
	}
	return strings.TrimSuffix(u.String(), "0s")
}

// Share returns a share in whole percents: "98 %".
func Share(share float64) string {
	return fmt.Sprintf("%d %%", int(math.Round(100*min(share, 9.99))))
}

// TwoDigits rounds to two significant digits.
func TwoDigits(v float64) float64 {
	if v <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	if unit < 1 { // its inverse is a whole number, so that nothing trails
		return math.Round(v*math.Round(1/unit)) / math.Round(1/unit)
	}
	return math.Round(v/unit) * unit
}
