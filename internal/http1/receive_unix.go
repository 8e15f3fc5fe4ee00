//go:build unix && !linux

package http1

import "syscall"

// receive reads from a socket, which does not block, what is there.
func receive(fd int, b []byte) (int, error) { return syscall.Read(fd, b) }
