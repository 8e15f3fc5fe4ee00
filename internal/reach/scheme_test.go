package reach

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

// pipe returns what dials a server that is f.
func pipe(f func(net.Conn)) Dial {
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			f(there)
		}()
		return here, nil
	}
}

// certificate returns one that nobody vouches for.
func certificate(t *testing.T) tls.Certificate {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return server.TLS.Certificates[0]
}

// A server is found to speak the other one of http and https only where it surely does.
func TestScheme(t *testing.T) {
	cert := certificate(t)
	handshake := func(c net.Conn) { _ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake() }
	plain := func(c net.Conn) {
		begin := make([]byte, 7)
		if _, err := io.ReadFull(c, begin); err == nil && string(begin) == "OPTIONS" {
			go io.Copy(io.Discard, c)
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			return
		}
		io.Copy(io.Discard, c) // it waits for the end of a line
	}
	for _, tt := range []struct {
		name   string
		server func(net.Conn)
		http   error
		https  error
		within time.Duration // what it takes at the most
	}{
		{"TLS", handshake, ErrSpeaksTLS, nil, 0},
		{"an alert", func(c net.Conn) {
			go io.Copy(io.Discard, c)
			c.Write([]byte{0x15, 3, 3, 0, 2, 2, 70})
		}, ErrSpeaksTLS, nil, 0},
		{"HTTP", plain, nil, ErrSpeaksPlain, patience},
		{"silence", func(c net.Conn) { io.Copy(io.Discard, c) }, nil, nil, 2 * patience},
		{"the end", func(c net.Conn) {}, nil, nil, 0},
		{"another language", func(c net.Conn) {
			go io.Copy(io.Discard, c)
			io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n")
		}, nil, nil, 0},
	} {
		for scheme, want := range map[string]error{"http": tt.http, "https": tt.https} {
			t.Run(tt.name+" at "+scheme, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					err := Scheme(t.Context(), &url.URL{Scheme: scheme, Host: "api.example.com"}, pipe(tt.server))
					if took := time.Since(began); !errors.Is(err, want) || (want == nil) != (err == nil) || took > tt.within {
						t.Errorf("%v after %v, want %v within %v", err, took, want, tt.within)
					}
				})
			})
		}
	}
}

// Nobody is asked who cannot be reached, and the address is the URL's.
func TestSchemeOfNobody(t *testing.T) {
	var asked []string
	dial := func(_ context.Context, _, address string) (net.Conn, error) {
		asked = append(asked, address)
		return nil, errors.New("refused")
	}
	for _, base := range []string{"http://h/v1", "https://h/v1", "http://[::1]:81"} {
		u, _ := url.Parse(base)
		if err := Scheme(t.Context(), u, dial); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
	want := []string{"h:80", "h:443", "h:443", "[::1]:81"}
	if len(asked) != len(want) {
		t.Fatalf("asked %q, want %q", asked, want)
	}
	for i := range want {
		if asked[i] != want[i] {
			t.Errorf("asked %q, want %q", asked, want)
		}
	}
}
