package sim

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// pipeSize is how many bytes may be under way in one direction before a write
// blocks.
const pipeSize = 256 << 10

// pipe is one direction of an in-memory connection: a buffer whose bytes
// arrive after a delay. All waiting is on its condition, so that a
// testing/synctest bubble sees it blocked.
type pipe struct {
	mu      sync.Mutex
	changed *sync.Cond
	delay   func() time.Duration // of each write

	buf   []byte // buf[off:] is written and not yet read
	off   int
	ready int    // buf[off:ready] has arrived
	marks []mark // when the rest will, in order

	ended             bool  // no more will be written; what is here can be read
	endErr            error // and then this
	readErr, writeErr error // instead of anything else
	reading, writing  deadline
}

// mark says when the bytes up to an offset in buf arrive.
type mark struct {
	end int
	at  time.Time
}

func newPipe(delay func() time.Duration) *pipe {
	p := &pipe{delay: delay}
	p.changed = sync.NewCond(&p.mu)
	return p
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		p.arrive()
		switch {
		case p.readErr != nil:
			return 0, p.readErr
		case p.reading.passed():
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case p.ready > p.off:
			return p.take(b), nil
		case p.ended && len(p.marks) == 0:
			return 0, p.endErr
		}
		p.await()
	}
}

// arrive moves the bytes whose time has come.
func (p *pipe) arrive() {
	for len(p.marks) > 0 && time.Until(p.marks[0].at) <= 0 {
		p.ready = p.marks[0].end
		p.marks = p.marks[1:]
	}
}

// await waits for a change, or for the next bytes to arrive.
func (p *pipe) await() {
	if len(p.marks) > 0 {
		defer p.wakeAt(p.marks[0].at).Stop()
	}
	p.changed.Wait()
}

// take copies out what has arrived.
func (p *pipe) take(b []byte) int {
	full := len(p.buf)-p.off >= pipeSize
	n := copy(b, p.buf[p.off:p.ready])
	p.off += n
	switch {
	case p.off == len(p.buf):
		p.buf, p.off, p.ready = p.buf[:0], 0, 0
	case p.off >= pipeSize/2:
		p.compact()
	}
	if full {
		p.changed.Broadcast()
	}
	return n
}

func (p *pipe) compact() {
	p.buf = p.buf[:copy(p.buf, p.buf[p.off:])]
	p.ready -= p.off
	for i := range p.marks {
		p.marks[i].end -= p.off
	}
	p.off = 0
}

func (p *pipe) write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		free := pipeSize - (len(p.buf) - p.off)
		switch {
		case p.writeErr != nil:
			return n, p.writeErr
		case p.writing.passed():
			return n, os.ErrDeadlineExceeded
		case free > 0:
			k := min(free, len(b))
			p.put(b[:k])
			if n, b = n+k, b[k:]; len(b) == 0 {
				return n, nil
			}
		default:
			p.changed.Wait()
		}
	}
}

// put appends bytes that arrive after the delay, and not before those sent
// earlier.
func (p *pipe) put(b []byte) {
	p.buf = append(p.buf, b...)
	if d := p.delay(); d > 0 || len(p.marks) > 0 {
		at := time.Now().Add(d)
		if last := len(p.marks) - 1; last >= 0 && p.marks[last].at.After(at) {
			at = p.marks[last].at
		}
		p.marks = append(p.marks, mark{len(p.buf), at})
	} else {
		p.ready = len(p.buf)
	}
	p.changed.Broadcast()
}

// close ends the pipe: the reader gets what has been written and then endErr,
// or readErr at once if that is not nil; the writer gets writeErr.
func (p *pipe) close(endErr, readErr, writeErr error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended, p.endErr = true, endErr
	}
	if p.readErr == nil {
		p.readErr = readErr
	}
	if p.writeErr == nil {
		p.writeErr = writeErr
	}
	p.reading.stop()
	p.writing.stop()
	p.changed.Broadcast()
}

// deadline wakes up those who wait when its time has come. It is under the
// pipe's lock.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && time.Until(d.at) <= 0 }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

func (p *pipe) setDeadline(d *deadline, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.stop()
	if d.at = t; !t.IsZero() && !d.passed() && !p.ended {
		d.timer = p.wakeAt(t)
	}
	p.changed.Broadcast()
}

// wakeAt wakes up everybody at the given time.
func (p *pipe) wakeAt(t time.Time) *time.Timer {
	return time.AfterFunc(time.Until(t), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})
}

// memConn is one end of an in-memory connection.
type memConn struct {
	in, out       *pipe
	local, remote memAddr
	forget        func()      // tells the listener that this end has closed
	lost          func() bool // what is written is; nil: never
	once          sync.Once
	abrupt        bool // under out.mu: Close sends a reset
}

type memAddr string

func (memAddr) Network() string  { return "mem" }
func (a memAddr) String() string { return string(a) }

// newConnPair returns the two ends of a connection, with the delays of what is
// written at each.
func newConnPair(client, server memAddr, arriving, leaving func() time.Duration) (c, s *memConn) {
	up, down := newPipe(arriving), newPipe(leaving)
	c = &memConn{in: down, out: up, local: client, remote: server}
	s = &memConn{in: up, out: down, local: server, remote: client}
	return c, s
}

func (c *memConn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, c.wrap("read", err)
}

func (c *memConn) Write(b []byte) (int, error) {
	if c.lost != nil && c.lost() {
		return len(b), nil
	}
	n, err := c.out.write(b)
	return n, c.wrap("write", err)
}

func (c *memConn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "mem", Source: c.local, Addr: c.remote, Err: err}
}

// SetLinger is that of net.TCPConn, in one respect: after SetLinger(0), the
// peer of a closed connection sees a reset, once it has read what was sent.
func (c *memConn) SetLinger(sec int) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.abrupt = sec == 0
	return nil
}

func (c *memConn) Close() error {
	c.once.Do(func() {
		c.out.mu.Lock()
		abrupt := c.abrupt
		c.out.mu.Unlock()
		end, write := io.EOF, error(syscall.EPIPE)
		if abrupt {
			end, write = syscall.ECONNRESET, syscall.ECONNRESET
		}
		c.out.close(end, nil, net.ErrClosed)
		c.in.close(io.EOF, net.ErrClosed, write)
		if c.forget != nil {
			c.forget()
		}
	})
	return nil
}

func (c *memConn) LocalAddr() net.Addr  { return c.local }
func (c *memConn) RemoteAddr() net.Addr { return c.remote }

func (c *memConn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *memConn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.reading, t)
	return nil
}

func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writing, t)
	return nil
}
