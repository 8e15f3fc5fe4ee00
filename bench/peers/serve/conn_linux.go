package serve

import (
	"golang.org/x/sys/unix"
)

// A conn is a connection with at most one request that is being answered.
type conn struct {
	fd   int
	in   []byte // of a request that has not come whole
	out  []byte // of an answer that the socket did not take
	open bool   // the connection is not closed

	streams int  // streams that were begun on it
	held    bool // the stream never ends
	delay   int  // turns until the first event
	sent    int  // events that were sent
	busy    bool // a stream is being sent
}

// write writes b, after what still waits. What the socket does not take waits.
func (c *conn) write(b []byte) {
	if len(c.out) > 0 {
		c.out = append(c.out, b...)
		return
	}
	n, err := unix.Write(c.fd, b)
	if n = max(n, 0); n < len(b) && (err == nil || err == unix.EAGAIN) {
		c.out = append(c.out, b[n:]...)
	} // another error shows when the connection is read
}

// flush writes what waits.
func (c *conn) flush() {
	if len(c.out) == 0 {
		return
	}
	n, _ := unix.Write(c.fd, c.out)
	c.out = c.out[max(n, 0):]
	if len(c.out) == 0 {
		c.out = nil
	}
}
