package openai

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// The frames of HTTP/2 that a server by hand sends (RFC 9113, section 6).
const (
	dataFrame     = 0x0
	headersFrame  = 0x1
	resetFrame    = 0x3
	settingsFrame = 0x4
	endOfStream   = 0x1
	endOfHeaders  = 0x4
)

func frame(kind, flags byte, stream uint32, payload ...byte) []byte {
	b := []byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(b, stream), payload...)
}

// plainAnswer is a whole answer on a stream: ":status: 200", by its index, and a field
// in letters.
func plainAnswer(stream uint32) []byte {
	const name, value = "content-type", "application/json"
	head := append([]byte{0x88, 0, byte(len(name))}, name...)
	head = append(append(head, byte(len(value))), value...)
	body := `{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`
	return append(frame(headersFrame, endOfHeaders, stream, head...), frame(dataFrame, endOfStream, stream, []byte(body)...)...)
}

// A refusing server speaks HTTP/2. It takes its time to say how many streams it
// allows, and refuses the first of them whatever it allows.
type refusing struct {
	late    time.Duration // until it speaks
	streams uint32        // that it allows at once; 0: it does not say
	takes   time.Duration // for an answer
	first   int           // streams that it refuses
	closed  time.Duration // it refuses all that come so soon after the first
	bears   int           // streams of all connections together, though it does not say so; 0: any number

	mu      sync.Mutex
	began   time.Time
	open    int // streams of all connections
	refused int
}

func (s *refusing) serve(nc net.Conn) {
	defer nc.Close()
	var writing sync.Mutex
	write := func(b []byte) {
		writing.Lock()
		defer writing.Unlock()
		nc.Write(b)
	}
	var answers sync.WaitGroup
	defer answers.Wait()
	greeted := make(chan struct{}) // nothing may come before that
	go func() {
		defer close(greeted)
		time.Sleep(s.late)
		greeting := frame(settingsFrame, 0, 0)
		if s.streams > 0 {
			greeting = frame(settingsFrame, 0, 0, binary.BigEndian.AppendUint32([]byte{0, 3}, s.streams)...)
		}
		write(greeting)
	}()
	io.CopyN(io.Discard, nc, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
	here := uint32(0)
	for {
		var head [9]byte
		if _, err := io.ReadFull(nc, head[:]); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, nc, int64(head[0])<<16|int64(head[1])<<8|int64(head[2])); err != nil {
			return
		}
		if head[3] != headersFrame {
			continue
		}
		stream := binary.BigEndian.Uint32(head[5:])
		s.mu.Lock()
		if s.began.IsZero() {
			s.began = time.Now()
		}
		refuse := s.refused < s.first || time.Since(s.began) < s.closed || s.bears > 0 && s.open >= s.bears || s.streams > 0 && here >= s.streams
		if refuse {
			s.refused++
		} else {
			s.open, here = s.open+1, here+1
		}
		s.mu.Unlock()
		answers.Go(func() {
			<-greeted
			if refuse {
				write(frame(resetFrame, 0, stream, 0, 0, 0, 7))
				return
			}
			time.Sleep(s.takes)
			s.mu.Lock()
			s.open, here = s.open-1, here-1
			s.mu.Unlock()
			write(plainAnswer(stream))
		})
	}
}

// A server over HTTP/2 that refuses streams, since it says late how many it allows or
// has too much to do, costs no call an attempt: it has processed none of them.
func TestARefusedStreamCostsNoAttempt(t *testing.T) {
	cert := httptest.NewUnstartedServer(nil)
	cfg := secured(cert, true)
	served := cert.TLS
	cert.Close()
	for name, c := range map[string]struct {
		server *refusing
		calls  int
	}{
		"again and again":    {&refusing{first: 9, takes: time.Second}, 1},
		"to a crowd":         {&refusing{closed: 5 * time.Second, takes: time.Second}, 200},
		"more than it bears": {&refusing{bears: 10, takes: time.Second}, 200},
		"settings come late": {&refusing{late: time.Second, streams: 4, takes: time.Second}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := new(sim.Network)
				l, err := network.Listen("api.test:443")
				if err != nil {
					t.Fatal(err)
				}
				var serving sync.WaitGroup
				secure := tls.NewListener(l, served)
				serving.Go(func() {
					for {
						nc, err := secure.Accept()
						if err != nil {
							return
						}
						serving.Go(func() { c.server.serve(nc) })
					}
				})
				tr := NewTransport()
				tr.Proxy, tr.TLSClientConfig, tr.DialContext = nil, cfg, network.Dial
				p := Provider{BaseURL: "https://api.test/v1", Transport: NewMultiplexed(tr)}
				e, err := paceline.New(p, paceline.Config{Retry: paceline.Retry{Attempts: 1}, Hedge: paceline.Hedge{Budget: -1}})
				if err != nil {
					t.Fatal(err)
				}
				var all sync.WaitGroup
				for range c.calls {
					all.Go(func() {
						if resp, err := e.Do(t.Context(), &paceline.Request{Model: "m"}); err != nil || resp.Text() != "a" {
							t.Errorf("%v", err)
						}
					})
				}
				all.Wait()
				st := e.Stats()
				if c.server.refused == 0 || st.Unsettled > 0 {
					t.Errorf("%d refused, %d unsettled", c.server.refused, st.Unsettled)
				}
				t.Logf("%d refused, %d requests, %d throttled, after %v", c.server.refused, st.Requests, st.Throttled, st.Elapsed)
				e.Shutdown(context.Background())
				p.CloseIdle()
				l.Close()
				serving.Wait()
			})
		})
	}
}
