package multiplex

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serving starts a server that allows so many streams on a connection; 0: it
// speaks HTTP/1.1 only. It counts its connections.
func serving(t *testing.T, streams int, h http.HandlerFunc) (srv *httptest.Server, conns *atomic.Int64) {
	t.Helper()
	conns = new(atomic.Int64)
	srv = httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = streams > 0
	srv.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv, conns
}

// over returns a transport that trusts the server.
func over(t *testing.T, srv *httptest.Server) *Transport {
	t.Helper()
	trusts := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return made(t, &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: trusts}})
}

func made(t *testing.T, base *http.Transport) *Transport {
	tr := New(base)
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// get makes one request and reads its answer.
func get(ctx context.Context, tr *Transport, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader("question"))
	if err != nil {
		return "", err
	}
	res, err := tr.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err
}

// together makes so many requests at once and returns the first error.
func together(tr *Transport, url string, n int) error {
	var group sync.WaitGroup
	errs := make(chan error, n)
	for range n {
		group.Go(func() {
			_, err := get(context.Background(), tr, url)
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// meeting returns a handler that answers nobody before so many have come, but who
// asks for /first.
func meeting(n int) http.HandlerFunc {
	var come atomic.Int64
	all := make(chan struct{})
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			return
		}
		if come.Add(1) == int64(n) {
			close(all)
		}
		select {
		case <-all:
		case <-r.Context().Done():
		}
	}
}

// Streams that are open at the same time get as many connections as they need,
// whatever the server allows on one, and few more: of a new one net/http knows only
// later that it takes more than 100. The server has said how many it allows: of one
// that takes its time to, calls would wait on a connection for which they are too
// many, and those that have met there for them.
func TestStreamsShareAsFewConnectionsAsTakeThem(t *testing.T) {
	for _, c := range []struct{ allowed, calls, most int }{
		{250, 600, 6}, {10, 200, 24}, {100, 300, 5}, {2, 30, 18},
	} {
		srv, conns := serving(t, c.allowed, meeting(c.calls))
		tr := over(t, srv)
		if _, err := get(t.Context(), tr, srv.URL+"/first"); err != nil {
			t.Fatal(err)
		}
		until(t, "the server has said what it allows", func() bool { return says(tr.only(), c.allowed) })
		if err := together(tr, srv.URL, c.calls); err != nil {
			t.Error(err)
		}
		if n := int(conns.Load()); n > c.most || n*c.allowed < c.calls {
			t.Errorf("%d calls, %d streams allowed: %d connections", c.calls, c.allowed, n)
		}
	}
}

// says reports whether the server has said that it allows so many streams on a
// connection.
func says(p *pool, streams int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settled && p.most == streams
}

// A server without HTTP/2 is left to net/http, which keeps its connections.
func TestAServerWithoutHTTP2(t *testing.T) {
	srv, conns := serving(t, 0, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	tr := over(t, srv)
	for range 5 {
		if proto, err := get(t.Context(), tr, srv.URL); proto != "HTTP/1.1" || err != nil {
			t.Fatal(proto, err)
		}
	}
	if n := conns.Load(); n > 2 {
		t.Errorf("%d connections", n)
	}
	if err := together(tr, srv.URL, 20); err != nil {
		t.Error(err)
	}
}

// What one does not read holds up nobody else on the same connection.
func TestASlowReaderStallsNoOther(t *testing.T) {
	large := strings.Repeat("x", 8<<20) // far more than a stream's window
	srv, conns := serving(t, 250, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			io.WriteString(w, large)
			return
		}
		io.WriteString(w, "small")
	})
	tr := over(t, srv)
	req, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/large", nil)
	slow, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if text, err := get(t.Context(), tr, srv.URL); text != "small" || err != nil {
			t.Fatal(text, err)
		}
	}
	if all, err := io.ReadAll(slow.Body); len(all) != len(large) || err != nil {
		t.Errorf("%d bytes, %v", len(all), err)
	}
	if slow.Body.Close(); conns.Load() != 1 {
		t.Errorf("%d connections", conns.Load())
	}
}

// Connections that the server announces to close while calls come and go are
// replaced, and no call fails.
func TestConnectionsThatGoAwayLoseNothing(t *testing.T) {
	var calls atomic.Int64
	srv, conns := serving(t, 20, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return // taken back before its question was asked
		}
		if calls.Add(1)%25 == 0 {
			w.Header().Set("Connection", "close") // GOAWAY, with what is open still answered
		}
	})
	tr := over(t, srv)
	for range 5 {
		if err := together(tr, srv.URL, 60); err != nil {
			t.Fatal(err)
		}
	}
	if calls.Load() != 300 || conns.Load() < 5 {
		t.Errorf("%d calls over %d connections", calls.Load(), conns.Load())
	}
}

// Connections that break are used no longer.
func TestABrokenConnectionIsReplaced(t *testing.T) {
	srv, conns := serving(t, 250, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/break" {
			panic(http.ErrAbortHandler) // a reset of the stream
		}
	})
	tr := over(t, srv)
	if _, err := get(t.Context(), tr, srv.URL+"/break"); err == nil {
		t.Error("a reset is no error")
	}
	for n := int64(1); n <= 3; n++ {
		if _, err := get(t.Context(), tr, srv.URL); err != nil && n == 1 {
			t.Fatal(err)
		}
		if conns.Load() != n {
			t.Fatalf("%d connections in round %d", conns.Load(), n)
		}
		p := tr.pools[srv.Listener.Addr().String()]
		srv.CloseClientConnections()
		until(t, "the client has noticed", func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return len(p.all) == 0
		})
	}
}

// The one that opens a connection may be cancelled: another opens it then.
func TestACancelledOpenerIsRelieved(t *testing.T) {
	srv, _ := serving(t, 250, func(http.ResponseWriter, *http.Request) {})
	tr := over(t, srv)
	var dials atomic.Int64
	begun := make(chan struct{})
	tr.base.DialContext = noting(func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) == 1 {
			close(begun)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	})
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := get(ctx, tr, srv.URL); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	<-begun
	gone, leave := context.WithCancel(t.Context())
	group.Go(func() {
		if _, err := get(gone, tr, srv.URL); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	awaitWaiting(t, tr, 1)
	for range 10 {
		group.Go(func() {
			if _, err := get(t.Context(), tr, srv.URL); err != nil {
				t.Error(err)
			}
		})
	}
	awaitWaiting(t, tr, 11)
	leave()
	awaitWaiting(t, tr, 10)
	cancel()
	group.Wait()
}

// awaitWaiting waits until so many wait for a connection.
func awaitWaiting(t *testing.T, tr *Transport, want int) {
	t.Helper()
	until(t, fmt.Sprintf("%d calls wait", want), func() bool {
		p := tr.only()
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.waiting) == want
	})
}

// Where no connection can be opened, all who wait for it are told why.
func TestAllAreToldThatThereIsNoConnection(t *testing.T) {
	srv, _ := serving(t, 250, func(http.ResponseWriter, *http.Request) {})
	tr := over(t, srv)
	broken, proceed, dials := errors.New("no route"), make(chan struct{}), atomic.Int64{}
	tr.base.DialContext = func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		<-proceed
		return nil, broken
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := get(t.Context(), tr, srv.URL); !errors.Is(err, broken) {
				t.Error(err)
			}
		})
	}
	until(t, "one is opened", func() bool { return dials.Load() > 0 })
	awaitWaiting(t, tr, 19)
	close(proceed)
	if group.Wait(); dials.Load() != 1 {
		t.Errorf("%d tries to open one", dials.Load())
	}
}

// Who traces a request is told of the connection itself, and whether it had been
// used, and idle.
func TestTrace(t *testing.T) {
	srv, _ := serving(t, 250, func(http.ResponseWriter, *http.Request) {})
	tr := over(t, srv)
	for i := range 2 {
		var got httptrace.GotConnInfo
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { got = i }})
		if _, err := get(ctx, tr, srv.URL); err != nil {
			t.Fatal(err)
		}
		if _, tcp := got.Conn.(*net.TCPConn); !tcp || got.Reused != (i > 0) || got.WasIdle != (i > 0) {
			t.Errorf("call %d: %+v", i, got)
		}
		p := tr.only() // the stream ends on a goroutine of the connection's, which tells of it then
		until(t, "nothing is under way", func() bool { return p.rests(p.all[0], 0) })
	}
}

// A connection on which nothing has come since it was idle for long gets no further
// call once one was cut off there; those that are on it end, and so does it then.
func TestAConnectionInDoubtGetsNoFurtherCall(t *testing.T) {
	var slow atomic.Bool
	goOn := make(chan struct{})
	srv, _ := serving(t, 100, func(w http.ResponseWriter, r *http.Request) {
		if slow.Load() {
			<-goOn
		}
	})
	url, tr := srv.URL, over(t, srv)
	if _, err := get(t.Context(), tr, url); err != nil {
		t.Fatal(err)
	}
	p := tr.only()
	m := p.all[0]
	until(t, "nothing is under way", func() bool { return p.rests(m, time.Hour) })
	slow.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	for _, ctx := range []context.Context{ctx, t.Context()} {
		go func() {
			_, err := get(ctx, tr, url)
			ended <- err
		}()
	}
	until(t, "both calls are on it", func() bool { return m.cc.InFlight() == 2 })
	cancel()
	if err := <-ended; err == nil {
		t.Error("the call that was cut off did not fail")
	}
	slow.Store(false)
	if _, err := get(t.Context(), tr, url); err != nil || len(p.all) != 1 || p.all[0] == m {
		t.Errorf("the next: %v; want another connection", err)
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Errorf("the other on it: %v", err)
	}
	until(t, "the connection is closed", func() bool { return m.cc.Err() != nil })
}

// until waits for what is seen to come only by looking.
func until(t *testing.T, what string, come func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !come(); runtime.Gosched() { // only a failing test waits for it
		if time.Now().After(deadline) {
			t.Fatalf("in vain until %s", what)
		}
	}
}

// rests has it that a connection has been idle for so long, if it is idle at all.
func (p *pool) rests(m *member, long time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.idle = time.Now().Add(-long)
	return m.resting
}

// only returns the pool of the one server that there is.
func (t *Transport) only() *pool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pools {
		return p
	}
	return nil
}
