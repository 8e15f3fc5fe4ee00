package multiplex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// gated is a connection on which writes wait while its gate is locked.
type gated struct {
	net.Conn
	gate *sync.RWMutex
}

func (g gated) Write(b []byte) (int, error) {
	g.gate.RLock()
	defer g.gate.RUnlock()
	return g.Conn.Write(b)
}

// TestASurplusOfPlacesIsTakenBack has a server say that it allows two streams when forty
// calls have got their places on its connection and none of them could be written. It
// gets each of them once.
func TestASurplusOfPlacesIsTakenBack(t *testing.T) {
	const calls = 40
	var gate sync.RWMutex
	say := make(chan struct{})
	two := frame(settingsFrame, 0, 0, 0, 3, 0, 0, 0, 2)
	url, tr, requests, conns := greeting(t, two, func(_ int64, stream uint32) []byte { return ok(stream) }, say)
	dial := tr.base.DialContext
	tr.base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		return gated{nc, &gate}, err
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // only a failing test waits for it
	defer cancel()
	var placed atomic.Int64
	var opened sync.Once
	tracing := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		placed.Add(1)
		opened.Do(gate.Lock)
	}})
	var all sync.WaitGroup
	for range calls {
		all.Go(func() {
			if _, err := get(tracing, tr, url); err != nil {
				t.Error(err)
			}
		})
	}
	for placed.Load() < calls && ctx.Err() == nil {
		runtime.Gosched()
	}
	close(say)
	for stacks := make([]byte, 1<<20); ctx.Err() == nil; runtime.Gosched() {
		if bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte(").processSettings(")) {
			break // it is the next to have the lock that the first call holds as it writes
		}
	}
	gate.Unlock()
	all.Wait()
	if n := requests.Load(); n != calls {
		t.Errorf("%d requests for %d calls over %d connections", n, calls, conns.Load())
	}
}

// TestNoBodyFollowsWhatIsTakenBack has the header go out just when a call has been taken
// back and is not cancelled yet: its body must find it cancelled.
func TestNoBodyFollowsWhatIsTakenBack(t *testing.T) {
	for fate, want := range map[int32]error{0: nil, wentOut: nil, takenBack: context.Canceled} {
		ctx, cancel := context.WithCancel(t.Context())
		g := &guess{cancel: cancel}
		g.fate.Store(fate)
		if g.wrote(); ctx.Err() != want {
			t.Errorf("fate %d: %v, want %v", fate, ctx.Err(), want)
		}
		cancel()
	}
}

// TestAServerThatAllowsNoStream says so with its greeting, and when calls wait already.
func TestAServerThatAllowsNoStream(t *testing.T) {
	for _, late := range []bool{false, true} {
		for _, calls := range []int{1, 40} {
			t.Run(fmt.Sprint(late, calls), func(t *testing.T) {
				none, say := frame(settingsFrame, 0, 0, 0, 3, 0, 0, 0, 0), make(chan struct{})
				url, tr, requests, conns := greeting(t, none, func(_ int64, stream uint32) []byte {
					return frame(resetFrame, 0, stream, 0, 0, 0, refusedStream)
				}, say)
				var once sync.Once
				if !late {
					once.Do(func() { close(say) })
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // only a failing test waits for it
				defer cancel()
				ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
					once.Do(func() { close(say) })
				}})
				var all sync.WaitGroup
				for range calls {
					all.Go(func() {
						if _, err := get(ctx, tr, url); !errors.Is(err, errBarren) {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if n := conns.Load(); n > int64(4*calls) {
					t.Errorf("%d connections for %d calls, of which %d were sent", n, calls, requests.Load())
				}
			})
		}
	}
}
