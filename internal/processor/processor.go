// Package processor tells how much processor time this process has used, and how
// much it can have.
package processor

import (
	"runtime"
	"time"
)

// Virtual reports whether now is not of the machine's clock but of a bubble of
// testing/synctest, which begins with the year 2000: no use of a real processor
// can be set against it.
func Virtual(now time.Time) bool { return now.Year() < 2020 }

// Available returns how many processors the process can use at once. The Go
// runtime goes by the affinity mask and, on Linux, by the limits of the control
// groups, rounded up.
func Available() float64 { return float64(runtime.GOMAXPROCS(0)) }
