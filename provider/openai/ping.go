package openai

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/http1"
)

var _ paceline.Pinger = Provider{}

// Ping opens a TCP connection to the base URL's host, closes it, and returns
// how long that took: a round trip of the network. Nothing is sent, not even
// TLS's greeting. It fails where the transport is neither a [Direct] nor an
// [http.Transport], nor made of one ([NewMultiplexed]), or goes through a proxy: the
// trip to a proxy is not that to the provider.
func (p Provider) Ping(ctx context.Context) (time.Duration, error) {
	base, err := p.base()
	if err != nil {
		return 0, err
	}
	dial, err := p.dialer(base)
	if err != nil {
		return 0, err
	}
	s := stopwatch{began: time.Now()}
	conn, err := dial(httptrace.WithClientTrace(ctx, s.trace()), "tcp", http1.Address(base))
	if err != nil {
		return 0, errors.New("openai: no connection") // the dialer's own words may name what is secret in an address
	}
	took := http1.Trip(conn, s.took())
	return took, conn.Close()
}

// dialer returns what opens the connections to the base URL.
func (p Provider) dialer(base *url.URL) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	dial := new(net.Dialer).DialContext
	switch t := beneath(p.transport(base)).(type) {
	case *Direct:
		if t.DialContext != nil {
			dial = t.DialContext
		}
	case *http.Transport:
		if t.Proxy != nil {
			if proxy, err := t.Proxy(&http.Request{URL: base, Header: http.Header{}}); proxy != nil || err != nil {
				return nil, errors.New("openai: behind a proxy there is nothing to measure")
			}
		}
		if t.DialContext != nil {
			dial = t.DialContext
		}
	default:
		return nil, errors.New("openai: a transport of another kind opens no connection on request")
	}
	return dial, nil
}

// A stopwatch measures how long a connection takes to open: only TCP's share,
// without the look-up of the name, where the dialer tells.
type stopwatch struct {
	mu            sync.Mutex
	began, opened time.Time
}

func (s *stopwatch) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		ConnectStart: func(string, string) { s.start() },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				s.stop()
			}
		},
	}
}

// start begins anew: what came before was no connecting.
func (s *stopwatch) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began, s.opened = time.Now(), time.Time{}
}

// stop notes that the connection is open; only the first counts.
func (s *stopwatch) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened.IsZero() {
		s.opened = time.Now()
	}
}

// took returns how long the opening took, until now if nobody told of its end.
func (s *stopwatch) took() time.Duration {
	s.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.opened.Sub(s.began), 1)
}
