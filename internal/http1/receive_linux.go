//go:build !race

package http1

import (
	"syscall"
	"unsafe"
)

// receive reads from a socket what is there. It cannot block, so the scheduler is
// not told of it: that would cost as much as a short read itself, and have the
// runtime's monitor, which watches over what may block, wake every 20 µs.
func receive(fd int, b []byte) (int, error) {
	n, _, failed := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_DONTWAIT, 0, 0)
	if failed != 0 {
		return 0, failed
	}
	return int(n), nil
}
