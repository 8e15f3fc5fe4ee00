package price

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline"
)

func TestDollars(t *testing.T) {
	for _, tt := range []struct {
		usd  float64
		want string
	}{
		{0, "$0.00"},
		{12.4, "$12.40"},
		{0.0004, "$0.0004"},
		{0.00042, "$0.00042"},
		{0.000426, "$0.00043"},
		{0.5, "$0.50"},
		{0.123, "$0.12"},
		{0.0123, "$0.012"},
		{0.075, "$0.075"},
		{0.01, "$0.01"},
		{0.999, "$1.00"},
		{1.005, "$1.00"},
		{999.994, "$999.99"},
		{1234.5, "$1,234.50"},
		{1234567.891, "$1,234,567.89"},
		{3e-8, "$0.00000003"},
		{1e-12, "<$0.000000001"},
		{-0.0004, "-$0.0004"},
		{math.NaN(), "unknown"},
		{math.Inf(1), "unknown"},
	} {
		if got := Dollars(tt.usd); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.usd, got, tt.want)
		}
	}
}

func TestDollarsNeverReadsAsNothing(t *testing.T) {
	for usd := 1e-15; usd < 1e9; usd *= 1.7 {
		if got := Dollars(usd); strings.Trim(got, "$0.") == "" {
			t.Errorf("%v reads %q", usd, got)
		}
	}
}

func ExampleUSD() {
	fmt.Println(USD(paceline.Cost{USD: 12.4, Known: true}))
	fmt.Println(USD(paceline.Cost{USD: 0.0004, Known: true}))
	fmt.Println(USD(paceline.Cost{}))
	// Output:
	// $12.40
	// $0.0004
	// unknown
}
