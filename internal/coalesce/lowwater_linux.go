package coalesce

import "syscall"

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

// A peek looks at a socket.
type peek struct {
	look func(fd uintptr) // made once
	some bool
	one  [1]byte
}

// readable reports whether anything has come, its end included. c.mu is held.
func (c *Conn) readable() bool {
	p := &c.peek
	if p.look == nil {
		p.look = func(fd uintptr) {
			_, _, err := syscall.Recvfrom(int(fd), p.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			p.some = err != syscall.EAGAIN
		}
	}
	return c.raw.Control(p.look) == nil && p.some
}
