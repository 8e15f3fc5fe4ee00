package openai

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/seed-1814a72b/paceline/internal/coalesce"
	"github.com/seed-1814a72b/paceline/internal/http1"
	"github.com/seed-1814a72b/paceline/internal/multiplex"
)

// maxHeaderBytes caps a response's header in [NewTransport]'s transports.
const maxHeaderBytes = 1 << 20

// NewTransport returns a transport of net/http's sized for bulk calls, for callers
// that want to change something in it: a proxy, TLS, the cap on headers (1 MiB).
//
// It keeps as many idle connections to a host as there were calls in flight
// (Go's default of 2 opens a new one, and pays a new TLS handshake, for nearly
// every call), offers HTTP/2, reads through small buffers, since thousands are
// open at once, and sets no deadline on an answer, which is the engine's. A
// connection of HTTP/2 on which nothing comes is asked for a sign of life.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialPaced,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           0, // no limit over all hosts
		MaxIdleConnsPerHost:    1 << 20,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    30 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		ReadBufferSize:         4 << 10,
		WriteBufferSize:        4 << 10,
		DisableCompression:     true, // what comes compressed all the same is decoded here, within the cap
		OnProxyConnectResponse: checkProxyAnswer,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: silentFor, PingTimeout: pongWithin},
	}
}

// A connection of HTTP/2 that has been silent for so long is asked whether it is
// alive, and closed if it does not say so in time. One that loses everything would
// otherwise keep all calls that are put on it, until the system gives up sending
// again (some 15 minutes on Linux). Kubernetes' clients have the same figures.
const (
	silentFor  = 30 * time.Second
	pongWithin = 15 * time.Second
)

// dialPaced opens a connection whose reads can be coalesced.
func dialPaced(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAliveConfig: http1.Probes}
	began := time.Now()
	nc, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	took := http1.Trip(nc, time.Since(began))
	nc = coalesce.Wrap(nc)
	if c := coalesce.Of(nc); c != nil {
		c.Trip = took
	}
	return nc, nil
}

// NewMultiplexed returns a transport that makes its requests over t, which nobody
// else may use any more, with a few connections that thousands of calls share
// where the server speaks HTTP/2: it opens them one after the other as they fill,
// while an [http.Transport] opens one for each call that finds none with room, and
// throws most of them away. What t is set to is kept: its TLS, its proxy (whose
// calls t makes itself), its limits.
//
// A provider without a Transport has such a one for TLS. It has a
// CloseIdleConnections.
func NewMultiplexed(t *http.Transport) http.RoundTripper { return multiplex.New(t) }

var sharedTransport = sync.OnceValue(func() http.RoundTripper { return NewMultiplexed(NewTransport()) })

// transport returns what makes the connections to the base URL. Where nobody has
// chosen, plain HTTP to a name that any resolver takes goes over connections of
// our own, unless the environment names a proxy for it. TLS does not: most that
// speak it offer HTTP/2, which takes thousands of calls over a few connections.
func (p Provider) transport(base *url.URL) http.RoundTripper {
	if p.Transport != nil {
		return p.Transport
	}
	if base.Scheme == "http" && isASCII(base.Host) {
		if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: base}); proxy == nil && err == nil {
			return sharedDirect
		}
	}
	return sharedTransport()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// A proxyError says that a proxy, not the provider, failed. It never contains
// the proxy's credentials.
type proxyError struct {
	proxy string // host and port, "" if unknown
	cause error
}

func (e *proxyError) Error() string {
	name := "the proxy of the environment (HTTPS_PROXY, HTTP_PROXY)"
	if e.proxy != "" {
		name = "proxy " + e.proxy
	}
	return name + ": " + e.cause.Error()
}

func (e *proxyError) Unwrap() error { return e.cause }

// beneath returns what a transport opens its connections by.
func beneath(rt http.RoundTripper) http.RoundTripper {
	if shared, ok := rt.(*multiplex.Transport); ok {
		return shared.Base()
	}
	return rt
}

func checkProxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{proxy.Host, errors.New("refused the connection: " + res.Status)}
}

// asProxyError returns err as a proxyError if it is one of a proxy.
func asProxyError(err error, rt http.RoundTripper, req *http.Request) *proxyError {
	if pe, ok := errors.AsType[*proxyError](err); ok {
		return pe
	}
	t, ok := beneath(rt).(*http.Transport)
	if !ok || t.Proxy == nil {
		return nil
	}
	u, bad := t.Proxy(req)
	if bad != nil {
		// Its text repeats the address, and with it the credentials.
		return &proxyError{"", errors.New("the address is not a URL")}
	}
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "proxyconnect" || u == nil {
		return nil
	}
	return &proxyError{u.Host, op.Err}
}
