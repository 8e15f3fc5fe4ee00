// Package usage tells what other processes have used. It does on Linux only.
package usage

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Of returns what all threads of a running process have used so far, those that
// have ended included, in user and in system mode, to the nanosecond.
func Of(pid int) (time.Duration, error) {
	var ts unix.Timespec
	// See clock_getcpuclockid(3): the clock of a process is made of its id.
	if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
		return 0, os.NewSyscallError("clock_gettime", err)
	}
	return time.Duration(ts.Nano()), nil
}
