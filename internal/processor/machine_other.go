//go:build !linux && !windows

package processor

import "time"

// Idle returns false: the system does not tell without cgo.
func Idle() (time.Duration, bool) { return 0, false }

// quota returns 0: there is none.
func quota() float64 { return 0 }
