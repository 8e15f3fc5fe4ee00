//go:build unix

package processor

import (
	"syscall"
	"time"
)

// Used returns the time that all threads of this process together have spent on
// processors so far, in user and kernel mode; 0 if the system does not tell.
func Used() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
