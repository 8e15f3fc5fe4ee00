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
	raw   syscall.RawConn
	conn  *conn
	ready func(fd uintptr) bool // is readNow
	once  func(fd uintptr)      // is read
	n     int
	err   error // io.EOF: the connection has ended; errDry: nothing was there
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
	s.ready, s.once = s.readNow, s.read
	return s
}

// fill reads behind what is buffered, once there is something to read. Until then
// it holds no buffer that was not there. It returns nil, too, once another has read.
func (s *socket) fill(cn *conn) error {
	s.conn = cn
	for {
		err := s.raw.Read(s.ready)
		if err == nil {
			break
		}
		if cn.paced == nil || !cn.paced.Woken(err) {
			cn.back()
			return err
		}
	}
	if cn.back() {
		return nil
	}
	if s.n > 0 && cn.paced != nil {
		cn.paced.Took()
	}
	return cn.filled(s.n, s.err)
}

// readNow reads what is there, and reports whether its reader need not wait: that
// was anything, or another has read.
func (s *socket) readNow(fd uintptr) bool {
	cn := s.conn
	cn.turn.Lock()
	defer cn.turn.Unlock()
	if cn.handed {
		return true
	}
	s.read(fd)
	cn.away = s.err == errDry
	return !cn.away
}

// read reads what is there behind what is buffered, for which there is room.
func (s *socket) read(fd uintptr) {
	cn := s.conn
	b := cn.buf
	if b == nil {
		b = buffers.Get().(*[bufferSize]byte)
	}
	n, err := receive(int(fd), b[cn.end:])
	for err == syscall.EINTR {
		n, err = receive(int(fd), b[cn.end:])
	}
	s.n, s.err = max(n, 0), nil
	switch {
	case err == syscall.EAGAIN: // most reads of answers begin so
		s.err = errDry
	case err != nil:
		s.err = os.NewSyscallError("recv", err)
	case n == 0:
		s.err = io.EOF
	}
	if cn.buf == nil && s.n == 0 {
		buffers.Put(b)
	} else {
		cn.buf = b
	}
}

// take reads what is there without waiting, while its reader is away, and returns how
// many bytes that was.
func (s *socket) take() (int, error) {
	if err := s.raw.Control(s.once); err != nil {
		return 0, err
	}
	return s.n, s.err
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
