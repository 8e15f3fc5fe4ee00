package http1_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

// A reader reads a body that is attended.
type reader struct {
	res   *http1.Response
	body  []byte
	err   error // of the body's end
	own   atomic.Bool
	by    atomic.Int32 // times that another took for it
	taken chan struct{}
}

// all reads the body to its end.
func (r *reader) all() error {
	if !r.res.Attend(r.take) {
		return errors.New("it cannot be attended")
	}
	r.res.Relax(0)
	for r.read() {
		r.res.Wait()
	}
	return r.err
}

// read is take by the call's own goroutine.
func (r *reader) read() bool {
	r.own.Store(true)
	defer r.own.Store(false)
	return r.err == nil && r.take()
}

func (r *reader) take() bool {
	if !r.own.Load() {
		r.by.Add(1)
	}
	defer func() {
		select {
		case r.taken <- struct{}{}:
		default:
		}
	}()
	for r.err == nil {
		var b [7]byte
		n, err := r.res.Read(b[:])
		r.body = append(r.body, b[:n]...)
		if r.err = err; n == 0 && err == nil {
			return true
		}
	}
	return false
}

// inTwo serves an answer in two pieces, the second once something of the first was
// taken, and reads it attended. A body that ends by itself is not followed by the
// connection's end.
func inTwo(t *testing.T, ends bool, head, one, two string) *reader {
	t.Helper()
	r, done := &reader{taken: make(chan struct{}, 1)}, make(chan struct{})
	addr := connections(t, func(nc net.Conn) {
		io.WriteString(nc, head)
		io.WriteString(nc, one)
		<-r.taken
		io.WriteString(nc, two)
		if ends { // the connection's end would wake the call
			<-done
		}
	})
	defer close(done)
	c := new(http1.Client)
	defer c.CloseIdle()
	var err error
	if r.res, err = c.Do(t.Context(), post(addr, nil), new(watch)); err != nil {
		t.Error(err)
		close(r.taken)
		return r
	}
	defer r.res.Close()
	r.all()
	return r
}

// Wherever the network cuts a body, it is the same when another reads it on behalf
// of a call that waits.
func TestAnAttendedBodyIsTheSameWhereverItIsCut(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	var by atomic.Int32
	var all sync.WaitGroup
	for _, c := range []struct {
		ends                  bool
		head, body, want, err string
	}{
		{true, "Transfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\nb;x=y\r\ndefghijklmn\r\n0\r\nA: b\r\nC: d\r\n\r\n", "abcdefghijklmn", "EOF"},
		{true, "Content-Length: 12\r\n\r\n", "abcdefghijkl", "abcdefghijkl", "EOF"},
		{false, "Connection: close\r\n\r\n", "abcdefghijkl", "abcdefghijkl", "EOF"},
		{false, "Transfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n5\r\nde", "abcde", "unexpected EOF"},
		{true, "Transfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\nx\r\n", "abc", "http1: malformed answer: the size of a chunk"},
	} {
		for cut := range len(c.body) {
			all.Go(func() {
				r := inTwo(t, c.ends, head+c.head, c.body[:cut], c.body[cut:])
				if string(r.body) != c.want || fmt.Sprint(r.err) != c.err {
					t.Errorf("%q cut at %d: %q, %v", c.body, cut, r.body, r.err)
				}
				by.Add(r.by.Load())
			})
		}
	}
	all.Wait()
	if by.Load() == 0 {
		t.Error("nothing was ever taken on behalf of a call that waits")
	}
}

// More than a buffer holds is taken at once.
func TestALongAttendedBodyIsWhole(t *testing.T) {
	const size = 300_000
	body := strings.Repeat("0123456789", size/10)
	r := inTwo(t, true, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size), body[:12_345], body[12_345:])
	if string(r.body) != body || r.err != io.EOF {
		t.Errorf("%d of %d bytes, %v", len(r.body), size, r.err)
	}
}

// A connection whose answer was taken on a call's behalf serves the next call, and
// only once its own goroutine has seen the end.
func TestAnAttendedConnectionIsUsedAgain(t *testing.T) {
	c, addr := serve(t, echo)
	for i := range 20 {
		w := new(watch)
		res, err := c.Do(t.Context(), post(addr, []byte("hello")), w)
		if err != nil {
			t.Fatal(err)
		}
		r := &reader{res: res, taken: make(chan struct{}, 1)}
		if r.all(); string(r.body) != "hello" || r.err != io.EOF || w.kept != (i > 0) {
			t.Errorf("call %d: %q, %v, on a kept connection: %v", i, r.body, r.err, w.kept)
		}
		res.Close()
	}
}

// A cancelled call ends at once, whoever reads for it.
func TestAnAttendedCallIsCancelled(t *testing.T) {
	c, addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			io.WriteString(w, "piece ")
			w.(http.Flusher).Flush()
		}
	})
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		res, err := c.Do(ctx, post(addr, nil), new(watch))
		if err != nil {
			t.Fatal(err)
		}
		r := &reader{res: res, taken: make(chan struct{}, 1)}
		go func() {
			<-r.taken
			cancel()
		}()
		if err := r.all(); !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
		res.Close()
	}
}
