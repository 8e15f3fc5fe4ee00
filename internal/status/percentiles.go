package status

import (
	"fmt"
	"math"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/numeral"
)

// Percentiles are in milliseconds, null when nothing was measured.
type Percentiles struct {
	P50 *float64 `json:"p50"`
	P90 *float64 `json:"p90"`
	P99 *float64 `json:"p99"`
}

// PercentilesOf returns those of l, none where nothing was measured.
func PercentilesOf(l paceline.Latency) Percentiles {
	if l.Count == 0 {
		return Percentiles{}
	}
	return Percentiles{Milliseconds(l.P50), Milliseconds(l.P90), Milliseconds(l.P99)}
}

// Milliseconds returns d to a tenth of a millisecond.
func Milliseconds(d time.Duration) *float64 {
	ms := math.Round(float64(d)/float64(time.Millisecond)*10) / 10
	return &ms
}

// String says them in words, "" when nothing was measured.
func (p Percentiles) String() string {
	if p.P50 == nil {
		return ""
	}
	words := func(ms *float64) string { return numeral.Latency(time.Duration(*ms * float64(time.Millisecond))) }
	return fmt.Sprintf("p50 %s   p90 %s   p99 %s", words(p.P50), words(p.P90), words(p.P99))
}
