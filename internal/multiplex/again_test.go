package multiplex

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// The frames that the tests send (RFC 9113, section 6).
const (
	headersFrame  = 0x1
	resetFrame    = 0x3
	settingsFrame = 0x4
	goAwayFrame   = 0x7
)

func frame(kind, flags byte, stream uint32, payload ...byte) []byte {
	b := []byte{0, 0, byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// raw serves HTTP/2 by hand: reply returns what is said to the n-th request, from
// 1, of all connections.
func raw(t *testing.T, reply func(n int64, stream uint32) []byte) (url string, tr *Transport, requests *atomic.Int64) {
	t.Helper()
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
			open.Go(func() { speak(nc, requests, reply) })
			t.Cleanup(func() { nc.Close() })
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return "https://" + l.Addr().String(), over(t, ready), requests
}

func speak(nc net.Conn, requests *atomic.Int64, reply func(int64, uint32) []byte) {
	defer nc.Close()
	nc.Write(frame(settingsFrame, 0, 0))
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
		if head[3] == headersFrame {
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
