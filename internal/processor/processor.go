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

// Available returns how many processors the process can use at once if nobody
// else wants them. The Go runtime goes by the affinity mask and, on Linux, by the
// quota of the control group, but rounds that up, to 2 at least; here it counts
// as it is.
func Available() float64 {
	n := float64(runtime.GOMAXPROCS(0))
	if q := quota(); q > 0 {
		n = min(n, q)
	}
	return n
}
