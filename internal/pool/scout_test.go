package pool

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

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/reach"
)

// scouting returns a scout of a server that is spoken to over pipes, and how often it was
// looked at.
func scouting(scheme string, server func(net.Conn)) (s *scout, looks *int) {
	looks = new(int)
	return &scout{
		base: &url.URL{Scheme: scheme, Host: "api.example.com"},
		dial: func(context.Context, string, string) (net.Conn, error) {
			*looks++
			here, there := net.Pipe()
			go func() {
				defer there.Close()
				server(there)
			}()
			return here, nil
		},
	}, looks
}

// speaksHTTP is a server that waits for the end of a line, and answers in HTTP.
func speaksHTTP(c net.Conn) {
	begin := make([]byte, 7)
	if _, err := io.ReadFull(c, begin); err == nil && string(begin) == "OPTIONS" {
		go io.Copy(io.Discard, c)
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		return
	}
	io.Copy(io.Discard, c)
}

// A call over TLS that nothing answers ends within seconds where the server speaks none.
func TestASilentServerWithoutTLSIsFoundOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := scouting("https", speaksHTTP)
		began := time.Now()
		if !s.takes() || s.takes() {
			t.Fatal("one call, and only one, is to be watched")
		}
		_, err := s.watch(t.Context(), func(ctx context.Context) (*paceline.Response, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		if took := time.Since(began); paceline.CodeOf(err) != paceline.CodeTLS || !errors.Is(err, reach.ErrSpeaksPlain) || took > 10*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		if s.takes() {
			t.Error("what is known is looked for once more")
		}
	})
}

// A call in plain text that ends without an answer, or with one that is not the API's,
// has the server looked at; any other leaves it alone.
func TestWhichCallsHaveTheServerLookedAt(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	cert := server.TLS.Certificates[0]
	server.Close()
	for _, tt := range []struct {
		name  string
		err   error
		looks bool
		known bool
	}{
		{"the end", &paceline.Error{Code: paceline.CodeConnection, Err: io.EOF}, true, true},
		{"what is no HTTP", &paceline.Error{Code: paceline.CodeConnection, Err: errors.New("malformed")}, true, true},
		{"words of a gate", &paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Body: []byte("Client sent an HTTP request to an HTTPS server.\n")}, true, true},
		{"words of an API", &paceline.Error{Code: paceline.CodeInvalidRequest, Status: 400, Body: []byte(` {"detail":"top_p"}`)}, false, true},
		{"a key that is refused", &paceline.Error{Code: paceline.CodeAuth, Status: 401}, false, true},
		{"nobody there", &paceline.Error{Code: paceline.CodeConnection, Err: &net.DNSError{IsNotFound: true}}, false, false},
		{"a cancelled call", &paceline.Error{Code: paceline.CodeCanceled, Err: context.Canceled}, false, false},
		{"an answer", nil, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, looks := scouting("http", func(c net.Conn) {
					_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}}).Handshake()
				})
				s.takes()
				_, err := s.watch(t.Context(), func(context.Context) (*paceline.Response, error) {
					time.Sleep(time.Minute) // however long it takes
					return &paceline.Response{}, tt.err
				})
				if found := errors.Is(err, reach.ErrSpeaksTLS); found != tt.looks || (*looks > 0) != tt.looks {
					t.Errorf("%v, looked at %d times", err, *looks)
				}
				if !tt.looks && err != tt.err {
					t.Errorf("%v instead of %v", err, tt.err)
				}
				if s.takes() == tt.known {
					t.Errorf("afterwards it is known: %v, want %v", !tt.known, tt.known)
				}
			})
		})
	}
}

// A server that is slow to answer is looked at once, and its call goes on.
func TestASlowServerWithTLSKeepsItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, looks := scouting("https", func(c net.Conn) {
			go io.Copy(io.Discard, c)
			c.Write([]byte{0x15, 3, 3, 0, 2, 2, 40}) // it speaks TLS, to others
		})
		s.takes()
		want := &paceline.Response{}
		resp, err := s.watch(t.Context(), func(ctx context.Context) (*paceline.Response, error) {
			time.Sleep(time.Minute)
			return want, ctx.Err()
		})
		if resp != want || err != nil || *looks != 1 || s.takes() {
			t.Errorf("%v, %v, looked at %d times", resp, err, *looks)
		}
	})
}
