package openai

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline/sim"
)

func TestPingTakesARoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &sim.Network{Delay: sim.MustDurations("10ms")}
		l, err := network.Listen("api.test:443")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c.Close()
			}
		}()
		p := Provider{BaseURL: "https://api.test/v1"}
		for _, rt := range []http.RoundTripper{
			NewMultiplexed(&http.Transport{DialContext: portNumber(network)}), &http.Transport{DialContext: portNumber(network)},
		} {
			p.Transport = rt
			if took, err := p.Ping(t.Context()); err != nil || took != 20*time.Millisecond {
				t.Errorf("over %T it took %v, %v; a trip is 20ms", rt, took, err)
			}
		}
		l.Close()
		if took, err := p.Ping(t.Context()); err == nil || took != 0 {
			t.Errorf("took %v although nobody listens", took)
		}
	})
}

// portNumber returns a dialer to which https is port 443.
func portNumber(n *sim.Network) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		return n.Dial(ctx, network, strings.Replace(addr, ":https", ":443", 1))
	}
}

func TestPingOfARealListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("no loopback: ", err)
	}
	defer l.Close()
	took, err := Provider{BaseURL: "http://" + l.Addr().String() + "/v1", Transport: &http.Transport{}}.Ping(t.Context())
	if err != nil || took <= 0 {
		t.Errorf("took %v, %v", took, err)
	}
}

func TestPingDoesNotMeasureAProxy(t *testing.T) {
	secret := "sk-canary-123456"
	proxy, _ := url.Parse("http://user:" + secret + "@127.0.0.1:1")
	for _, rt := range []http.RoundTripper{
		&http.Transport{Proxy: http.ProxyURL(proxy)}, NewMultiplexed(&http.Transport{Proxy: http.ProxyURL(proxy)}), fails(net.ErrClosed),
	} {
		_, err := Provider{BaseURL: "http://api.test/v1", Transport: rt}.Ping(t.Context())
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%T: %v", rt, err)
		}
	}
}
