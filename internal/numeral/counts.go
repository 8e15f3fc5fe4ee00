package numeral

import (
	"fmt"
	"strings"
)

// Items returns "1 item", "1,000 items".
func Items(n int64) string { return Counted(n, "item") }

// A Figure is a number with what it counts, to be listed beside others.
type Figure struct {
	n      int64
	what   string
	always bool
}

// Always returns a figure that is listed also if it is 0.
func Always(n int64, what string) Figure { return Figure{n, what, true} }

// IfAny returns a figure that is left out if it is 0.
func IfAny(n int64, what string) Figure { return Figure{n, what, false} }

// Figures lists figures beside each other: "990 done   10 failed".
func Figures(list ...Figure) string {
	var parts []string
	for _, f := range list {
		if f.n != 0 || f.always {
			parts = append(parts, Grouped(f.n)+" "+f.what)
		}
	}
	return strings.Join(parts, "   ")
}

// Bytes returns n with a unit: "512 bytes", "1.5 MB".
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d bytes", n)
	}
	units := []string{"kB", "MB", "GB", "TB"}
	f, i := float64(n)/1000, 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

// Calls returns "1 call", "4,102 calls".
func Calls(n int64) string {
	if n == 1 {
		return "1 call"
	}
	return Compact(n) + " calls"
}
