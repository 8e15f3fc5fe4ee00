package openai

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

// A Direct is a transport of our own, for HTTP/1.1 with and without TLS. A call
// over it costs less than half of the processor time and memory that it costs
// over [http.Transport] (docs/PERFORMANCE.md), and a connection of its own, which
// is kept. It knows no proxy and no HTTP/2.
//
// The zero value is ready for use; its fields must not be changed afterwards. It
// is safe for concurrent use.
type Direct struct {
	// DialContext opens a connection; nil: TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// TLSClientConfig is how TLS is spoken; nil: as crypto/tls does. The protocols
	// that it names are not offered.
	TLSClientConfig *tls.Config
	// MaxResponseHeaderBytes caps the header of an answer; 0: 1 MiB.
	MaxResponseHeaderBytes int
	// IdleConnTimeout is how long a connection is kept that nobody uses; 0: 90 s.
	IdleConnTimeout time.Duration

	client clientOnce
}

// RoundTrip implements [http.RoundTripper].
func (d *Direct) RoundTrip(req *http.Request) (*http.Response, error) {
	return d.client.of(d).RoundTrip(req)
}

// CloseIdleConnections closes the connections that nobody uses.
func (d *Direct) CloseIdleConnections() { d.client.of(d).CloseIdle() }

// sharedDirect is the one of providers that name no transport.
var sharedDirect = new(Direct)

// direct makes the exchange over our own client.
func (x *exchange) direct(ctx context.Context, client *http1.Client, payload []byte, last bool) error {
	r := &x.request
	r.TLS, r.Address, r.Head = x.url.Scheme == "https", x.address, x.heads[0]
	r.Body, r.Close = payload, last
	if x.stream {
		r.Head = x.heads[1]
	}
	res, err := client.Do(ctx, r, x)
	if err != nil {
		return err
	}
	a := &x.answer
	a.status, a.header, a.length, a.body = res.Status, res.Header, res.Length, res
	x.res = a
	return nil
}

// head returns the request line and the header's lines, as our own client takes
// them.
func head(to *url.URL, fields []field) []byte {
	b := []byte("POST " + to.RequestURI() + " HTTP/1.1\r\nHost: " + to.Host + "\r\n")
	for _, f := range fields {
		for _, v := range f.values {
			b = append(append(append(append(b, f.name...), ": "...), v...), "\r\n"...)
		}
	}
	return b
}

// Connected implements [http1.Watcher].
func (x *exchange) Connected(kept bool, idle, opening time.Duration) {
	x.kept.connected(kept, idle, opening)
	x.ready()
}

// Wrote implements [http1.Watcher].
func (x *exchange) Wrote(err error) { x.wrote(httptrace.WroteRequestInfo{Err: err}) }

// FirstByte implements [http1.Watcher].
func (x *exchange) FirstByte() { x.kept.firstByte() }

// clientOnce makes a Direct's client at its first use.
type clientOnce struct {
	once   sync.Once
	client *http1.Client
}

func (o *clientOnce) of(d *Direct) *http1.Client {
	o.once.Do(func() {
		o.client = &http1.Client{
			Dial: d.DialContext, TLS: d.TLSClientConfig,
			MaxHeader: d.MaxResponseHeaderBytes, IdleFor: d.IdleConnTimeout,
		}
	})
	return o.client
}
