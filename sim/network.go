package sim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Network is a network in memory. Its connections are buffered, keep
// deadlines, can be reset, and wait in a way that a testing/synctest bubble
// understands: make it inside the bubble. It is safe for concurrent use, and
// the zero value is ready.
type Network struct {
	// Delay is how long each write is under way; the order of the bytes stays.
	// A connection takes a round trip, two delays, to open.
	// Seed determines the delays drawn. Set them before the first use.
	Delay Durations
	Seed  uint64
	// Stopped, unless nil, makes the servers stand still at times, as a process does
	// that is stopped, or has no processor: it returns until when they do at an
	// instant, and that instant itself if they do not. Meanwhile connections open,
	// as a system lets them, but what comes is read afterwards, and what is written
	// leaves afterwards. Set it before the first use.
	Stopped func(at time.Time) (until time.Time)

	mu        sync.Mutex
	luck      draws
	listeners map[string]*listener
	dials     int64
	failures  []error // of the next dials

	swallowed atomic.Int64 // how often Swallow was called
}

// Listen opens an address, which may be any string such as "sim:80".
func (n *Network) Listen(addr string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[addr] != nil {
		return nil, &net.OpError{Op: "listen", Net: "mem", Addr: memAddr(addr), Err: syscall.EADDRINUSE}
	}
	if n.listeners == nil {
		n.listeners = map[string]*listener{}
	}
	l := &listener{
		network: n,
		addr:    memAddr(addr),
		backlog: make(chan *memConn),
		closed:  make(chan struct{}),
		conns:   map[*memConn]struct{}{},
	}
	n.listeners[addr] = l
	return l, nil
}

// Dial connects to an address that is listened on, and is refused otherwise.
// It has the signature of [http.Transport.DialContext]; the network's name
// does not matter.
func (n *Network) Dial(ctx context.Context, _, addr string) (net.Conn, error) {
	l, number, err := n.route(addr)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "mem", Addr: memAddr(addr), Err: err}
	}
	if err := n.handshake(ctx); err != nil {
		return nil, &net.OpError{Op: "dial", Net: "mem", Addr: memAddr(addr), Err: err}
	}
	client, server := newConnPair(memAddr(fmt.Sprintf("client:%d", number)), l.addr, n.arriving, n.leaving)
	since := n.swallowed.Load()
	client.lost = func() bool { return n.swallowed.Load() != since }
	select {
	case l.backlog <- server:
		return client, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-l.closed:
		err = syscall.ECONNREFUSED
	}
	return nil, &net.OpError{Op: "dial", Net: "mem", Addr: memAddr(addr), Err: err}
}

// handshake takes a round trip, as that of TCP does.
func (n *Network) handshake(ctx context.Context) error {
	trip := n.draw() + n.draw()
	if trip == 0 {
		return nil
	}
	select {
	case <-time.After(trip):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *Network) route(addr string) (*listener, int64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dials++
	if len(n.failures) > 0 {
		err := n.failures[0]
		n.failures = n.failures[1:]
		return nil, 0, err
	}
	l := n.listeners[addr]
	if l == nil {
		return nil, 0, syscall.ECONNREFUSED
	}
	return l, n.dials, nil
}

// FailDials makes the next count dials fail with err: syscall.ECONNREFUSED, a
// *net.DNSError, syscall.EMFILE, whatever a real network may say.
func (n *Network) FailDials(count int, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for range count {
		n.failures = append(n.failures, err)
	}
}

// Swallow has the network lose, without a word, what clients write from now on to the
// connections that are open, as where a firewall has forgotten them. Those that are
// opened afterwards are whole.
func (n *Network) Swallow() { n.swallowed.Add(1) }

// Dials returns how many connections have been asked for.
func (n *Network) Dials() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dials
}

// arriving returns how long what a client writes now is under way until a server
// reads it.
func (n *Network) arriving() time.Duration {
	trip := n.draw()
	return trip + n.stopped(trip)
}

// leaving returns how long what a server writes now is under way.
func (n *Network) leaving() time.Duration { return n.stopped(0) + n.draw() }

// stopped returns for how long servers stand still from then on.
func (n *Network) stopped(then time.Duration) time.Duration {
	if n.Stopped == nil {
		return 0
	}
	at := time.Now().Add(then)
	return max(0, n.Stopped(at).Sub(at))
}

func (n *Network) draw() time.Duration {
	if n.Delay.zero() {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.luck == 0 {
		n.luck = draws(hash(n.Seed, "network"))
	}
	return n.Delay.sample(&n.luck)
}

// Serve serves a handler and returns a client whose every request goes to it,
// whatever host its URL names, and a function that ends both: connections
// close, and it returns when their handlers have returned. A [Server] stays
// open, and its ledger counts the connections.
func (n *Network) Serve(h http.Handler) (client *http.Client, stop func()) {
	l := n.listenAnywhere()
	var conns sync.WaitGroup
	srv := &http.Server{Handler: h}
	counter, _ := h.(interface {
		ConnState(net.Conn, http.ConnState)
	})
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		if counter != nil {
			counter.ConnState(c, state)
		}
		switch state {
		case http.StateNew:
			conns.Add(1)
		case http.StateClosed, http.StateHijacked:
			conns.Done()
		}
	}
	conns.Go(func() { srv.Serve(l) }) // ends with ErrServerClosed
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return n.Dial(ctx, network, string(l.addr))
		},
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: 1 << 16,
	}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		srv.Close()
		l.closeConns()
		conns.Wait()
	}
}

func (n *Network) listenAnywhere() *listener {
	for port := 80; ; port++ {
		if l, err := n.Listen(fmt.Sprintf("sim:%d", port)); err == nil {
			return l.(*listener)
		}
	}
}

// listener accepts the connections to one address.
type listener struct {
	network *Network
	addr    memAddr
	backlog chan *memConn
	closed  chan struct{}
	once    sync.Once

	mu    sync.Mutex
	conns map[*memConn]struct{} // accepted and still open
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.conns[c] = struct{}{}
		c.forget = func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.conns, c)
		}
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "mem", Addr: l.addr, Err: net.ErrClosed}
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		delete(l.network.listeners, string(l.addr))
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }

// closeConns closes every connection that was accepted, hijacked ones too.
func (l *listener) closeConns() {
	l.mu.Lock()
	var open []*memConn
	for c := range l.conns {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		c.Close()
	}
}
