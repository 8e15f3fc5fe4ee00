package sim

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// pair returns both ends of a connection through a network.
func pair(t *testing.T, n *Network) (client, server net.Conn) {
	t.Helper()
	l, err := n.Listen("host:1")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	client, err = n.Dial(t.Context(), "tcp", "host:1")
	if err != nil {
		t.Fatal(err)
	}
	return client, <-accepted
}

func TestPipeKeepsBytesInOrder(t *testing.T) {
	for _, delay := range []string{"0", "uniform:0s,100ms"} {
		synctest.Test(t, func(t *testing.T) {
			c, s := pair(t, &Network{Delay: MustDurations(delay)})
			want := bytes.Repeat([]byte("0123456789abcdef"), 100_000) // far more than the buffer
			go func() {
				d := draws(1)
				for b := want; len(b) > 0; {
					n := min(len(b), 1+d.intn(50_000))
					if _, err := c.Write(b[:n]); err != nil {
						t.Error(err)
					}
					b = b[n:]
				}
				c.Close()
			}()
			got, err := io.ReadAll(s)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
			}
			s.Close()
		})
	}
}

func TestPipeDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pair(t, &Network{Delay: MustDurations("30ms")})
		start := time.Now()
		c.Write([]byte("ping"))
		b := make([]byte, 10)
		n, err := s.Read(b)
		mustBe(t, "bytes", string(b[:n]), "ping")
		mustBe(t, "error", err, nil)
		mustBe(t, "time", time.Since(start), 30*time.Millisecond)
		c.Write([]byte("last"))
		c.Close()
		rest, err := io.ReadAll(s)
		mustBe(t, "rest", string(rest), "last")
		mustBe(t, "error", err, nil)
		mustBe(t, "time", time.Since(start), 60*time.Millisecond)
		s.Close()
	})
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pair(t, &Network{})
		start := time.Now()
		c.SetReadDeadline(start.Add(time.Second))
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("read: %v after %v", err, time.Since(start))
		}
		if ne, ok := errors.AsType[net.Error](err); !ok || !ne.Timeout() {
			t.Errorf("%v is no time-out", err)
		}
		c.SetDeadline(start.Add(3 * time.Second))
		n, err := c.Write(make([]byte, 2*pipeSize))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n != pipeSize || time.Since(start) != 3*time.Second {
			t.Errorf("write: %d, %v after %v", n, err, time.Since(start))
		}
		c.SetDeadline(time.Time{}) // lifts it
		go s.Write([]byte("x"))
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		go func() { time.Sleep(time.Second); c.SetReadDeadline(time.Now()) }()
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a deadline in the past does not wake a reader: %v", err)
		}
		c.Close()
		s.Close()
	})
}

func TestPipeCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := pair(t, &Network{})
		s.Write([]byte("read me first"))
		s.Close()
		if b, err := io.ReadAll(c); string(b) != "read me first" || err != nil {
			t.Errorf("%q, %v", b, err)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write to a closed peer: %v", err)
		}
		if _, err := s.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read of a closed connection: %v", err)
		}
		c.Close()

		c, s = pair(t, &Network{})
		s.Write([]byte("half"))
		s.(*memConn).SetLinger(0)
		s.Close()
		if b, err := io.ReadAll(c); string(b) != "half" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("reset: %q, %v", b, err)
		}
		c.Close()
	})
}

func TestFault15And20And24FailedDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n Network
		if _, err := n.Dial(t.Context(), "tcp", "nobody:1"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial of nobody: %v", err)
		}
		s := newServer(t, Config{})
		c, stop := n.Serve(s)
		n.FailDials(1, &net.DNSError{Err: "no such host", Name: "sim", IsNotFound: true})
		n.FailDials(1, syscall.EMFILE)
		err := send(c, chatBody("x", "")).err
		if dns, ok := errors.AsType[*net.DNSError](err); !ok || !dns.IsNotFound {
			t.Errorf("first: %v", err)
		}
		if err := send(c, chatBody("x", "")).err; !errors.Is(err, syscall.EMFILE) {
			t.Errorf("second: %v", err)
		}
		mustBe(t, "third", send(c, chatBody("x", "")).status, 200)
		mustBe(t, "dials", n.Dials(), int64(4))
		stop()
		if err := send(c, chatBody("x", "")).err; !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after stop: %v", err)
		}
	})
}

// Idle connections are used again: a client that is sized to its concurrency
// dials no more than that.
func TestFault25DialsAreCounted(t *testing.T) {
	for idle, want := range map[int]int64{1 << 16: 20, 2: 60} {
		onNetwork(t, Config{TTFT: MustDurations("1s")}, func(t *testing.T, s *Server, c *http.Client) {
			c.Transport.(*http.Transport).MaxIdleConnsPerHost = idle
			for range 3 {
				done := make(chan struct{})
				for i := range 20 {
					go func() { send(c, chatBody(itoa(i), "")); done <- struct{}{} }()
				}
				for range 20 {
					<-done
				}
				synctest.Wait()
			}
			if got := s.Ledger().Connections; idle == 2 && got < want-4 || idle != 2 && got != want {
				t.Errorf("%d connections with %d idle ones, want %d", got, idle, want)
			}
		})
	}
}

func TestDialEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n Network
		l, err := n.Listen("a:1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Listen("a:1"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("second listener: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.Dial(ctx, "tcp", "a:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("nobody accepts: %v", err)
		}
		l.Close()
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accept: %v", err)
		}
	})
}

func TestFault21Certificates(t *testing.T) {
	for kind, want := range map[string]string{"expired": "expired", "wrong-host": "not", "self-signed": "authority"} {
		t.Run(kind, func(t *testing.T) {
			cert, err := Certificate(kind)
			if err != nil {
				t.Fatal(err)
			}
			srv := httptest.NewUnstartedServer(newServer(t, Config{}))
			srv.Config.ErrorLog = quiet
			srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			srv.StartTLS()
			defer srv.Close()
			leaf, err := x509.ParseCertificate(cert.Certificate[0])
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			if kind != "self-signed" {
				roots.AddCert(leaf)
			}
			tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
			defer tr.CloseIdleConnections()
			_, err = (&http.Client{Transport: tr}).Get(srv.URL + "/v1/models")
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q in it", err, want)
			}
		})
	}
	if _, err := Certificate("fine"); err == nil {
		t.Error("an unknown kind is accepted")
	}
}

// TestFault15And17OverTCP shows that the raw faults work on real sockets too.
func TestFault15And17OverTCP(t *testing.T) {
	s := newServer(t, Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := s.HTTPServer()
	go srv.Serve(l)
	defer srv.Close()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	post := func(fault string) reply {
		s.Inject(fault)
		resp, err := (&http.Client{Transport: tr}).Post("http://"+l.Addr().String()+"/v1/chat/completions", "", strings.NewReader(chatBody("x", streamed)))
		if err != nil {
			return reply{err: err}
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return reply{resp.StatusCode, resp.Header, string(b), err}
	}
	if r := post("reset"); !isReset(r.err) {
		t.Errorf("reset: %v", r.err)
	}
	if r := post("body-reset"); r.status != 200 || !isReset(r.err) {
		t.Errorf("body-reset: %d, %v", r.status, r.err)
	}
	if r := post("short"); !isShort(r.err) {
		t.Errorf("short: %v", r.err)
	}
	if r := post(""); r.status != 200 || r.err != nil {
		t.Errorf("none: %d, %v", r.status, r.err)
	}
	if n := s.Ledger().Connections; n < 3 {
		t.Errorf("%d connections in the ledger", n)
	}
}

// TestFault22GoAway: over HTTP/2, GOAWAY comes with the answer, and the next
// request needs a new connection.
func TestFault22GoAway(t *testing.T) {
	s := newServer(t, Config{})
	srv := httptest.NewUnstartedServer(s)
	srv.EnableHTTP2 = true
	srv.Config.ConnState = s.ConnState
	srv.StartTLS()
	defer srv.Close()
	for _, fault := range []string{"goaway", "", "reset", ""} {
		if err := s.Inject(fault); err != nil {
			t.Fatal(err)
		}
		resp, err := srv.Client().Post(srv.URL+"/v1/chat/completions", "", strings.NewReader(chatBody("x", "")))
		if fault == "reset" {
			if err == nil {
				t.Error("a stream that was to be reset was answered")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		mustBe(t, "protocol", resp.Proto, "HTTP/2.0")
	}
	if n := s.Ledger().Connections; n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestAServerThatStandsStillReadsAndWritesAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		n := &Network{Delay: MustDurations("1ms"), Stopped: func(at time.Time) time.Time {
			if since := at.Sub(began); since >= 10*time.Millisecond && since < 60*time.Millisecond {
				return began.Add(60 * time.Millisecond)
			}
			return at
		}}
		c, s := pair(t, n)
		for _, step := range []struct {
			wait     time.Duration
			from, to net.Conn
			took     time.Duration
		}{
			{6 * time.Millisecond, c, s, time.Millisecond},           // at 8 ms
			{500 * time.Microsecond, c, s, 50500 * time.Microsecond}, // at 9.5 ms: it is still under way when the server stops
			{0, s, c, time.Millisecond},                              // at 60 ms
		} {
			time.Sleep(step.wait)
			sent := time.Now()
			if _, err := step.from.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if _, err := step.to.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(sent); took != step.took {
				t.Errorf("%v after the beginning: %v under way, want %v", sent.Sub(began), took, step.took)
			}
		}
		began = time.Now().Add(-20 * time.Millisecond)
		sent := time.Now()
		s.Write([]byte("x"))
		c.Read(make([]byte, 1))
		if took := time.Since(sent); took != 41*time.Millisecond {
			t.Errorf("what was written while it stood still was %v under way, want 41ms", took)
		}
		c.Close()
		s.Close()
	})
}
