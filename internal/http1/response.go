package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
)

// A Response is an answer whose header has come. It is its own body: it must be
// closed, and is not safe for concurrent use.
type Response struct {
	Status int
	Header http.Header
	// Length is how many bytes the body has; -1: not known.
	Length int64

	conn    *conn // nil: given back, or closed
	ctx     context.Context
	release func() bool // takes the connection out of ctx's hands
	sending sending
	begun   bool // something has come
	old     bool // it is HTTP/1.0
	final   bool // the connection is not to be used again
	body    framing
	use     coalesce.Use
	take    func() bool // of Attend
	ending  error       // what ends the body, which who waits has to see
	limited bool        // reads have a deadline
	err     error       // what Read returns from now on
}

// Read reads the body. At its end, which it does not wait for longer than the
// framing tells, it returns io.EOF, and the connection is free for others. A body
// that ends early is io.ErrUnexpectedEOF.
func (r *Response) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if r.ending != nil {
		return 0, r.end(r.ending)
	}
	n, err := r.body.read(r.conn, p)
	if err == nil || err == errDry {
		return n, nil
	}
	return n, r.end(err)
}

// end ends the body with what Read is to return. Who reads on behalf of the call's
// goroutine cannot end it: the connection would be another's while that waits.
func (r *Response) end(err error) error {
	switch {
	case r.conn.taking:
		r.ending = err
		return nil
	case err == io.EOF:
		r.giveBack()
		r.err = err
	default:
		r.err = r.abandon(unexpected(err))
	}
	return r.err
}

// Close ends the call. A connection whose body was not read to its end is closed.
// It never fails.
func (r *Response) Close() error {
	if r.conn != nil {
		r.abandon(nil)
	}
	if r.err == nil {
		r.err = http.ErrBodyReadAfterClose
	}
	return nil
}

// Wait waits until more of the body has come, or its end, or until the call has
// failed: Read then tells which. While it waits there is no buffer, not even
// Read's.
func (r *Response) Wait() {
	if r.err == nil && r.conn != nil && r.ending == nil && !r.body.over() {
		r.body.skipEnd(r.conn)
		r.conn.wait()
		r.conn.rethrow()
	}
}

// Relax has the rest of the body read at intervals ([coalesce.Every]) instead of
// as it comes, where that can be: its end, and its bytes, come so much later. Before
// quiet has passed its end is not expected. A connection that ends, and a call that
// is cancelled, are noticed at once.
func (r *Response) Relax(quiet time.Duration) {
	if r.conn == nil || r.conn.paced == nil {
		return
	}
	r.use = r.conn.paced.Use()
	if r.conn.attended == nil {
		r.use.Relax(quiet)
	} else {
		r.use.Leave(r.conn, quiet)
	}
}

// Hurry has the body read as it comes again, and Read wait.
func (r *Response) Hurry() {
	r.use.End()
	if r.conn != nil {
		r.conn.attend(nil)
	}
}

// Within has Read and Wait fail when d has passed, until the answer has ended.
func (r *Response) Within(d time.Duration) {
	if r.conn == nil {
		return
	}
	r.limited = true
	// A connection that takes no deadline is waited for, as long as ctx permits.
	_ = r.conn.net.SetReadDeadline(time.Now().Add(d))
	if r.conn.cut.Load() { // its deadline may just have been overwritten
		r.conn.cancel()
	}
}

// giveBack lets the connection be used again, if it can be.
func (r *Response) giveBack() {
	cn := r.conn
	r.Hurry()
	reusable := !r.final && r.sending.whole() && len(cn.buffered()) == 0
	if !reusable || !r.release() || r.limited && cn.net.SetReadDeadline(time.Time{}) != nil {
		r.abandon(nil)
		return
	}
	r.conn = nil
	cn.client.pool.keep(cn)
}

// abandon closes the connection, and returns ctx's error where that is why err
// came.
func (r *Response) abandon(err error) error {
	r.release()
	r.conn.close()
	r.sending.join()
	r.conn = nil
	if err != nil {
		return asCallers(r.ctx, err)
	}
	return nil
}

// unexpected returns io.ErrUnexpectedEOF for the end of the connection.
func unexpected(err error) error {
	if errors.Is(err, errEnd) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func isTimeout(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout() || errors.Is(err, os.ErrDeadlineExceeded)
}
