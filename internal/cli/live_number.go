package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// grouped returns n with commas between its thousands: "1,234,567".
func grouped(n int64) string {
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

// compact returns n in at most five characters: exact below 10,000, then with
// one of the letters k, M, B or T and three significant digits.
func compact(n int64) string {
	if n < 10_000 {
		return grouped(n)
	}
	v, unit := scaled(n)
	return significant(v) + unit
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

// brief returns n in at most four characters: exact below 1,000, then with one
// of the letters k, M, B or T and two significant digits.
func brief(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	v, unit := scaled(n)
	if v < 9.95 {
		return strconv.FormatFloat(v, 'f', 1, 64) + unit
	}
	return strconv.FormatFloat(v, 'f', 0, 64) + unit
}

// significant returns v with three significant digits and no exponent.
func significant(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return grouped(int64(math.Round(v)))
}

// latency returns d as a call's duration is read: "812 ms", "1.61 s", "2.3 min",
// and "-" for one that is not known.
func latency(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < 9_950*time.Microsecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
	case d < 100*time.Second:
		return significant(d.Seconds()) + " s"
	}
	return fmt.Sprintf("%.1f min", d.Minutes())
}

// timeSpan returns d as a person says it, in its two largest units: "8 s",
// "3 min 20 s", "2 h 05 min", "4 d 06 h".
func timeSpan(d time.Duration) string {
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
	return fmt.Sprintf("$%s.%02d", grouped(cents/100), cents%100)
}

// percent returns part of whole with one decimal; it says 100.0 % only when
// nothing is missing.
func percent(part, whole int64) string {
	if whole <= 0 {
		return "-"
	}
	tenths := (part*2000/whole + 1) / 2
	if part < whole {
		tenths = min(tenths, 999)
	}
	return fmt.Sprintf("%d.%d %%", tenths/10, tenths%10)
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
		return compact(int64(v))
	case math.Abs(v-math.Round(v)) < 1e-9:
		return grouped(int64(math.Round(v)))
	}
	return significant(v)
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
