package openai

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// A holeConn loses what is written to it once its hole is open.
type holeConn struct {
	net.Conn
	open *atomic.Bool
}

func (c *holeConn) Write(p []byte) (int, error) {
	if c.open.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// A connection of HTTP/2 on which nothing comes back any more, and whose end nobody
// tells, is found out and replaced: thousands of calls would go on over it, each to
// its deadline, for as long as the system sends again, which is a quarter of an hour.
func TestAConnectionThatLosesEverythingIsReplaced(t *testing.T) {
	cert := httptest.NewUnstartedServer(nil)
	cfg := secured(cert, true)
	served := cert.TLS
	cert.Close()
	synctest.Test(t, func(t *testing.T) {
		network := new(sim.Network)
		l, err := network.Listen("api.test:443")
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, chunk(`{"content":"x"}`, "stop")+usageChunk+done)
		})}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			srv.Serve(tls.NewListener(l, served))
		}()
		tr := NewTransport()
		tr.Proxy, tr.TLSClientConfig = nil, cfg
		var dials atomic.Int32
		hole := new(atomic.Bool)
		tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			nc, err := network.Dial(ctx, "tcp", "api.test:443")
			if dials.Add(1) > 1 || err != nil {
				return nc, err
			}
			return &holeConn{nc, hole}, nil
		}
		p := Provider{BaseURL: "https://api.test/v1", Transport: NewMultiplexed(tr)}
		req := &paceline.Request{Model: "m"}
		if _, err := p.Attempt(t.Context(), req, nil); err != nil {
			t.Fatal(err)
		}
		hole.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err = p.Attempt(ctx, req, nil)
		cancel()
		if paceline.CodeOf(err) != paceline.CodeConnection {
			t.Errorf("a call into the hole: %v", err)
		}
		if _, err := p.Attempt(t.Context(), req, nil); err != nil || dials.Load() != 2 {
			t.Errorf("after it: %v, with %d connections", err, dials.Load())
		}
		p.CloseIdle()
		srv.Close()
		<-stopped
	})
}
