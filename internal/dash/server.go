package dash

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// What a server takes from those who connect.
const (
	connectionsMost = 128
	headerMost      = 16 << 10         // bytes
	headerIn        = 5 * time.Second  // for the header of a request
	idleFor         = 60 * time.Second // between two requests of a connection
	goodbye         = time.Second      // for answers under way when the page is closed
)

// A Server serves a page until it is closed.
type Server struct {
	http *http.Server
	wait sync.WaitGroup
}

// Serve begins to serve h on l, which it closes in the end.
func Serve(l net.Listener, h http.Handler) *Server {
	s := &Server{http: &http.Server{
		Handler: h, ReadHeaderTimeout: headerIn, IdleTimeout: idleFor, MaxHeaderBytes: headerMost,
		ErrorLog: log.New(io.Discard, "", 0), // it would tell of every browser that goes away
	}}
	s.wait.Go(func() {
		// It ends when it is closed; nobody can do anything about another error.
		_ = s.http.Serve(l)
	})
	return s
}

// Close lets answers under way be finished, for a second at most, and joins the
// server. A feed has to have ended before, or it is cut off.
func (s *Server) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if errors.Is(s.http.Shutdown(ctx), context.DeadlineExceeded) {
		// Its error would be that of a listener that is closed already.
		_ = s.http.Close()
	}
	s.wait.Wait()
}

// A crowd is a listener with at most so many connections at once: further ones
// wait in the system's queue.
type crowd struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newCrowd(l net.Listener, most int) *crowd {
	return &crowd{Listener: l, places: make(chan struct{}, most), closed: make(chan struct{})}
}

// Accept waits for a place and a connection.
func (c *crowd) Accept() (net.Conn, error) {
	select {
	case c.places <- struct{}{}:
	case <-c.closed:
		return nil, net.ErrClosed
	}
	conn, err := c.Listener.Accept()
	if err != nil {
		<-c.places
		return nil, err
	}
	return &member{Conn: conn, leave: sync.OnceFunc(func() { <-c.places })}, nil
}

// Close closes the listener. It may be called more than once.
func (c *crowd) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Listener.Close()
}

// A member is a connection that has a place.
type member struct {
	net.Conn
	leave func()
}

func (m *member) Close() error {
	defer m.leave()
	return m.Conn.Close()
}
