package http1_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watch notes what a call tells.
type watch struct {
	mu     sync.Mutex
	kept   bool
	wrote  int
	failed error
	first  int
}

func (w *watch) Connected(kept bool, _, _ time.Duration) { w.kept = kept }

func (w *watch) Wrote(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrote++
	w.failed = err
}

func (w *watch) FirstByte() { w.first++ }

// post makes a request as a caller would.
func post(address string, body []byte) *http1.Request {
	head := "POST /v1 HTTP/1.1\r\nHost: " + address + "\r\n"
	return &http1.Request{Address: address, Head: []byte(head), Body: body}
}

// answerOf sends a request and reads the whole answer.
func answerOf(t *testing.T, c *http1.Client, req *http1.Request, w *watch) (*http1.Response, string) {
	t.Helper()
	res, err := c.Do(t.Context(), req, w)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res)
	if err != nil {
		t.Fatal(err)
	}
	res.Close()
	return res, string(body)
}

// serve returns a client and the address of a server of net/http's.
func serve(t *testing.T, h http.HandlerFunc) (*http1.Client, string) {
	t.Helper()
	srv := httptest.NewServer(h)
	c := new(http1.Client)
	t.Cleanup(func() {
		c.CloseIdle()
		srv.Close()
	})
	return c, srv.Listener.Addr().String()
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Request-Id", "r1")
	w.Header().Add("Twice", "a")
	w.Header().Add("Twice", "b")
	w.Write(body)
}

func TestAnswersComeWhole(t *testing.T) {
	c, addr := serve(t, echo)
	for _, size := range []int{0, 1, 2047, 2048, 2049, 8191, 8192, 16 << 10, 100_000, 128 << 10, 3 << 20} {
		body := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		w := new(watch)
		res, got := answerOf(t, c, post(addr, body), w)
		if res.Status != 200 || got != string(body) {
			t.Errorf("of %d bytes %d came, status %d", size, len(got), res.Status)
		}
		if h := res.Header; h.Get("x-request-id") != "r1" || len(h["Twice"]) != 2 || h["Twice"][1] != "b" {
			t.Errorf("the header is %v", h)
		}
		if w.wrote != 1 || w.failed != nil || w.first != 1 {
			t.Errorf("the watcher was told %+v", w)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	c, addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.RemoteAddr]++
		w.(http.Flusher).Flush() // chunked
		io.WriteString(w, "x")
	})
	for i := range 10 {
		w := new(watch)
		answerOf(t, c, post(addr, []byte("x")), w)
		if w.kept != (i > 0) {
			t.Errorf("call %d: a kept connection: %v", i, w.kept)
		}
	}
	if len(seen) != 1 {
		t.Errorf("10 calls took the connections %v", seen)
	}
}

func TestStreamsComeAsTheyAreWritten(t *testing.T) {
	next := make(chan string, 1)
	c, addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for s := range next {
			io.WriteString(w, s)
			w.(http.Flusher).Flush()
		}
	})
	next <- "a"
	res, err := c.Do(t.Context(), post(addr, nil), new(watch))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	buf := make([]byte, 100)
	for _, want := range []string{"a", "bc", "def"} {
		if want != "a" {
			next <- want
		}
		n, err := res.Read(buf)
		if got := string(buf[:n]); got != want || err != nil {
			t.Errorf("read %q, %v; want %q", got, err, want)
		}
	}
	close(next)
	if n, err := res.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("at the end %d bytes, %v", n, err)
	}
}

func TestCallersOfACancelledCallGetItsError(t *testing.T) {
	came, gone := make(chan struct{}, 2), make(chan struct{})
	c, addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		if r.Header.Get("When") == "body" {
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
		gone <- struct{}{}
	})
	for _, when := range []string{"head", "body"} {
		ctx, cancel := context.WithCancel(t.Context())
		req := post(addr, nil)
		req.Head = append(req.Head, "When: "+when+"\r\n"...)
		if when == "head" {
			go func() { <-came; cancel() }()
		}
		res, err := c.Do(ctx, req, new(watch))
		if when == "body" {
			time.AfterFunc(10*time.Millisecond, cancel)
			_, err = io.ReadAll(res)
			res.Close()
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before the %s had come: %v", when, err)
		}
		<-gone
		cancel()
	}
}

func TestNothingIsSentForACallThatIsCancelledAlready(t *testing.T) {
	c, addr := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(ctx, post(addr, nil), new(watch)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A server may refuse a body before it has read it, and then close.
func TestRefusalsComeThoughTheBodyIsNotTaken(t *testing.T) {
	c, addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, strings.Repeat("too large ", 1000), http.StatusRequestEntityTooLarge)
	})
	res, err := c.Do(t.Context(), post(addr, make([]byte, 64<<20)), new(watch))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if body, _ := io.ReadAll(res); res.Status != 413 || !strings.HasPrefix(string(body), "too large") {
		t.Errorf("%d: %.20q", res.Status, body)
	}
}

// script serves connections with the bytes given, one after the other, each as
// soon as a request's blank line has come, and then closes them.
func script(t *testing.T, answers ...string) (*http1.Client, string) {
	t.Helper()
	var serve []func(net.Conn)
	for _, answer := range answers {
		serve = append(serve, func(nc net.Conn) { io.WriteString(nc, answer) })
	}
	addr := connections(t, serve...)
	c := new(http1.Client)
	t.Cleanup(c.CloseIdle)
	return c, addr
}

// connections serves one connection after the other by the functions given, each as
// soon as a request's blank line has come, and then closes them. It returns where.
func connections(t *testing.T, serve ...func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, answer := range serve {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			readHead(nc)
			answer(nc)
			nc.Close()
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

func readHead(nc net.Conn) {
	var all []byte
	b := make([]byte, 1)
	for !bytes.HasSuffix(all, []byte("\r\n\r\n")) {
		if _, err := nc.Read(b); err != nil {
			return
		}
		all = append(all, b...)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for answer, want := range map[string]error{
		"":                              http1.ErrNoAnswer,
		"HTTP/1.1 200 OK\r\nContent-Le": io.ErrUnexpectedEOF,
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab":                            io.ErrUnexpectedEOF,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab":              io.ErrUnexpectedEOF,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n":           io.ErrUnexpectedEOF,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n": http1.ErrMalformed,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n":                http1.ErrMalformed,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n":                        http1.ErrMalformed,
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab":       http1.ErrMalformed,
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab":                           http1.ErrMalformed,
		"HTTP/1.1 200 OK\r\nno colon\r\n\r\n":                                       http1.ErrMalformed,
		"HTTP/1.1 200 OK\r\n: no name\r\n\r\n":                                      http1.ErrMalformed,
		"HTTP/1.1 20 OK\r\n\r\n":                                                    http1.ErrMalformed,
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                                  http1.ErrMalformed,
		"HTTP/2 200\r\n\r\n":                                                        http1.ErrMalformed,
		"\x15\x03\x01\x00\x02\x02\x46":                                              http1.ErrMalformed,
		"SSH-2.0-OpenSSH_9.6\r\n":                                                   http1.ErrMalformed,
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100):                        http1.ErrMalformed,
		"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 2<<20) + "\r\n\r\n":          http1.ErrHeaderTooLarge,
	} {
		c, addr := script(t, answer)
		res, err := c.Do(t.Context(), post(addr, nil), new(watch))
		if err == nil {
			_, err = io.ReadAll(res)
			res.Close()
		}
		if !errors.Is(err, want) {
			t.Errorf("%.60q: %v, want %v", answer, err, want)
		}
	}
}

func TestAnswersInUnusualForms(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.0 200 OK\r\n\r\nabc":                                                                       "abc",
		"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabcdef":                                                  "abc",
		"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc":                                                        "abc",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc":                     "abc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1 \r\nc\r\n0\r\nA: b\r\n\r\n": "abc",
		"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc":                                               "abc",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n":  "abc",
		"HTTP/1.1 200 OK\r\nFolded: a\r\n b\r\nContent-Length: 3\r\n\r\nabc":                               "abc",
		"HTTP/1.1 204 No Content\r\n\r\n":                                                                  "",
	} {
		c, addr := script(t, answer)
		if _, got := answerOf(t, c, post(addr, nil), new(watch)); got != want {
			t.Errorf("%q: %q", answer, got)
		}
	}
}

// What comes after an answer belongs to no call.
func TestConnectionsWithMoreOnThemAreNotUsedAgain(t *testing.T) {
	for _, more := range []string{"x", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad"} {
		c, addr := script(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"+more, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ndef")
		for i, want := range []string{"abc", "def"} {
			w := new(watch)
			if _, got := answerOf(t, c, post(addr, nil), w); got != want || w.kept {
				t.Errorf("answer %d is %q, on a kept connection: %v", i, got, w.kept)
			}
		}
	}
}

// A server may close a connection while nobody uses it.
func TestDeadConnectionsAreFoundOutBeforeTheyAreUsed(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	c, addr := script(t, ok, ok)
	var last net.Conn
	c.Dial = func(ctx context.Context, network, address string) (nc net.Conn, err error) {
		nc, err = new(net.Dialer).DialContext(ctx, network, address)
		last = nc
		return nc, err
	}
	answerOf(t, c, post(addr, nil), new(watch))
	if n, err := last.Read(make([]byte, 1)); n != 0 || err != io.EOF { // the end has come
		t.Fatalf("%d, %v", n, err)
	}
	time.Sleep(2 * time.Millisecond) // one that has just answered is not looked at
	w := new(watch)
	if _, got := answerOf(t, c, post(addr, nil), w); got != "ok" || w.kept {
		t.Errorf("%q, on a kept connection: %v", got, w.kept)
	}
}

func TestTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // the stranger's refusal
	srv.StartTLS()
	defer srv.Close()
	c := &http1.Client{TLS: srv.Client().Transport.(*http.Transport).TLSClientConfig}
	c.TLS.ServerName = "example.com"
	defer c.CloseIdle()
	for i := range 3 {
		req := post(srv.Listener.Addr().String(), []byte("hello"))
		req.TLS = true
		w := new(watch)
		if _, got := answerOf(t, c, req, w); got != "hello" || w.kept != (i > 0) {
			t.Errorf("call %d: %q, kept %v", i, got, w.kept)
		}
		time.Sleep(10 * time.Millisecond) // so that it is looked at, with the ticket on it
	}
	stranger := new(http1.Client)
	req := post(srv.Listener.Addr().String(), nil)
	req.TLS = true
	if _, err := stranger.Do(t.Context(), req, new(watch)); err == nil {
		t.Error("a certificate of nobody's was taken")
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	c, addr := serve(t, echo)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for j := range 50 {
				want := fmt.Sprintf("%d/%d", i, j)
				res, err := c.Do(t.Context(), post(addr, []byte(want)), new(watch))
				if err != nil {
					t.Error(err)
					return
				}
				got, _ := io.ReadAll(res)
				res.Close()
				if string(got) != want {
					t.Errorf("%q came for %q", got, want)
				}
			}
		})
	}
	wg.Wait()
}
