package price

import (
	"math"
	"strconv"
	"strings"

	"github.com/seed-1814a72b/paceline"
)

const unknown = "unknown"

// smallest is the least amount that [Dollars] writes out.
const smallest = 1e-9

// USD returns c as text: "$12.40", "$0.0004", or "unknown".
func USD(c paceline.Cost) string {
	if !c.Known {
		return unknown
	}
	return Dollars(c.USD)
}

// Dollars returns an amount of US dollars as text with at least two decimals
// and, below one dollar, at least two significant digits, so that a small
// amount never reads as nothing: "$1,240.50", "$0.12", "$0.00042", "$0.00" for
// exactly 0, "<$0.000000001" below that. NaN and infinities are "unknown".
func Dollars(usd float64) string {
	switch {
	case math.IsNaN(usd) || math.IsInf(usd, 0):
		return unknown
	case usd < 0:
		return "-" + Dollars(-usd)
	case usd > 0 && usd < smallest:
		return "<$0.000000001"
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(usd, 'f', decimals(usd), 64), ".")
	for len(fraction) > 2 && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	return "$" + thousands(whole) + "." + fraction
}

// decimals returns how many decimals show two significant digits, at least 2.
func decimals(usd float64) int {
	if usd == 0 {
		return 2
	}
	return max(2, 1-int(math.Floor(math.Log10(usd))))
}

func thousands(whole string) string {
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return whole
}

// Nano returns an amount in billionths of a dollar, as the journal keeps it.
func Nano(n int64) paceline.Cost { return paceline.Cost{USD: float64(n) / 1e9, Known: true} }
