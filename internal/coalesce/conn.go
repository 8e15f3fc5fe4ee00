// Package coalesce reads connections that nobody watches at intervals: what has
// come is taken at once, instead of being fetched each time a segment comes, where
// segments come that often. At the rates at which models speak, waking and reading
// is nearly all that a piece of an answer costs.
//
// The interval is a quarter of the time for which the connection has been so read,
// so that a short answer, such as a label, is not kept waiting: 12.5 ms at first,
// and [Every] at most; but [Rest] for as long as its user does not expect the end.
//
// While a connection is so read, the system wakes its reader for 16 KiB, or for
// its end, and one sweeper for all connections wakes those that wait otherwise, or
// has a [Taker] take what has come, so that they need not wake.
// Nobody who is waiting for a deadline, or for a cancelled call, waits longer.
package coalesce

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// Every is how often a connection is read in the end: what comes on it waits
	// half as long at the median.
	Every = 100 * time.Millisecond
	// Rest is how often it is read while its user does not expect the end. One that
	// nothing has come on is read as it comes, so that no silence looks longer for it
	// than it is, or than Rest.
	Rest = 500 * time.Millisecond
	// brisk is how soon one read must follow another for their coalescing to pay.
	brisk = 60 * time.Millisecond
	// enough is how many bytes are not to wait: far more than models say in that
	// time, and less than any system buffers.
	enough = 16 << 10
)

// A Conn is a connection whose reads can be coalesced, which they are while
// everybody who uses it has said [Use.Relax]. It is safe for concurrent use.
type Conn struct {
	net.Conn               // the connection itself, for writes
	Trip     time.Duration // how long it took to open on the network; 0: not known. Who opens it sets it
	raw      syscall.RawConn

	mu       sync.Mutex
	users    int
	hasty    int           // users that want each byte at once
	on       bool          // reads are coalesced
	deadline time.Time     // for reads, as set from outside
	woken    bool          // the connection's own deadline has passed only to wake its reader
	taker    Taker         // of its only user; nil: its reader must wake
	quiet    time.Duration // for which no end is expected
	peek     peek
	idle     atomic.Bool // reads would be coalesced if anything came
	last     time.Time   // of the last read while it was idle; the reader's
	place    place       // among those that are swept; the sweeper's
}

// Wrap returns nc so that its reads can be coalesced, or nc itself where they
// cannot be: on connections that are no sockets, and on other systems than Linux.
func Wrap(nc net.Conn) net.Conn {
	sc, ok := nc.(syscall.Conn)
	if !ok || !supported {
		return nc
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nc
	}
	return &Conn{Conn: nc, raw: raw}
}

// Of returns the Conn that carries nc, nil if there is none.
func Of(nc net.Conn) *Conn {
	if upper, ok := nc.(interface{ NetConn() net.Conn }); ok { // TLS
		nc = upper.NetConn()
	}
	c, _ := nc.(*Conn)
	return c
}

// SyscallConn implements [syscall.Conn]. Of an error of its Read, ask Woken.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.raw, nil }

// Read reads as soon as there is something to read, or, while reads are
// coalesced, when it is time to.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if n > 0 {
			c.Took()
			return n, err
		}
		if !c.Woken(err) {
			return n, err
		}
	}
}

// Woken reports whether a read failed only because it is time to read again.
func (c *Conn) Woken(err error) bool {
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.woken {
		return false
	}
	c.woken = false
	return c.Conn.SetReadDeadline(c.deadline) == nil
}

// A Taker takes what has come on a connection on behalf of its reader, while that
// waits. It is called by one goroutine at a time, which is not the reader's.
type Taker interface{ Take() Taken }

// Taken is what came of that.
type Taken int

// What may come of it: nothing had come; there is nothing for the reader to do; or
// it is to wake, if it waits.
const (
	Nothing Taken = iota
	All
	Reader
)

// wake has what has come taken, by the taker or by a reader that waits. If nothing
// has, and the connection is not young, it is left alone until something does.
func (c *Conn) wake() {
	t, due := c.due()
	if !due {
		return
	}
	taken := Reader
	if t != nil { // not under the lock: it calls whoever wants what has come
		taken = t.Take()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t == nil && !c.readable() {
		taken = Nothing
	}
	switch {
	case !c.on || c.idle.Load():
	case taken == Reader:
		c.woken = c.Conn.SetReadDeadline(past) == nil
	case taken == Nothing && !sweeps.young(c) && c.setLowWater(1) == nil:
		c.idle.Store(true)
		sweeps.remove(c)
	}
}

// due reports whether the connection is to be looked at, and who takes what has come.
func (c *Conn) due() (Taker, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taker, c.on && !c.idle.Load()
}

// Took tells of a read that gave something. Read tells it itself.
func (c *Conn) Took() {
	if !c.idle.Load() {
		return
	}
	now := time.Now()
	soon := now.Sub(c.last) < brisk
	if c.last = now; !soon {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.on && c.idle.Load() && c.setLowWater(enough) == nil {
		c.idle.Store(false)
		sweeps.add(c, false, 0)
	}
}

var past = time.Unix(1, 0)

// SetReadDeadline implements [net.Conn].
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline implements [net.Conn].
func (c *Conn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return c.Conn.SetDeadline(t)
}

// Close implements [net.Conn].
func (c *Conn) Close() error {
	c.mu.Lock()
	c.off()
	c.mu.Unlock()
	return c.Conn.Close()
}

// A Use is one who uses a connection, which several can at the same time
// (HTTP/2). It is used by one goroutine. That of no connection does nothing.
type Use struct {
	c       *Conn
	relaxed bool
}

// Use notes one more user of c, which may be nil, who wants each byte as it comes.
func (c *Conn) Use() Use {
	if c == nil {
		return Use{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users++
	c.hasty++
	c.settle()
	return Use{c: c}
}

// Relax says that the user can wait for what comes from now on, and for how long
// he does not expect the end of it, which counts where he is the only one.
func (u *Use) Relax(quiet time.Duration) { u.Leave(nil, quiet) }

// Leave is Relax of the only user of the connection, who leaves it to t to take
// what comes, until Hurry or End. The nil Taker takes nothing.
func (u *Use) Leave(t Taker, quiet time.Duration) {
	if u.c == nil || u.relaxed {
		return
	}
	u.relaxed = true
	u.c.mu.Lock()
	defer u.c.mu.Unlock()
	u.c.taker, u.c.quiet = t, quiet
	u.c.hasty--
	u.c.settle()
}

// Hurry says that the user wants each byte as it comes, again.
func (u *Use) Hurry() {
	if u.c == nil || !u.relaxed {
		return
	}
	u.relaxed = false
	u.c.mu.Lock()
	defer u.c.mu.Unlock()
	u.c.taker = nil
	u.c.hasty++
	u.c.settle()
}

// End says that the user uses the connection no longer. It may be called again.
func (u *Use) End() {
	if u.c == nil {
		return
	}
	u.c.mu.Lock()
	defer u.c.mu.Unlock()
	u.c.users--
	if !u.relaxed {
		u.c.hasty--
	}
	u.c.taker = nil
	u.c.settle()
	u.c = nil
}

// settle turns coalescing on or off. c.mu is held.
func (c *Conn) settle() { c.turn(c.users > 0 && c.hasty == 0) }

// off has the connection be swept no longer. c.mu is held.
func (c *Conn) off() {
	if c.on && !c.idle.Load() {
		sweeps.remove(c)
	}
	c.on = false
	c.idle.Store(false)
}

// turn turns coalescing on or off. c.mu is held.
func (c *Conn) turn(on bool) {
	switch {
	case on == c.on:
	case on:
		if c.setLowWater(enough) == nil {
			c.on = true
			if c.users > 1 {
				c.quiet = 0
			}
			sweeps.add(c, true, c.quiet)
		}
	default:
		c.off()
		// A closed connection has neither, and what could be set can be set back.
		_ = c.setLowWater(1)
		if c.woken { // it stays so: its reader may be on its way with the error
			_ = c.Conn.SetReadDeadline(c.deadline)
		}
	}
}
