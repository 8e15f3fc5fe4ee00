package processor

import (
	"syscall"
	"time"
	"unsafe"
)

var getSystemTimes = syscall.NewLazyDLL("kernel32.dll").NewProc("GetSystemTimes")

// Idle returns for how long the machine's processors, all together, have had
// nothing to do so far; false if the system does not tell.
func Idle() (time.Duration, bool) {
	var idle syscall.Filetime
	if getSystemTimes.Find() != nil {
		return 0, false
	}
	ok, _, _ := getSystemTimes.Call(uintptr(unsafe.Pointer(&idle)), 0, 0)
	return span(idle), ok != 0
}

// quota returns 0: a job's limit on processor time is not looked at.
func quota() float64 { return 0 }
