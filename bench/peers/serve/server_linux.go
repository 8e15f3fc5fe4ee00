package serve

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// The rates of streams: a turn on the wheel is an event.
const (
	PacedEvery = 20 * time.Millisecond
	HeldEvery  = 2500 * time.Millisecond
)

// A Server answers on one thread. Its zero value is no use; it is for one
// goroutine.
type Server struct {
	epoll, listener int
	conns           map[int32]*conn
	paced, held     *wheel
	counters        Counters
	buffer          []byte

	json, burst, head []byte
	events            [][]byte
}

// Forever is what a server's process does: it prints its address, and serves until
// it is ended.
func Forever() error {
	s, address, err := Listen()
	if err != nil {
		return err
	}
	fmt.Println(address)
	return s.Serve()
}

// Listen returns a server on a free port of 127.0.0.1, and its address. The
// system may queue 4,096 connections before they are accepted.
func Listen() (*Server, string, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, "", os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, "", os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(fd, 4096); err != nil {
		return nil, "", os.NewSyscallError("listen", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, "", os.NewSyscallError("getsockname", err)
	}
	s := &Server{
		listener: fd, conns: map[int32]*conn{}, buffer: make([]byte, maxRequest),
		paced: newWheel(time.Millisecond, PacedEvery), held: newWheel(10*time.Millisecond, HeldEvery),
		json: jsonAnswer(), head: streamHead(), events: streamEvents(),
	}
	s.burst = append(s.burst, s.head...)
	for _, event := range s.events {
		s.burst = append(s.burst, event...)
	}
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, "", os.NewSyscallError("epoll_create", err)
	}
	address := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*unix.SockaddrInet4).Port}
	return s, address.String(), s.watch(fd, unix.EPOLLIN)
}

func (s *Server) watch(fd int, events uint32) error {
	err := unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Fd: int32(fd), Events: events})
	return os.NewSyscallError("epoll_ctl", err)
}

// Serve answers until the system fails it.
func (s *Server) Serve() error {
	events := make([]unix.EpollEvent, 1024)
	for {
		n, err := unix.EpollWait(s.epoll, events, s.timeout())
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("epoll_wait", err)
		}
		for i := range max(n, 0) {
			if fd := events[i].Fd; fd == int32(s.listener) {
				s.accept()
			} else if c := s.conns[fd]; c != nil {
				s.ready(c, events[i].Events)
			}
		}
		now := time.Now()
		skipped := s.paced.turn(now, s.advance) + s.held.turn(now, s.advance)
		s.counters.SkippedMS += skipped.Milliseconds()
	}
}

// timeout returns how many milliseconds may be waited, -1 for ever.
func (s *Server) timeout() int {
	now := time.Now()
	wait := s.paced.wait(now)
	if w := s.held.wait(now); wait < 0 || w >= 0 && w < wait {
		wait = w
	}
	if wait < 0 {
		return -1
	}
	return int((wait + time.Millisecond - 1) / time.Millisecond)
}

func (s *Server) accept() {
	for {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // only slower without
		if s.watch(fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLRDHUP|unix.EPOLLET) != nil {
			unix.Close(fd)
			continue
		}
		s.counters.Accepted++
		s.counters.Conns++
		s.conns[int32(fd)] = &conn{fd: fd, open: true}
	}
}

func (s *Server) ready(c *conn, events uint32) {
	if events&unix.EPOLLOUT != 0 {
		c.flush()
	}
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		s.read(c, events&^(unix.EPOLLIN|unix.EPOLLOUT) != 0)
	}
}

// read takes what has come, and answers it. Edges are told once, so it reads
// until the socket is empty or the buffer not filled; ended says that the peer
// has closed.
func (s *Server) read(c *conn, ended bool) {
	for {
		n, err := unix.Read(c.fd, s.buffer)
		if err == unix.EAGAIN {
			return
		}
		if n <= 0 || !s.take(c, s.buffer[:n]) {
			s.close(c)
			return
		}
		if n < len(s.buffer) && !ended {
			return
		}
	}
}

// take answers the requests in b and what came before it. It reports whether
// they were understood.
func (s *Server) take(c *conn, b []byte) bool {
	if len(c.in) > 0 {
		c.in = append(c.in, b...)
		b = c.in
	}
	for len(b) > 0 {
		k, size, err := parse(b)
		if err != nil {
			s.counters.Refused++
			c.write(fmt.Appendf(nil, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%v", len(err.Error()), err))
			return false
		}
		if size == 0 {
			break
		}
		s.answer(c, k)
		b = b[size:]
	}
	c.in = append(c.in[:0], b...)
	return true
}

func (s *Server) answer(c *conn, k kind) {
	switch k {
	case kindJSON:
		c.write(s.json)
		s.counters.Calls++
	case kindBurst:
		c.write(s.burst)
		s.counters.Chunks += Chunks
		s.counters.Calls++
	case kindPaced:
		s.begin(c, s.paced, false)
		// Streams that begin together would all end together.
		if c.streams++; c.streams == 1 {
			c.delay = rand.IntN(Chunks)
		}
	case kindHeld:
		s.begin(c, s.held, true)
		s.advance(c)
	case kindCounters:
		body, _ := json.Marshal(s.counters) // numbers
		c.write(fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	}
}

func (s *Server) begin(c *conn, w *wheel, held bool) {
	c.held, c.sent, c.busy = held, 0, true
	s.counters.Open++
	w.add(time.Now(), c)
}

// advance sends a stream's next event. It reports whether the stream goes on.
func (s *Server) advance(c *conn) bool {
	switch {
	case !c.open:
		return false
	case c.delay > 0:
		c.delay--
		return true
	case c.sent == 0:
		c.write(append(s.head[:len(s.head):len(s.head)], s.events[0]...))
	case c.held:
		c.write(s.events[1+c.sent%(Chunks-3)])
	default:
		c.write(s.events[c.sent])
	}
	c.sent++
	s.counters.Chunks++
	if c.held || c.sent < Chunks {
		return true
	}
	c.busy = false
	s.counters.Open--
	s.counters.Calls++
	return false
}

func (s *Server) close(c *conn) {
	if c.busy {
		s.counters.Open--
	}
	c.open, c.busy = false, false
	s.counters.Conns--
	delete(s.conns, int32(c.fd))
	unix.Close(c.fd)
}
