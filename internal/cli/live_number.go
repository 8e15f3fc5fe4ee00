package cli

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// dollars returns c with cents, or with as many digits as a small amount
// needs, and "unknown" for an unknown one.
func dollars(c paceline.Cost) string {
	switch {
	case !c.Known:
		return "unknown"
	case c.USD > 0 && c.USD < 0.00005:
		return "<$0.0001"
	case c.USD < 1:
		return fmt.Sprintf("$%.4f", c.USD)
	}
	cents := int64(math.Round(c.USD * 100))
	return fmt.Sprintf("$%s.%02d", numeral.Grouped(cents/100), cents%100)
}

// perUnit returns v per second in the unit u: "9,812/min", "3.50/s".
func perUnit(v float64, u time.Duration) string {
	return rateNumber(v*u.Seconds()) + "/" + unitName(u)
}

// rateNumber returns v in at most six characters: whole numbers as such,
// others with three significant digits, large ones compact.
func rateNumber(v float64) string {
	switch {
	case v >= 99_950:
		return numeral.Compact(int64(v))
	case math.Abs(v-math.Round(v)) < 1e-9:
		return numeral.Grouped(int64(math.Round(v)))
	}
	return numeral.Significant(v)
}

// rateUnit chooses the unit in which a rate and its limit are compared: the
// limit's own, else seconds unless that makes the numbers too small to read.
func rateUnit(limit paceline.Rate, perSecond float64) time.Duration {
	for _, u := range []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		if !limit.IsZero() && limit.Per == u {
			return u
		}
	}
	if limit.IsZero() && perSecond < 1 {
		return time.Minute
	}
	return time.Second
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
