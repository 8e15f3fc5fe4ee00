package http1

import (
	"net"
	"strconv"
	"sync"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
)

const (
	// oneWrite is up to how many bytes head and body are copied together, so that
	// one system call, and one segment where it fits, takes both.
	oneWrite = 16 << 10
	// largeBody is from how many bytes on a body is written on a goroutine of its
	// own: a server may answer before it has read it all, and wait until the answer
	// is taken. Less than that the system takes at once.
	largeBody = 128 << 10
)

// A sending is a request on its way.
type sending struct {
	n    int64 // bytes written
	err  error
	done chan struct{} // closed when n and err are set; nil: they are
}

// send writes the request: at once, or, if it is large, beside.
func (s *sending) send(nc net.Conn, req *Request, w Watcher) {
	if len(req.Body) < largeBody {
		s.write(nc, req, w)
		return
	}
	s.done = make(chan struct{})
	own := *req // which its owner may let go of once Do has returned
	go func() {
		defer close(s.done)
		s.write(nc, &own, w)
	}()
}

func (s *sending) write(nc net.Conn, req *Request, w Watcher) {
	if len(req.Head)+len(req.Body) <= oneWrite {
		s.writeOnce(nc, req)
	} else {
		parts := net.Buffers{req.Head, req.appendRest(nil), req.Body}
		s.n, s.err = parts.WriteTo(bare(nc))
	}
	w.Wrote(s.err)
}

// bare returns the connection in which several parts are written by one system call.
func bare(nc net.Conn) net.Conn {
	if paced, ok := nc.(*coalesce.Conn); ok {
		return paced.Conn
	}
	return nc
}

func (s *sending) writeOnce(nc net.Conn, req *Request) {
	b := requests.Get().(*[]byte)
	defer requests.Put(b)
	*b = append(req.appendRest(append((*b)[:0], req.Head...)), req.Body...)
	n, err := nc.Write(*b)
	s.n, s.err = int64(n), err
}

var requests = sync.Pool{New: func() any { return new([]byte) }}

// appendRest appends what stands between Head and Body.
func (r *Request) appendRest(b []byte) []byte {
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(r.Body)), 10)
	if r.Close {
		b = append(b, "\r\nConnection: close"...)
	}
	return append(b, "\r\n\r\n"...)
}

// failed returns why the request could not be sent, as far as is known.
func (s *sending) failed() error {
	if s.done != nil {
		return nil
	}
	return s.err
}

// whole reports whether all of the request was sent.
func (s *sending) whole() bool {
	if s.done == nil {
		return s.err == nil
	}
	select {
	case <-s.done:
		return s.err == nil
	default:
		return false
	}
}

// join waits for the writing to end.
func (s *sending) join() {
	if s.done != nil {
		<-s.done
	}
}
