//go:build unix

package main

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns the peak resident memory of an ended process in bytes.
func peakMemory(state *os.ProcessState) (int64, error) {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("the system reports no resource usage")
	}
	peak := int64(usage.Maxrss)
	if runtime.GOOS == "darwin" {
		return peak, nil // bytes there, KiB elsewhere
	}
	return peak << 10, nil
}
