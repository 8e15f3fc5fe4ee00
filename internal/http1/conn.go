package http1

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
)

// bufferSize is how much of an answer is read at once.
const bufferSize = 16 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// A conn is a connection. One call at a time uses it.
type conn struct {
	client *Client
	to     origin
	net    net.Conn
	sock   *socket        // net, or what is below TLS; nil: it is none
	paced  *coalesce.Conn // the same; nil: its reads cannot be coalesced
	idle   time.Time      // since when nobody uses it, or until when nobody did
	rested time.Duration  // for how long nobody had used it; 0: it is new
	cancel func()         // makes all reads and writes fail; any goroutine may call it
	cut    atomic.Bool

	// buf[pos:end] is read and not yet taken. While nothing is, there is no
	// buffer: thousands of calls wait at the same time.
	buf      *[bufferSize]byte
	pos, end int
	first    [1]byte // of what comes, where it cannot be waited for without reading
	failed   error   // what waiting ended with, for who reads

	attendance
}

func newConn(c *Client, to origin, nc net.Conn) *conn {
	cn := &conn{client: c, to: to, net: nc, sock: newSocket(below(nc)), paced: coalesce.Of(nc)}
	cn.cancel = func() {
		cn.cut.Store(true)
		// A connection that refuses a deadline is closed: that ends all waiting, too.
		if nc.SetDeadline(past) != nil {
			_ = nc.Close()
		}
	}
	return cn
}

var past = time.Unix(1, 0)

// below returns the connection that carries nc.
func below(nc net.Conn) net.Conn {
	if t, ok := nc.(*tls.Conn); ok {
		return t.NetConn()
	}
	return nc
}

func (cn *conn) close() {
	cn.drop()
	// The other side may have closed it already, and there is nobody to tell.
	_ = cn.net.Close()
}

// drop gives the buffer back, with what is in it.
func (cn *conn) drop() {
	if cn.buf != nil {
		buffers.Put(cn.buf)
	}
	cn.buf, cn.pos, cn.end = nil, 0, 0
}

// buffered returns what is read and not yet taken.
func (cn *conn) buffered() []byte {
	if cn.buf == nil {
		return nil
	}
	return cn.buf[cn.pos:cn.end]
}

// take marks n buffered bytes as taken.
func (cn *conn) take(n int) {
	if cn.pos += n; cn.pos == cn.end {
		cn.drop()
	}
}

// fill reads more behind what is buffered. At the end it returns io.EOF; where
// the buffer is full, errFull; where it must not wait, errDry.
func (cn *conn) fill() error {
	if cn.pos == cn.end {
		cn.drop()
	}
	if cn.attended != nil {
		return cn.dry()
	}
	return cn.more()
}

// more is fill that may wait.
func (cn *conn) more() error {
	switch {
	case cn.failed != nil:
		return cn.failed
	case !cn.room():
		return errFull
	case cn.polled():
		return cn.sock.fill(cn)
	case cn.buf == nil:
		return cn.begin()
	}
	n, err := cn.net.Read(cn.buf[cn.end:])
	return cn.filled(n, err)
}

// polled reports whether the connection can be read without waiting.
func (cn *conn) polled() bool { return cn.sock != nil && !cn.to.tls }

// room moves what is buffered to the front, and reports whether more has room.
func (cn *conn) room() bool {
	if cn.pos > 0 {
		cn.end = copy(cn.buf[:], cn.buf[cn.pos:cn.end])
		cn.pos = 0
	}
	return cn.end < bufferSize
}

// begin reads the first byte of what comes, into no buffer; the rest is there then.
func (cn *conn) begin() error {
	n, err := cn.net.Read(cn.first[:])
	if n > 0 {
		cn.buf = buffers.Get().(*[bufferSize]byte)
		cn.buf[0] = cn.first[0]
	}
	return cn.filled(n, err)
}

// filled notes n bytes more.
func (cn *conn) filled(n int, err error) error {
	cn.end += n
	switch {
	case n > 0:
		return nil
	case err == nil:
		err = io.ErrNoProgress
	}
	if cn.pos == cn.end {
		cn.drop()
	}
	return err
}

// read reads into p, past the buffer if nothing is in it and p is large.
func (cn *conn) read(p []byte) (int, error) {
	if cn.buf == nil {
		if len(p) >= bufferSize && cn.failed == nil && cn.attended == nil {
			return cn.net.Read(p)
		}
		if err := cn.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, cn.buffered())
	cn.take(n)
	return n, nil
}

// checkAfter is for how long a connection must have been idle to be looked at
// before it is used again: one that has just answered is alive.
const checkAfter = time.Millisecond

// alive reports whether a connection that has been idle can be used: nothing has
// come on it meanwhile, not even its end.
func (cn *conn) alive(idle time.Duration) bool {
	switch {
	case idle >= cn.client.idleFor():
		return false
	case idle < checkAfter || cn.sock != nil && cn.sock.silent():
		return true
	case cn.sock != nil && !cn.to.tls:
		return false
	}
	return cn.silent() // or TLS may have sent a ticket, which it keeps for itself
}

// silent reports whether a read finds nothing.
func (cn *conn) silent() bool {
	if cn.net.SetReadDeadline(time.Now().Add(time.Millisecond)) != nil {
		return false
	}
	var b [1]byte
	n, err := cn.net.Read(b[:])
	return n == 0 && isTimeout(err) && cn.net.SetReadDeadline(time.Time{}) == nil
}

// exchange sends a request and reads the header of the answer. When it fails the
// connection is closed; untouched is whether nothing of the request went out.
func (cn *conn) exchange(ctx context.Context, req *Request, w Watcher) (res *Response, untouched bool, err error) {
	res = &Response{conn: cn, ctx: ctx}
	res.release = afterEnd(ctx, cn.cancel)
	res.sending.send(cn.net, req, w)
	if err := res.sending.failed(); err != nil && !cn.lastWord() {
		return nil, res.sending.n == 0, res.abandon(err)
	}
	if err := res.readHead(w); err != nil {
		if !res.begun {
			cn.unanswered()
		}
		return nil, false, res.abandon(err)
	}
	res.final = res.final || req.Close
	return res, false, nil
}

// silence is how long nothing must have come back on a connection that was kept for
// the others to be suspected that were kept with it: no call is given up for a dead
// network sooner.
const silence = time.Second

// unanswered is told that a call on the connection has ended without a byte of an
// answer. Where it had been kept, and waited for long enough, what lies between may
// have forgotten it without a word: then it has forgotten those, too, that have been
// idle since before. Each would cost a call its deadline; to open one anew costs a
// round trip or two.
func (cn *conn) unanswered() {
	taken := cn.idle.Add(cn.rested)
	if cn.rested > 0 && time.Since(taken) >= silence {
		cn.client.pool.closeIdleSince(cn.to, taken)
	}
}

// afterEnd is [context.AfterFunc] without a context in between, where ctx can do it
// itself.
func afterEnd(ctx context.Context, f func()) (stop func() bool) {
	if c, ok := ctx.(interface{ AfterFunc(func()) func() bool }); ok {
		return c.AfterFunc(f)
	}
	if ctx.Done() == nil {
		return endless
	}
	return context.AfterFunc(ctx, f)
}

func endless() bool { return true }

// lastWord waits for what a server may have said that takes no more of the
// request, and reports whether anything has come.
func (cn *conn) lastWord() bool {
	if cn.net.SetReadDeadline(time.Now().Add(lastWordFor)) != nil {
		return false
	}
	err := cn.fill()
	// Only then is it seen whether a cancelled call's deadline was overwritten.
	return err == nil && cn.net.SetReadDeadline(time.Time{}) == nil && !cn.cut.Load()
}

// lastWordFor is how long that may take: it was said before the request had gone.
const lastWordFor = 50 * time.Millisecond
