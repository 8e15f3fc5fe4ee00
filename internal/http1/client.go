// Package http1 is a client for HTTP/1.1 (RFC 9110, RFC 9112) that costs a call
// no goroutine but the caller's own: it writes the request, waits and reads the
// answer. Connections are kept, hold no buffer while nothing has come, and are
// looked at before they are used again.
//
// It sends bodies that are in memory, follows no redirect, keeps no cookie,
// decodes no content and never sends a request twice of which a byte may have
// reached the server. It knows no proxy and no HTTP/2: net/http does.
package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
)

// The defaults of a [Client].
const (
	DefaultMaxHeader = 1 << 20
	DefaultIdleFor   = 90 * time.Second
	DefaultOpening   = 30 * time.Second
)

// A Client makes calls. The zero value is ready for use; its fields must not be
// changed afterwards. It is safe for concurrent use, and calls share their
// connections.
type Client struct {
	// Dial opens a connection; nil: TCP, with keep-alive probes.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is how TLS is spoken. The protocols that it offers are not used: there
	// is but HTTP/1.1. nil: as crypto/tls does, with tickets kept.
	TLS *tls.Config
	// Opening is how long a connection may take to open, and TLS to be
	// agreed upon after that; 0: 30 s.
	Opening time.Duration
	// IdleFor is how long a connection is kept that nobody uses; 0: 90 s.
	IdleFor time.Duration
	// MaxHeader caps the header of an answer, in bytes; 0: 1 MiB.
	MaxHeader int

	pool   pool
	secure sync.Once
	tls    *tls.Config
}

// Probes are how a system finds out, within half a minute, that nothing comes through
// any more on a connection on which nothing is under way. By itself it takes minutes.
var Probes = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

var dialer = net.Dialer{KeepAliveConfig: Probes}

// A Request is a request to be sent. Nothing in it is changed, and it is not used
// once Do has returned, but for the bytes of a large body.
type Request struct {
	TLS     bool
	Address string // host and port, which are connected to; the host is what a certificate must name
	Head    []byte // the request line and the header's lines, each with its CR and LF, but for those that Body and Close stand for
	Body    []byte // may be empty, which is said, too
	Close   bool   // the connection is not to be kept
}

// A Watcher is told how a call fares, on the caller's goroutine, but for Wrote:
// of a large body another may tell, before Do has returned.
type Watcher interface {
	// Connected tells of the connection that is used now: for how long it had
	// been idle, if it was kept, or how long it took to open, without TLS.
	Connected(kept bool, idle, opening time.Duration)
	// Wrote tells that the whole request was written, or why not.
	Wrote(err error)
	// FirstByte tells that the answer has begun.
	FirstByte()
}

// The errors of this package. Others are the network's, TLS's, or ctx's.
var (
	ErrHeaderTooLarge = errors.New("http1: the answer's header is too large")
	ErrMalformed      = errors.New("http1: malformed answer")
	ErrNoAnswer       = errors.New("http1: the connection was closed before an answer came")
)

// Do sends a request and returns the answer once its header has come. The answer's
// body must be closed; read to its end, it has given the connection back.
// Cancelling ctx ends the call at any moment, also while its body is read, with
// ctx's error.
func (c *Client) Do(ctx context.Context, req *Request, w Watcher) (*Response, error) {
	for {
		cn, kept, err := c.connect(ctx, req, w)
		if err != nil {
			return nil, err
		}
		res, untouched, err := cn.exchange(ctx, req, w)
		if kept && untouched && err != nil && ctx.Err() == nil {
			continue // it was dead before a byte went out
		}
		return res, err
	}
}

// connect returns a connection for a request, and whether it was kept.
func (c *Client) connect(ctx context.Context, req *Request, w Watcher) (cn *conn, kept bool, err error) {
	to := origin{req.Address, req.TLS}
	for cn := c.pool.take(to); cn != nil; cn = c.pool.take(to) {
		idle := time.Since(cn.idle)
		if cn.alive(idle) {
			cn.rested = idle
			w.Connected(true, idle, 0)
			return cn, true, nil
		}
		cn.close()
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	cn, opening, err := c.open(ctx, to)
	if err != nil {
		return nil, false, err
	}
	w.Connected(false, 0, opening)
	return cn, false, nil
}

// open opens a connection.
func (c *Client) open(ctx context.Context, to origin) (*conn, time.Duration, error) {
	// Not derived from ctx, which would remember it as long as the call lasts.
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.opening())
	defer cancel()
	defer afterEnd(ctx, cancel)()
	began := time.Now()
	nc, err := c.dial(inner, to.address)
	if err != nil {
		return nil, 0, asCallers(ctx, err)
	}
	took := time.Since(began)
	if c.Dial == nil {
		took = Trip(nc, took)
	}
	nc = coalesce.Wrap(nc)
	if to.tls {
		if nc, err = c.handshake(ctx, nc, to.address); err != nil {
			return nil, 0, asCallers(ctx, err)
		}
	}
	return newConn(c, to, nc), took, nil
}

func (c *Client) dial(ctx context.Context, address string) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial(ctx, "tcp", address)
	}
	return c.dialApart(ctx, address)
}

// dialApart dials on a goroutine of its own: net needs three times the stack that the
// call needs for the rest of its life, and a stack that has grown stays large.
func (c *Client) dialApart(ctx context.Context, address string) (nc net.Conn, err error) {
	dialed := make(chan struct{})
	go func() {
		defer close(dialed)
		nc, err = dialer.DialContext(ctx, "tcp", address)
	}()
	<-dialed
	return nc, err
}

// handshake agrees on TLS over nc, which it closes if that fails.
func (c *Client) handshake(ctx context.Context, nc net.Conn, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opening())
	defer cancel()
	cfg := c.config()
	if cfg.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			nc.Close()
			return nil, err
		}
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	secured := tls.Client(nc, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	return secured, nil
}

// config returns TLS's configuration, made at the first use.
func (c *Client) config() *tls.Config {
	c.secure.Do(func() {
		if c.tls = c.TLS.Clone(); c.tls == nil {
			c.tls = new(tls.Config)
		}
		c.tls.NextProtos = []string{"http/1.1"}
		if c.tls.ClientSessionCache == nil {
			c.tls.ClientSessionCache = tls.NewLRUClientSessionCache(0)
		}
	})
	return c.tls
}

func (c *Client) opening() time.Duration {
	if c.Opening > 0 {
		return c.Opening
	}
	return DefaultOpening
}

func (c *Client) maxHeader() int {
	if c.MaxHeader > 0 {
		return c.MaxHeader
	}
	return DefaultMaxHeader
}

// CloseIdle closes the connections that nobody uses.
func (c *Client) CloseIdle() { c.pool.clear() }

// asCallers returns ctx's error where that is why a call failed.
func asCallers(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
