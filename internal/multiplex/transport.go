// Package multiplex sends requests over TLS on as few connections as take them:
// over HTTP/2, with a further connection where a server takes no more streams on
// those that are open.
//
// net/http opens a connection for each request that finds none with room: of
// thousands that begin together, thousands open one each, agree on TLS, and throw
// nearly all of them away. Here they wait for a few that are opened at a time.
package multiplex

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// A Transport makes requests. It is safe for concurrent use; make it with [New].
type Transport struct {
	base *http.Transport

	mu    sync.Mutex
	pools map[string]*pool // by host and port
}

// New returns a transport that opens its connections as base is set to, which
// nobody else may use any more. Requests that cannot go over HTTP/2 go over base:
// those without TLS, those of a proxy, and those to servers that do not offer it.
func New(base *http.Transport) *Transport {
	base.DialContext = noting(base.DialContext)
	return &Transport{base: base, pools: make(map[string]*pool)}
}

// Base returns what it was made of, to be looked at.
func (t *Transport) Base() *http.Transport { return t.base }

// RoundTrip implements [http.RoundTripper]. A request that a server says it has
// not processed (GOAWAY, REFUSED_STREAM), or that found its connection gone, is
// sent again, as net/http does, if it has GetBody; but once only where the connections
// were such as have never answered, as if it had been refused, and where the server has
// refused its stream: that is load, and who makes the request knows how to wait (see
// [Refused]).
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	p := t.pool(req)
	if p == nil {
		return t.base.RoundTrip(req)
	}
	var met barrens
	refused := 0
	for tries := 0; ; tries++ {
		res, err := p.roundTrip(req)
		if errors.Is(err, errPlain) {
			return t.base.RoundTrip(req)
		}
		if err == nil || tries >= mostTries || !unprocessed(err) || met.enough(err) {
			return res, err
		}
		if Refused(err) {
			refused++
		}
		if refused > 1 {
			return nil, err
		}
		if req, err = again(req, err, tries); err != nil {
			return nil, err
		}
	}
}

// CloseIdleConnections closes the connections that nobody uses.
func (t *Transport) CloseIdleConnections() {
	t.mu.Lock()
	var idle []*member
	for _, p := range t.pools {
		idle = append(idle, p.idle()...)
	}
	t.mu.Unlock()
	for _, m := range idle {
		_ = m.cc.Close() // nobody waits for what becomes of it
	}
	t.base.CloseIdleConnections()
}

// pool returns the connections to the server of a request, nil if there are none
// of this kind.
func (t *Transport) pool(req *http.Request) *pool {
	if req.URL.Scheme != "https" || !isASCII(req.URL.Host) || t.proxied(req) {
		return nil
	}
	port := req.URL.Port()
	if port == "" {
		port = "443"
	}
	address := net.JoinHostPort(req.URL.Hostname(), port)
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.pools[address]
	if p == nil {
		p = &pool{address: address, open: t.open, most: initialStreams}
		t.pools[address] = p
	}
	return p
}

// proxied reports whether a request goes to a proxy, or cannot be sent since the
// proxy's address is wrong.
func (t *Transport) proxied(req *http.Request) bool {
	if t.base.Proxy == nil {
		return false
	}
	proxy, err := t.base.Proxy(req)
	return proxy != nil || err != nil
}

// open opens a connection.
func (t *Transport) open(ctx context.Context, address string) (*member, error) {
	m := new(member)
	cc, err := t.base.NewClientConn(context.WithValue(ctx, notedKey{}, m), "https", address)
	if err != nil {
		return nil, err
	}
	m.cc = cc
	return m, nil
}

// notedKey is under which a dial finds the member that it is for.
type notedKey struct{}

// noting returns a dial that notes the connection itself, which net/http hides,
// for those who trace a request.
func noting(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		if m, ok := ctx.Value(notedKey{}).(*member); ok && err == nil {
			m.net = nc
		}
		return nc, err
	}
}

// roundTrip makes a request over one of the connections.
func (p *pool) roundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(p.address)
	}
	m, info, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	if trace != nil && trace.GotConn != nil {
		trace.GotConn(info)
	}
	res, err := m.roundTrip(req)
	switch {
	case err == nil:
		m.answered.Store(true)
		m.heard.Store(true)
	case ctx.Err() != nil:
		p.doubt(m)
	case surplus(err) && !m.answered.Load() && m.barren():
		p.expectNone(m)
		err = fmt.Errorf("%w: %w", errBarren, err)
	case goneAway(err) && !m.answered.Load():
		err = &endedError{m, err}
	}
	return res, err
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// A member is a connection of a pool.
type member struct {
	cc       *http.ClientConn
	net      net.Conn    // what carries it; nil: not known
	answered atomic.Bool // something has been answered on it
	heard    atomic.Bool // likewise, since it was idle last

	// Under the pool's lock.
	resting bool          // no call has had it since it was idle
	rested  time.Duration // for how long it was idle last
	lost    bool          // no call is put on it any more
	free    bool          // it is among those that may have room
	used    bool          // a call has had it
	idle    time.Time     // since when no call has it
}

// barren reports whether no call is on the connection, and none can be.
func (m *member) barren() bool { return m.cc.Available() == 0 && m.cc.InFlight() == 0 }

// silent reports whether nothing has been answered on the connection, and nothing is
// to be.
func (m *member) silent() bool { return !m.answered.Load() && m.cc.InFlight() == 0 }

// room returns how many more streams a connection takes. Where the server has not
// said yet how many it allows, it is taken to allow what it did before.
func (m *member) room(most int) int {
	left := m.cc.Available()
	if m.allows() == initialStreams && !m.answered.Load() {
		left = min(left, most-m.cc.InFlight()) // below 0 where it was taken to allow more
	}
	return max(0, left)
}

// allows returns how many streams the server allows on the connection, 0 if it
// takes no more.
func (m *member) allows() int {
	left := m.cc.Available()
	if left == 0 {
		return 0
	}
	return left + m.cc.InFlight()
}
