package multiplex

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// errCrowded says that a call was not sent: its connection takes fewer at once than
// were taken for granted when it got its place.
var errCrowded = errors.New("multiplex: the server allows fewer streams on a connection than were taken for granted")

// A guess is a call with a place on a connection whose server has not said yet how
// many streams it allows. If these are fewer than the places, net/http keeps the
// surplus until streams end; and since it takes the places for streams, where enough
// of them wait it keeps all, however many streams end. So a call that does not get
// away is taken back.
type guess struct {
	fate   atomic.Int32 // 0: open
	member *member
	cancel context.CancelFunc
	timer  *time.Timer
}

const (
	wentOut = iota + 1
	takenBack
)

// roundTrip makes a request on a stream that is reserved. It fails with errCrowded
// where none was sent of it: by chance its header may have been, never its body.
func (m *member) roundTrip(req *http.Request) (*http.Response, error) {
	if m.sure() {
		return m.cc.RoundTrip(req)
	}
	ctx, cancel := context.WithCancel(req.Context())
	g := &guess{member: m, cancel: cancel}
	g.timer = time.AfterFunc(math.MaxInt64, g.look)
	g.timer.Reset(leastSettling) // look may use it from now on
	res, err := m.cc.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { g.wrote() },
	})))
	if g.fate.CompareAndSwap(0, wentOut); err != nil {
		g.end()
		if g.fate.Load() == takenBack && req.Context().Err() == nil {
			err = errCrowded
		}
		return nil, err
	}
	res.Request = req
	res.Body = &guessed{res.Body, g}
	return res, nil
}

// wrote is told that the call's header goes out now, and its body next: net/http looks at
// the context before that. Who has taken the call back may not have come to cancel it.
func (g *guess) wrote() {
	if !g.fate.CompareAndSwap(0, wentOut) && g.fate.Load() == takenBack {
		g.cancel()
	}
}

// look takes a call back if it waits for a stream. It looks again as long as the call
// has not got away for another reason.
func (g *guess) look() {
	cc := g.member.cc
	full := cc.Available() == 0 && cc.InFlight() < initialStreams
	switch {
	case g.fate.Load() != 0:
	case full && g.fate.CompareAndSwap(0, takenBack):
		g.cancel()
	default:
		g.timer.Reset(leastSettling)
	}
}

// end frees what a guess holds.
func (g *guess) end() {
	g.timer.Stop()
	g.cancel()
}

// sure reports whether a stream that is reserved is one that the server allows: there
// is room for more, and it has said how many.
func (m *member) sure() bool {
	left := m.cc.Available()
	return left > 0 && (m.answered.Load() || left+m.cc.InFlight() != initialStreams)
}

// guessed is the body of the answer to a guess.
type guessed struct {
	io.ReadCloser
	guess *guess
}

// Close implements [io.Closer].
func (b *guessed) Close() error {
	defer b.guess.end()
	return b.ReadCloser.Close()
}
