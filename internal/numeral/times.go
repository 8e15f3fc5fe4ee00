package numeral

import (
	"strings"
	"time"
)

// Calm rounds a time to come so that its last digits do not flicker.
func Calm(d time.Duration) time.Duration {
	if d > 3*time.Minute {
		return d.Round(10 * time.Second)
	}
	return max(d, time.Second)
}

// Duration prints a duration without the zero units at its end: 15m, not
// 15m0s.
func Duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
