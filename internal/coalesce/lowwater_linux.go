package coalesce

import (
	"syscall"

	"golang.org/x/sys/unix"
)

const supported = true

// setLowWater sets for how many bytes the system wakes a reader. Where so many
// have come already it does so at once (tcp_set_rcvlowat).
func (c *Conn) setLowWater(bytes int) error {
	var failed error
	err := c.raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, bytes)
	})
	if err != nil {
		return err
	}
	return failed
}

// A peek looks how many bytes there are to read.
type peek struct {
	look  func(fd uintptr) // made once
	bytes int
}

// readable reports whether there is something to read. c.mu is held.
func (c *Conn) readable() bool {
	p := &c.peek
	if p.look == nil {
		p.look = func(fd uintptr) {
			n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
			p.bytes = n
			if err != nil {
				p.bytes = 1 // the reader will see what it is
			}
		}
	}
	return c.raw.Control(p.look) == nil && p.bytes > 0
}
