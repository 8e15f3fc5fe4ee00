package pool

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/reach"
)

// silentFor is how long a call over TLS may be silent before its server is looked at.
// A server that takes as long for its first word is asked for a handshake once more.
const silentFor = 5 * time.Second

// A scout has an endpoint looked at, beside the first call that it does not answer: where
// it speaks TLS and the address says http, or the other way round, no call can ever be
// answered, and what there is to see of it (silence, connections that end) does not say
// so. It is for any number of calls at once.
type scout struct {
	base  *url.URL // nil: there is nobody to look at
	dial  reach.Dial
	state atomic.Int32
}

// The states of a scout.
const (
	unknown = iota // what the server speaks
	looking        // one call is watched
	known
)

// newScout returns one for an endpoint. One that is reached by a proxy is left alone.
func newScout(baseURL string) *scout {
	s := &scout{dial: new(net.Dialer).DialContext}
	u, err := url.Parse(strings.TrimSpace(baseURL))
	if err != nil {
		return s
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); proxy == nil && err == nil {
		s.base = u
	}
	return s
}

// takes reports whether the caller's call is to be watched; then it must be.
func (s *scout) takes() bool {
	return s.base != nil && s.state.Load() == unknown && s.state.CompareAndSwap(unknown, looking)
}

// watch makes a call, and returns what came of it, or that the server speaks something
// else than its address says.
func (s *scout) watch(ctx context.Context, call func(context.Context) (*paceline.Response, error)) (*paceline.Response, error) {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	looks, enough := context.WithCancel(ctx)
	defer enough()
	look := sync.OnceValue(func() error {
		err := reach.Scheme(looks, s.base, s.dial)
		if err != nil {
			cancel(err)
		}
		return err
	})
	unasked := func() bool { return true }
	if s.base.Scheme == "https" { // a server that waits for TLS is not silent about what is none
		unasked = time.AfterFunc(silentFor, func() { look() }).Stop
	}
	resp, err := call(inner)
	if err == nil {
		enough()
	}
	if !unasked() || s.doubts(err) {
		if wrong := look(); wrong != nil {
			err = &paceline.Error{Code: paceline.CodeTLS, Err: wrong}
		}
	}
	s.state.Store(s.next(err))
	return resp, err
}

// doubts reports whether a call ended as calls do that are in the wrong language: without
// an answer though somebody was there, or with one that is not the API's.
func (s *scout) doubts(err error) bool {
	e, ok := errors.AsType[*paceline.Error](err)
	if !ok {
		return false
	}
	if e.Status == http.StatusBadRequest {
		return s.base.Scheme == "http" && e.ProviderCode == "" && !bytes.HasPrefix(bytes.TrimSpace(e.Body), []byte("{"))
	}
	switch kind := reach.KindOf(e); e.Code {
	case paceline.CodeConnection, paceline.CodeCut, paceline.CodeMalformed:
		return kind == reach.HungUp || kind == reach.Silent || kind == reach.Foreign || kind == reach.Other
	}
	return false
}

// next returns what is known after a call: as little as before if it reached nobody.
func (s *scout) next(err error) int32 {
	e, ok := errors.AsType[*paceline.Error](err)
	if err == nil || ok && (e.Status != 0 || s.doubts(err) || e.Code == paceline.CodeTLS) {
		return known
	}
	return unknown
}
