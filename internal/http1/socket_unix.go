//go:build unix

package http1

import (
	"io"
	"net"
	"os"
	"syscall"
)

// A socket reads a connection without holding a buffer while it waits.
type socket struct {
	raw  syscall.RawConn
	conn *conn
	read func(fd uintptr) bool
	n    int
	err  error
}

// newSocket returns nc's socket, nil if it is none.
func newSocket(nc net.Conn) *socket {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	s := &socket{raw: raw}
	s.read = s.readNow
	return s
}

// fill reads into a buffer of the pool, once there is something to read.
func (s *socket) fill(cn *conn) error {
	s.conn, s.n, s.err = cn, 0, nil
	for {
		err := s.raw.Read(s.read)
		if err == nil {
			break
		}
		if cn.paced == nil || !cn.paced.Woken(err) {
			return err
		}
	}
	if s.err == nil && s.n == 0 {
		s.err = io.EOF
	}
	if s.n > 0 && cn.paced != nil {
		cn.paced.Took()
	}
	return cn.filled(s.n, s.err)
}

// readNow reads what is there, and reports whether that was anything.
func (s *socket) readNow(fd uintptr) bool {
	b := buffers.Get().(*[bufferSize]byte)
	for {
		n, err := syscall.Read(int(fd), b[:])
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			buffers.Put(b)
			return false
		}
		s.conn.buf, s.n, s.err = b, max(n, 0), os.NewSyscallError("read", err)
		return true
	}
}

// silent reports whether there is nothing to read, not even an end.
func (s *socket) silent() (silent bool) {
	err := s.raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		silent = err == syscall.EAGAIN
	})
	return silent && err == nil
}
