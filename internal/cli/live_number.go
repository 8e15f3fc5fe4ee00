package cli

import (
	"fmt"
	"math"

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
