package http1_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-1814a72b/paceline/internal/http1"
	"github.com/seed-1814a72b/paceline/sim"
)

// onceSilent runs f in a bubble, with a client that has so many idle connections. A
// call waits for its answer as long as its path says.
func onceSilent(t *testing.T, idle int, f func(t *testing.T, net *sim.Network, ask func(wait string, within time.Duration) error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := new(sim.Network)
		l, err := network.Listen("api.test:80")
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			d, _ := time.ParseDuration(r.URL.Path[1:])
			time.Sleep(d)
			io.WriteString(w, "well")
		})}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			srv.Serve(l)
		}()
		client := &http1.Client{Dial: network.Dial}
		ask := func(wait string, within time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			req := &http1.Request{Address: "api.test:80", Head: []byte("POST /" + wait + " HTTP/1.1\r\nHost: api.test\r\n")}
			res, err := client.Do(ctx, req, unwatched{})
			if err != nil {
				return err
			}
			defer res.Close()
			_, err = io.ReadAll(res)
			return err
		}
		var first sync.WaitGroup
		for range idle {
			first.Go(func() {
				if err := ask("1s", time.Minute); err != nil {
					t.Error(err)
				}
			})
		}
		first.Wait()
		time.Sleep(10 * time.Second)
		f(t, network, ask)
		client.CloseIdle()
		time.Sleep(10 * time.Minute) // for the longest answer that nobody waits for
		srv.Close()
		<-stopped
	})
}

// unwatched looks at nothing.
type unwatched struct{}

func (unwatched) Connected(bool, time.Duration, time.Duration) {}
func (unwatched) Wrote(error)                                  {}
func (unwatched) FirstByte()                                   {}

// TestOneSilentConnectionIsEnough has a network lose all connections that are idle,
// without a word: one call finds out, and no other has to.
func TestOneSilentConnectionIsEnough(t *testing.T) {
	onceSilent(t, 5, func(t *testing.T, net *sim.Network, ask func(string, time.Duration) error) {
		net.Swallow()
		if err := ask("1s", 20*time.Second); err == nil {
			t.Error("a call into the hole was answered")
		}
		for range 5 {
			if err := ask("1s", 20*time.Second); err != nil {
				t.Errorf("after it: %v", err)
			}
		}
		if n := net.Dials(); n != 6 {
			t.Errorf("%d connections were opened, want 6", n)
		}
	})
}

// TestWhatHasAnsweredSinceIsTrusted has a server let one call hang: connections that
// have answered after it was sent are kept, and so are all where a call was given up
// too soon to say anything.
func TestWhatHasAnsweredSinceIsTrusted(t *testing.T) {
	onceSilent(t, 3, func(t *testing.T, net *sim.Network, ask func(string, time.Duration) error) {
		if ask("10m", 500*time.Millisecond) == nil {
			t.Error("a call that hangs was answered")
		}
		hung := make(chan error)
		go func() { hung <- ask("10m", 20*time.Second) }()
		time.Sleep(5 * time.Second)
		if err := ask("1s", time.Minute); err != nil { // on the third
			t.Error(err)
		}
		if <-hung == nil {
			t.Error("a call that hangs was answered")
		}
		if err := ask("1s", time.Minute); err != nil || net.Dials() != 3 {
			t.Errorf("%v; %d connections were opened, want 3", err, net.Dials())
		}
	})
}
