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

// A connection that was kept, and that a router has forgotten without a word, costs a
// call the time of its first-token deadline, but no attempt: it is sent again over a
// new one, whatever the protocol.
func TestAKeptConnectionThatIsForgottenCostsNoAttempt(t *testing.T) {
	cert := map[bool]*httptest.Server{true: httptest.NewUnstartedServer(nil), false: httptest.NewUnstartedServer(nil)}
	clients := map[bool]*tls.Config{}
	for http2, s := range cert {
		clients[http2] = secured(s, http2)
		s.Close()
	}
	for name, c := range map[string]struct {
		scheme string
		http2  bool
		direct bool
	}{
		"HTTP/1.1, TLS": {"https", false, false}, "HTTP/2": {"https", true, false},
		"HTTP/1.1": {"http", false, false}, "HTTP/1.1, our own": {"http", false, true}, "HTTP/1.1, TLS, our own": {"https", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := new(sim.Network)
				l, err := network.Listen("api.test:443")
				if err != nil {
					t.Fatal(err)
				}
				if c.scheme == "https" {
					l = tls.NewListener(l, cert[c.http2].TLS)
				}
				srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(time.Second)
					io.WriteString(w, chunk(`{"content":"x"}`, "stop")+usageChunk+done)
				})}
				stopped := make(chan struct{})
				go func() {
					defer close(stopped)
					srv.Serve(l)
				}()
				tr := NewTransport()
				tr.Proxy, tr.TLSClientConfig, tr.DialContext = nil, clients[c.http2], network.Dial
				var rt http.RoundTripper = NewMultiplexed(tr)
				if c.direct {
					rt = &Direct{DialContext: network.Dial, TLSClientConfig: clients[false]}
				}
				p := Provider{BaseURL: c.scheme + "://api.test:443/v1", Transport: rt}
				e, err := paceline.New(p, paceline.Config{Retry: paceline.Retry{Attempts: 1}, Deadlines: paceline.Deadlines{FirstToken: 20 * time.Second}})
				if err != nil {
					t.Fatal(err)
				}
				crowd := func() {
					ended := make(chan error)
					for range 20 {
						go func() {
							_, err := e.Do(t.Context(), &paceline.Request{Model: "m"})
							ended <- err
						}()
					}
					for range 20 {
						if err := <-ended; err != nil {
							t.Error(err)
						}
					}
				}
				crowd()
				time.Sleep(40 * time.Second)
				network.Swallow()
				began := time.Now()
				crowd()
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("took %v", took)
				}
				e.Shutdown(context.Background())
				p.CloseIdle()
				srv.Close()
				<-stopped
			})
		})
	}
}
