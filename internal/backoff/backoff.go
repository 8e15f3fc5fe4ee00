// Package backoff computes delays before retries. It is pure: chance is an
// argument.
package backoff

import "time"

// FullJitter returns the delay before retry number n (from 1): uniformly random
// between 0 and base doubled n-1 times, at most limit. chance is a number in [0, 1)
// that the caller drew.
//
// Full jitter spreads retries best of the usual schemes: Brooker, "Exponential
// Backoff And Jitter", AWS Architecture Blog, 2015.
func FullJitter(n int, base, limit time.Duration, chance float64) time.Duration {
	return time.Duration(chance * float64(Ceiling(n, base, limit)))
}

// Ceiling returns the longest delay that [FullJitter] can return for retry n.
func Ceiling(n int, base, limit time.Duration) time.Duration {
	d := base
	for ; n > 1 && d < limit; n-- {
		d *= 2
	}
	return min(d, limit)
}
