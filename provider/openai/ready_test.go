package openai

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/sim"
)

// A caller that is told that the connection is open can hold the request back:
// nothing has been written yet.
func TestNothingIsSentBeforeTheCallerLetsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, err := sim.New(sim.Config{})
		if err != nil {
			t.Fatal(err)
		}
		client, stop := new(sim.Network).Serve(server)
		over := direct(client.Transport)
		for _, rt := range []http.RoundTripper{client.Transport, client.Transport, over, over} { // on a connection of its own, and on a kept one
			holdBack(t, server, Provider{BaseURL: "http://sim/v1", Transport: rt})
			synctest.Wait()
		}
		over.CloseIdleConnections()
		stop()
		server.Close()
	})
}

// holdBack makes an attempt that is held back for a second.
func holdBack(t *testing.T, server *sim.Server, p Provider) {
	var mu sync.Mutex // that the request was sent is told by another goroutine, which may be late
	var kinds []paceline.DeltaKind
	before := server.Ledger().Requests
	_, failure := p.Attempt(t.Context(), &paceline.Request{Model: "m", Messages: paceline.User("hello")}, func(d paceline.Delta) {
		if d.Kind == paceline.DeltaReady {
			time.Sleep(time.Second)
			if n := server.Ledger().Requests; n != before {
				t.Errorf("over %T %d requests have arrived, %d before", p.Transport, n, before)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		kinds = append(kinds, d.Kind)
	})
	if failure != nil {
		t.Error(failure)
	}
	if len(kinds) < 3 || kinds[0] != paceline.DeltaReady || !slices.Contains(kinds, paceline.DeltaSent) {
		t.Errorf("over %T deltas %v", p.Transport, kinds)
	}
}
