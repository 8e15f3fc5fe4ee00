package openai

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

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
		tr.DialContext = network.Dial
		p := Provider{BaseURL: "https://api.test/v1", Transport: NewMultiplexed(tr)}
		req := &paceline.Request{Model: "m"}
		if _, err := p.Attempt(t.Context(), req, nil); err != nil {
			t.Fatal(err)
		}
		network.Swallow()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		_, err = p.Attempt(ctx, req, nil)
		cancel()
		if paceline.CodeOf(err) != paceline.CodeConnection {
			t.Errorf("a call into the hole: %v", err)
		}
		if _, err := p.Attempt(t.Context(), req, nil); err != nil || network.Dials() != 2 {
			t.Errorf("after it: %v, with %d connections", err, network.Dials())
		}
		p.CloseIdle()
		srv.Close()
		<-stopped
	})
}
