//go:build e2e

package http_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline/internal/http1"
)

func TestConformance(t *testing.T) {
	o := newOwn(t)
	for name, start := range map[string]func(*testing.T, *own) place{
		"net/http": func(*testing.T, *own) place { return o.place },
		"nginx":    startNginx, "node": startNode, "uvicorn": startUvicorn,
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, o)
			t.Run("plain", func(t *testing.T) { conform(t, o, p.plain, false) })
			t.Run("TLS", func(t *testing.T) { conform(t, o, p.secure, true) })
		})
	}
}

// conform makes all kinds of calls to a server.
func conform(t *testing.T, o *own, address string, secure bool) {
	for name, check := range map[string]func(*testing.T, *caller){
		"bodies come back whole, on one connection":   echoes,
		"a stream comes whole, and leaves it":         streams,
		"a refusal comes though its body is not read": refusals,
		"a cancelled call ends at once":               cancellations,
		"a connection that died unused is noticed":    idleness,
		"many calls do not mix":                       crowds,
	} {
		t.Run(name, func(t *testing.T) {
			c := &caller{address: address, secure: secure}
			c.client.TLS = o.tls
			defer c.client.CloseIdle()
			check(t, c)
		})
	}
}

// A caller makes calls to one server.
type caller struct {
	client  http1.Client
	address string
	secure  bool
}

// watcher notes whether the last connection was a kept one.
type watcher struct{ kept bool }

func (w *watcher) Connected(kept bool, _, _ time.Duration) { w.kept = kept }
func (w *watcher) Wrote(error)                             {}
func (w *watcher) FirstByte()                              {}

func (c *caller) do(ctx context.Context, path string, body []byte) (*http1.Response, bool, error) {
	var w watcher
	res, err := c.client.Do(ctx, &http1.Request{
		Address: c.address, TLS: c.secure, Body: body,
		Head: fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: example.com\r\nContent-Length: %d\r\n", path, len(body)),
	}, &w)
	return res, w.kept, err
}

// read makes a call and reads its answer.
func (c *caller) read(t *testing.T, path string, body []byte) (status int, text string, kept bool) {
	t.Helper()
	res, kept, err := c.do(t.Context(), path, body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer res.Close()
	all, err := io.ReadAll(res)
	if err != nil {
		t.Fatalf("%s: %v after %d bytes", path, err, len(all))
	}
	return res.Status, string(all), kept
}

func echoes(t *testing.T, c *caller) {
	for i, size := range []int{10, 0, 1, 8191, 16 << 10, 100_000, 128 << 10, 3 << 20, 5} {
		body := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		status, text, kept := c.read(t, "/echo", body)
		if status != 200 || text != string(body) {
			t.Errorf("of %d bytes %d came back, status %d", size, len(text), status)
		}
		if kept != (i > 0) {
			t.Errorf("call %d, of %d bytes: a kept connection: %v", i, size, kept)
		}
	}
}

func streams(t *testing.T, c *caller) {
	for i := range 3 {
		_, text, kept := c.read(t, "/stream", []byte("x"))
		if strings.Count(text, "\n") != 10 || !strings.HasSuffix(text, "chunk 9\n") {
			t.Errorf("the stream is %q", text)
		}
		if kept != (i > 0) {
			t.Errorf("call %d: a kept connection: %v", i, kept)
		}
	}
}

func refusals(t *testing.T, c *caller) {
	for _, size := range []int{64 << 10, 8 << 20} {
		res, _, err := c.do(t.Context(), "/refuse", make([]byte, size))
		if err != nil {
			t.Errorf("%d bytes: %v", size, err)
			continue
		}
		if res.Status != 413 {
			t.Errorf("%d bytes: status %d", size, res.Status)
		}
		io.Copy(io.Discard, res)
		res.Close()
		if _, text, _ := c.read(t, "/echo", []byte("next")); text != "next" {
			t.Errorf("the next call was answered %q", text)
		}
	}
}

func cancellations(t *testing.T, c *caller) {
	ctx, cancel := context.WithCancel(t.Context())
	res, _, err := c.do(ctx, "/endless", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Relax(0) // as a bulk run does
	time.AfterFunc(50*time.Millisecond, cancel)
	begun := time.Now()
	if _, err := io.Copy(io.Discard, res); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	res.Close()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	if _, text, kept := c.read(t, "/echo", []byte("next")); text != "next" || kept {
		t.Errorf("the next call was answered %q, on a kept connection: %v", text, kept)
	}
}

func idleness(t *testing.T, c *caller) {
	c.read(t, "/echo", []byte("first"))
	time.Sleep(2500 * time.Millisecond) // all these servers wait for 1 s
	if _, text, kept := c.read(t, "/echo", []byte("next")); text != "next" || kept {
		t.Errorf("the next call was answered %q, on a kept connection: %v", text, kept)
	}
}

func crowds(t *testing.T, c *caller) {
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for j := range 40 {
				want := fmt.Sprintf("%d/%d", i, j)
				res, _, err := c.do(t.Context(), "/echo", []byte(want))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(res)
				res.Close()
				if string(got) != want || err != nil {
					t.Errorf("%q came for %q, %v", got, want, err)
				}
			}
		})
	}
	all.Wait()
}
