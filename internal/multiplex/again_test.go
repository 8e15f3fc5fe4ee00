package multiplex

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The frames that the tests send (RFC 9113, section 6).
const (
	headersFrame  = 0x1
	resetFrame    = 0x3
	settingsFrame = 0x4
	goAwayFrame   = 0x7

	endStream = 0x1 // a flag of the first, and of DATA, 0
)

func frame(kind, flags byte, stream uint32, payload ...byte) []byte {
	b := []byte{0, 0, byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// raw serves HTTP/2 by hand: reply returns what is said to the n-th request, from
// 1, of all connections.
func raw(t *testing.T, reply func(n int64, stream uint32) []byte) (url string, tr *Transport, requests *atomic.Int64) {
	t.Helper()
	url, tr, requests, _ = greeting(t, frame(settingsFrame, 0, 0), reply)
	return url, tr, requests
}

// greeting is raw for a server that begins each connection with greet, once all of
// after are closed, and counts them.
func greeting(t *testing.T, greet []byte, reply func(n int64, stream uint32) []byte, after ...chan struct{}) (url string, tr *Transport, requests, conns *atomic.Int64) {
	t.Helper()
	conns = new(atomic.Int64)
	ready := httptest.NewUnstartedServer(nil) // for its certificate
	ready.EnableHTTP2 = true
	ready.StartTLS()
	t.Cleanup(ready.Close)
	l, err := tls.Listen("tcp", "127.0.0.1:0", ready.TLS)
	if err != nil {
		t.Fatal(err)
	}
	requests = new(atomic.Int64)
	var open sync.WaitGroup
	open.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			conns.Add(1)
			open.Go(func() {
				_ = nc.(*tls.Conn).Handshake()
				for _, c := range after {
					<-c
				}
				nc.Write(greet)
				speak(nc, requests, reply)
			})
			t.Cleanup(func() { nc.Close() })
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return "https://" + l.Addr().String(), over(t, ready), requests, conns
}

// speak answers each question when all of it has come. A header alone is none: of a call
// that is taken back it may have been sent, never the body.
func speak(nc net.Conn, requests *atomic.Int64, reply func(int64, uint32) []byte) {
	defer nc.Close()
	io.CopyN(io.Discard, nc, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
	for {
		var head [9]byte
		if _, err := io.ReadFull(nc, head[:]); err != nil {
			return
		}
		size := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, nc, size); err != nil {
			return
		}
		if head[3] <= headersFrame && head[4]&endStream != 0 {
			nc.Write(reply(requests.Add(1), binary.BigEndian.Uint32(head[5:])))
		}
	}
}

// ok answers with 200 and nothing.
func ok(stream uint32) []byte { return frame(headersFrame, 0x5, stream, 0x88) }

// What a server says that it has not processed is sent again; what it may have
// processed is not.
func TestOnlyWhatWasNotProcessedIsSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		first    func(stream uint32) []byte
		requests int64
	}{
		"GOAWAY before the stream": {func(uint32) []byte { return frame(goAwayFrame, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }, 2},
		"REFUSED_STREAM":           {func(s uint32) []byte { return frame(resetFrame, 0, s, 0, 0, 0, 7) }, 2},
		"INTERNAL_ERROR":           {func(s uint32) []byte { return frame(resetFrame, 0, s, 0, 0, 0, 2) }, 1},
		"CANCEL":                   {func(s uint32) []byte { return frame(resetFrame, 0, s, 0, 0, 0, 8) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			url, tr, requests := raw(t, func(n int64, stream uint32) []byte {
				if n == 1 {
					return c.first(stream)
				}
				return ok(stream)
			})
			_, err := get(t.Context(), tr, url)
			if (err == nil) != (c.requests == 2) || requests.Load() != c.requests {
				t.Errorf("%d requests, %v", requests.Load(), err)
			}
		})
	}
}

// A server that ends each connection before it has answered anything on it, in one way
// or another, is one that refuses them: calls fail with what it does, after a second
// try, and do not open one connection after the other until their deadlines.
func TestConnectionsThatEndAtOnce(t *testing.T) {
	settings := frame(settingsFrame, 0, 0)
	leave := frame(goAwayFrame, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for name, c := range map[string]struct{ greet, reply []byte }{
		"GOAWAY with the settings":   {append(settings[:len(settings):len(settings)], leave...), nil},
		"GOAWAY to the first stream": {settings, leave},
	} {
		for _, calls := range []int{1, 40} {
			t.Run(fmt.Sprintf("%s, %d calls", name, calls), func(t *testing.T) {
				url, tr, _, conns := greeting(t, c.greet, func(int64, uint32) []byte { return c.reply })
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // only a failing test waits for it
				defer cancel()
				var all sync.WaitGroup
				for range calls {
					all.Go(func() {
						if _, err := get(ctx, tr, url); !errors.Is(err, errBarren) {
							t.Errorf("%v", err)
						}
					})
				}
				all.Wait()
				if n := conns.Load(); n > int64(2*calls) {
					t.Errorf("%d connections for %d calls", n, calls)
				}
			})
		}
	}
}

// One connection that ends at once is no reason for a call to fail.
func TestTheSecondConnectionStays(t *testing.T) {
	url, tr, requests := raw(t, func(n int64, stream uint32) []byte {
		if n == 1 {
			return frame(goAwayFrame, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		}
		return ok(stream)
	})
	for range 3 {
		if _, err := get(t.Context(), tr, url); err != nil {
			t.Error(err)
		}
	}
	if n := requests.Load(); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}

// A request whose body cannot be had again is not sent again.
func TestABodyThatIsGone(t *testing.T) {
	url, tr, requests := raw(t, func(_ int64, stream uint32) []byte { return frame(resetFrame, 0, stream, 0, 0, 0, 7) })
	req, _ := http.NewRequestWithContext(t.Context(), "POST", url, io.LimitReader(zeros{}, 5))
	if _, err := tr.RoundTrip(req); err == nil || requests.Load() != 1 {
		t.Errorf("%d requests, %v", requests.Load(), err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }
