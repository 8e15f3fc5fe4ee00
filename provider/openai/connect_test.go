package openai

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	paceline "github.com/seed-1814a72b/paceline"
)

func fails(err error) transport {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func TestConnectionErrors(t *testing.T) {
	dns := &net.DNSError{Err: "no such host", Name: "test.invalid", IsNotFound: true}
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	cases := []struct {
		name string
		err  error
		code paceline.Code
	}{
		{"Fault15Refused", dial(syscall.ECONNREFUSED), paceline.CodeConnection},
		{"Fault15Reset", dial(syscall.ECONNRESET), paceline.CodeConnection},
		{"Fault15EOF", io.EOF, paceline.CodeConnection},
		{"Fault20DNS", &net.OpError{Op: "dial", Err: dns}, paceline.CodeConnection},
		{"Fault21NoTLS", http.ErrSchemeMismatch, paceline.CodeTLS},
		{"Fault24Descriptors", dial(syscall.EMFILE), paceline.CodeLocal},
		{"Fault24Ports", dial(syscall.EADDRNOTAVAIL), paceline.CodeLocal},
		{"Fault66URLError", &url.Error{Op: "Post", URL: "http://x/?key=sk-canary-123456", Err: io.EOF}, paceline.CodeConnection},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := failsWith(t, fails(c.err), "")
			if e.Code != c.code || e.MaybeBilled || e.Remote || strings.Contains(e.Error(), "canary") {
				t.Errorf("got %+v: %v", e, e)
			}
		})
	}
}

func TestFault13HugeHeader(t *testing.T) {
	raw := "HTTP/1.1 200 OK\r\nX-Big: " + strings.Repeat("x", 10<<20) + "\r\n\r\n"
	tr := overPipe(raw)
	for _, rt := range []http.RoundTripper{tr, direct(tr)} {
		if e := failsWith(t, rt, ""); e.Code != paceline.CodeTooLong {
			t.Errorf("over %T: %+v: %v", rt, e, e)
		}
	}
}

// TestFault13HugeHeaderOverHTTP2 holds that the cap counts there too, though
// net/http says no more of it than that the connection broke the protocol.
func TestFault13HugeHeaderOverHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the request came over %s", r.Proto)
		}
		for i := range 400 {
			w.Header().Set(fmt.Sprintf("X-Big-%d", i), strings.Repeat("x", 10<<10))
		}
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	tr := NewTransport()
	tr.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	defer tr.CloseIdleConnections()
	p := Provider{BaseURL: srv.URL, Transport: tr}
	_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
	if paceline.CodeOf(err) != paceline.CodeConnection {
		t.Errorf("got %v", err)
	}
}

func TestFault21BadCertificate(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = quiet()
	srv.StartTLS()
	defer srv.Close()
	tr := NewTransport()
	defer tr.CloseIdleConnections()
	p := Provider{Key: "sk-canary-123456", BaseURL: srv.URL, Transport: tr}
	_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
	if paceline.CodeOf(err) != paceline.CodeTLS {
		t.Errorf("unknown authority: %v", err)
	}
	p.BaseURL = strings.Replace(srv.URL, "https", "http", 1)
	if _, err = p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil); err == nil {
		t.Error("plain HTTP to a TLS port succeeded")
	}
	if tr.TLSClientConfig != nil && tr.TLSClientConfig.InsecureSkipVerify {
		t.Error("verification is off")
	}
	tr2 := NewTransport()
	tr2.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "elsewhere.invalid"}
	for rt, what := range map[http.RoundTripper]string{
		tr2: "wrong name", new(Direct): "unknown authority, directly", &Direct{TLSClientConfig: tr2.TLSClientConfig}: "wrong name, directly",
	} {
		p.BaseURL, p.Transport = srv.URL, rt
		if _, err = p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil); paceline.CodeOf(err) != paceline.CodeTLS {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestFault23Proxy(t *testing.T) {
	for name, proxy := range map[string]string{
		"refused": "http://user:hunter2hunter2@127.0.0.1:1", "refused CONNECT": "http://user:hunter2hunter2@proxy.invalid:3128",
	} {
		u, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		tr := overPipe("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		tr.Proxy = http.ProxyURL(u)
		if name == "refused" {
			tr.DialContext = (&net.Dialer{}).DialContext
		}
		p := Provider{BaseURL: "https://api.invalid/v1", Transport: tr}
		_, err = p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
		if paceline.CodeOf(err) != paceline.CodeProxy || !strings.Contains(err.Error(), u.Host) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	tr := NewTransport()
	tr.Proxy = func(*http.Request) (*url.URL, error) {
		return nil, errors.New("invalid proxy address user:hunter2hunter2@")
	}
	p := Provider{BaseURL: "https://api.invalid/v1", Transport: tr}
	_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
	if paceline.CodeOf(err) != paceline.CodeProxy || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("bad variable: %v", err)
	}
}

// TestFault25Connections holds that the calls of a second wave use the
// connections of the first.
func TestFault25Connections(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, chunk(`{"content":"x"}`, "stop")+usageChunk+done)
	}))
	defer srv.Close()
	tr := NewTransport()
	var mu sync.Mutex
	dials := 0
	inner := tr.DialContext
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		mu.Lock()
		dials++
		mu.Unlock()
		return inner(ctx, network, addr)
	}
	for _, rt := range []kind{tr, direct(tr)} {
		dials = 0
		fiveWaves(t, Provider{BaseURL: srv.URL, Transport: rt})
		if dials > 2*wave {
			t.Errorf("over %T %d dials for %d calls, %d at once", rt, dials, 5*wave, wave)
		}
	}
}

const wave = 20

func fiveWaves(t *testing.T, p Provider) {
	defer p.CloseIdle()
	for range 5 {
		var all sync.WaitGroup
		for range wave {
			all.Go(func() {
				if _, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}

// TestFault16DeadKeepAlive holds that a request that the server has taken is
// not silently sent again when its connection, an older one, dies.
func TestFault16DeadKeepAlive(t *testing.T) { eachKind(t, testDeadKeepAlive) }

func testDeadKeepAlive(t *testing.T, tr kind) {
	var mu sync.Mutex
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		mu.Lock()
		asked++
		second := asked == 2
		mu.Unlock()
		if second {
			panic(http.ErrAbortHandler) // taken, then the connection dies
		}
		_, _ = io.WriteString(w, chunk(`{"content":"x"}`, "stop")+done)
	}))
	srv.Config.ErrorLog = quiet()
	defer srv.Close()
	p := Provider{BaseURL: srv.URL, Transport: tr}
	req := &paceline.Request{Model: "m"}
	if _, err := p.Attempt(t.Context(), req, nil); err != nil {
		t.Fatal(err)
	}
	_, err := p.Attempt(t.Context(), req, nil)
	if e, ok := errors.AsType[*paceline.Error](err); !ok || e.Code != paceline.CodeConnection || !e.MaybeBilled || !e.Stale {
		t.Errorf("died after taking it: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

func TestFault16ClosedWhileIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := overPipe(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(wholeAnswer), wholeAnswer))
		for _, rt := range []kind{tr, direct(tr)} {
			defer rt.CloseIdleConnections()
			for range 3 {
				if _, _, err := ask(rt, ""); err != nil {
					t.Errorf("over %T a dead idle connection cost an attempt: %v", rt, err)
				}
				synctest.Wait() // the server has closed the connection that was kept
			}
		}
	})
}

func TestFault14RedirectIsNotFollowed(t *testing.T) { eachKind(t, testRedirect) }

func testRedirect(t *testing.T, tr kind) {
	visited := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visited = true }))
	defer other.Close()
	srv := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer srv.Close()
	p := Provider{Key: "sk-canary-123456", BaseURL: srv.URL, Transport: tr}
	_, err := p.Attempt(t.Context(), &paceline.Request{Model: "m"}, nil)
	if paceline.CodeOf(err) != paceline.CodeRedirect || visited {
		t.Errorf("visited %v, %v", visited, err)
	}
}
