package processor

import (
	"syscall"
	"time"
)

// Used returns the time that all threads of this process together have spent on
// processors so far, in user and kernel mode; 0 if the system does not tell.
func Used() time.Duration {
	var created, ended, kernel, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err != nil || syscall.GetProcessTimes(self, &created, &ended, &kernel, &user) != nil {
		return 0
	}
	return span(kernel) + span(user)
}

// span returns a duration that is given in units of 100 ns. Filetime.Nanoseconds
// takes it for a date.
func span(f syscall.Filetime) time.Duration {
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * 100
}
