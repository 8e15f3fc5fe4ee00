package providertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// End says how an answer ends.
type End uint8

// The ends. The zero value is a clean one.
const (
	EndClean End = iota // the body is complete, the connection stays
	EndCut              // the connection closes before the body is complete
	EndHang             // nothing more comes until the client goes away
)

// An Answer scripts what the server does with one request, in HTTP/1.1.
type Answer struct {
	Status   int               // 0 means 200
	Header   map[string]string // besides Transfer-Encoding: chunked
	Pieces   []string          // of the body, each written on its own
	End      End
	NoHeader bool // the answer ends, by EndCut or EndHang, before its header
}

// A Received is one request as the server got it.
type Received struct {
	Path   string
	Header http.Header
	Body   []byte
}

// A Server answers from a script, over connections in memory: it works inside
// [testing/synctest]. It is safe for concurrent use.
type Server struct {
	mu       sync.Mutex
	script   []Answer
	received []Received
	left     int
	closed   bool
	conns    map[net.Conn]bool
	joined   sync.WaitGroup
}

// NewServer returns a server that gives the n-th request the n-th answer, and
// the last one from then on.
func NewServer(script ...Answer) *Server {
	return &Server{script: script, conns: make(map[net.Conn]bool)}
}

// Transport returns a transport all of whose connections lead to the server.
func (s *Server) Transport() *http.Transport {
	return &http.Transport{
		DisableCompression:  true,
		MaxIdleConnsPerHost: 1 << 10,
		DialContext:         func(context.Context, string, string) (net.Conn, error) { return s.dial() },
	}
}

func (s *Server) dial() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("connection refused")
	}
	client, server := net.Pipe()
	s.conns[server] = true
	s.joined.Add(1)
	go s.serve(server)
	return client, nil
}

// Received returns the requests so far.
func (s *Server) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.received...)
}

// Left returns how many clients went away from an answer that was not complete.
func (s *Server) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// Close closes every connection and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.joined.Wait()
}

func (s *Server) serve(conn net.Conn) {
	defer s.joined.Done()
	defer func() {
		conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	in := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		if !s.reply(conn, in, s.next(Received{req.URL.RequestURI(), req.Header, body})) {
			return
		}
	}
}

func (s *Server) next(r Received) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, r)
	return s.script[min(len(s.received), len(s.script))-1]
}

// reply writes one answer and reports whether the connection stays.
func (s *Server) reply(conn net.Conn, in io.Reader, a Answer) bool {
	if !a.NoHeader && !a.write(conn) {
		s.gone()
		return false
	}
	switch a.End {
	case EndClean:
		_, err := io.WriteString(conn, "0\r\n\r\n")
		return err == nil
	case EndHang:
		// The client sends nothing more: reading ends when it goes away.
		_, _ = io.Copy(io.Discard, in)
		s.gone()
	}
	return false
}

func (s *Server) gone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.left++
	}
}

// write writes the header and the pieces, and reports whether the client took
// them.
func (a *Answer) write(w io.Writer) bool {
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	var head strings.Builder
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\nTransfer-Encoding: chunked\r\n", status, http.StatusText(status))
	for name, val := range a.Header {
		fmt.Fprintf(&head, "%s: %s\r\n", name, val)
	}
	head.WriteString("\r\n")
	if _, err := io.WriteString(w, head.String()); err != nil {
		return false
	}
	for _, p := range a.Pieces {
		if p == "" {
			continue // would end the body
		}
		if _, err := fmt.Fprintf(w, "%x\r\n%s\r\n", len(p), p); err != nil {
			return false
		}
	}
	return true
}
