package http1_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

// A header within the cap costs no more than its length, however it is cut into
// lines: one of half a million continued lines, and one of as many fields.
func TestHeadersOfManyLinesCostTheirLength(t *testing.T) {
	const most = 256 << 20 // bytes; copying the line anew for each part of it took 100 GB
	for name, lines := range map[string]string{
		"continued": "A: b\r\n" + strings.Repeat(" c\n", 330_000),
		"fields":    strings.Repeat("A:\n", 330_000),
	} {
		t.Run(name, func(t *testing.T) {
			c, addr := script(t, "HTTP/1.1 200 OK\r\n"+lines+"Content-Length: 2\r\n\r\nok")
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, got := answerOf(t, c, post(addr, nil), new(watch)); got != "ok" {
				t.Errorf("%q", got)
			}
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > most {
				t.Errorf("a header of 1 MB took %d MB", n>>20)
			}
		})
	}
}

// A connection whose answer was read at intervals serves the next call as any other:
// its bytes come as they are sent, and it is known to be alive.
func TestAConnectionIsUsedAgainAfterItsReadsWereCoalesced(t *testing.T) {
	next := make(chan struct{})
	c, addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			io.WriteString(w, "piece ")
			w.(http.Flusher).Flush()
			if r.Header.Get("Watched") != "" {
				<-next // it came before the next is sent
			}
		}
	})
	for i := range 3 {
		w := new(watch)
		res, err := c.Do(t.Context(), post(addr, nil), w)
		if err != nil {
			t.Fatal(err)
		}
		res.Relax(0)
		res.Wait()
		if got, err := io.ReadAll(res); string(got) != "piece piece piece " || err != nil || w.kept != (i > 0) {
			t.Errorf("call %d: %q, %v, on a kept connection: %v", i, got, err, w.kept)
		}
		res.Hurry() // of an answer that has ended, it means nothing
	}
	req := post(addr, nil)
	req.Head = append(req.Head, "Watched: yes\r\n"...)
	w := new(watch)
	res, err := c.Do(t.Context(), req, w)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	for n := 0; n < len("piece piece piece "); {
		got, err := res.Read(make([]byte, 100))
		if err != nil {
			t.Fatal(err)
		}
		n += got
		next <- struct{}{}
	}
	if !w.kept {
		t.Error("the connection was not used again")
	}
}

// Wait neither waits for what does not come nor hides how the answer ends.
func TestWaitingTellsNothing(t *testing.T) {
	for answer, want := range map[string]error{
		"Content-Length: 0\r\n\r\n":                                        nil,
		"Content-Length: 2\r\n\r\nab":                                      nil,
		"Content-Length: 3\r\n\r\nab":                                      io.ErrUnexpectedEOF,
		"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n":           nil,
		"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n":                    io.ErrUnexpectedEOF,
		"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n": nil,
		"\r\nab": nil,
	} {
		c, addr := script(t, "HTTP/1.1 200 OK\r\n"+answer)
		res, err := c.Do(t.Context(), post(addr, nil), new(watch))
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 2)
		for err == nil {
			res.Wait()
			_, err = res.Read(b)
		}
		res.Wait()
		res.Close()
		if want == nil {
			want = io.EOF
		}
		if err != want {
			t.Errorf("%q: %v, want %v", answer, err, want)
		}
	}
}

// A header that comes byte by byte is read as one that comes at once, and given up
// with its call.
func TestSlowHeadersEndWithTheirCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	addr := connections(t, func(nc net.Conn) {
		for _, b := range []byte("HTTP/1.1 200 OK\r\nA: ") {
			nc.Write([]byte{b})
		}
		cancel()
		io.Copy(io.Discard, nc) // until the other side gives up
	})
	c := new(http1.Client)
	if _, err := c.Do(ctx, post(addr, nil), new(watch)); err != context.Canceled {
		t.Errorf("%v", err)
	}
}
