package multiplex

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"time"
)

const (
	// initialStreams is how many streams net/http takes a server to allow that has
	// not said so yet.
	initialStreams = 100
	// mostOpening is how many connections to one server are opened at a time.
	mostOpening = 16
)

var (
	// errPlain says that a server does not speak HTTP/2.
	errPlain = errors.New("multiplex: the server does not offer HTTP/2")
	// errBarren says that a connection was opened on which no call can be made.
	errBarren = errors.New("the server takes no calls on its HTTP/2 connections: it ends them before it has answered anything (GOAWAY), or allows no streams on them (SETTINGS_MAX_CONCURRENT_STREAMS 0)")
)

// A pool are the connections to one server. Its calls are spread over as few as
// take them. No method of a connection that may call changed is called under mu.
type pool struct {
	address string
	open    func(ctx context.Context, address string) (*member, error)

	mu      sync.Mutex
	all     []*member
	free    []*member // those that may have room, the one to be used first at the end
	waiting []*waiter // in the order in which they came
	opening int       // connections that are being opened
	most    int       // how many streams the server allows on a connection, as it said last
	settled bool      // it has had the time to say so
	plain   bool      // it does not speak HTTP/2
}

// A waiter is a call that waits for a connection.
type waiter struct {
	ready chan struct{} // closed when it is to look again
	err   error         // set before that: none can be opened
}

// take returns a connection with a stream reserved on it. Where it has opened one that
// takes no stream, it fails as where none can be opened: who opened another instead
// would do so without end.
func (p *pool) take(ctx context.Context) (*member, httptrace.GotConnInfo, error) {
	var opened *member
	for {
		m, w, err := p.next()
		switch {
		case err != nil:
		case m != nil:
			if m.cc.Reserve() == nil {
				return m, p.info(m), nil
			}
			continue // it has no room any more, which next sees
		case w != nil:
			err = p.wait(ctx, w)
		default:
			opened, err = p.grow(ctx)
		}
		if err == nil && opened != nil && opened.barren() {
			p.discard(opened)
			err = errBarren
		}
		if err != nil {
			return nil, httptrace.GotConnInfo{}, err
		}
	}
}

// next returns a connection with room, or the place of a call that has to wait; or
// neither, for one that is to open a connection.
func (p *pool) next() (*member, *waiter, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.plain {
		return nil, nil, errPlain
	}
	for p.settled || len(p.all) == 1 && !p.all[0].used {
		last := len(p.free) - 1
		if last < 0 {
			break
		}
		if m := p.free[last]; m.room(p.most) > 0 {
			return m, nil, nil
		}
		p.free[last].free = false
		p.free = p.free[:last]
	}
	if p.short(1) {
		p.opening++
		p.rouse(0)
		return nil, nil, nil
	}
	w := &waiter{ready: make(chan struct{})}
	p.waiting = append(p.waiting, w)
	return nil, w, nil
}

// short reports whether a further connection ought to be opened for those that
// wait, and so many more. p.mu is held.
func (p *pool) short(more int) bool {
	if !p.settled {
		return p.opening+len(p.all) == 0
	}
	return p.opening < mostOpening && len(p.waiting)+more > p.opening*p.most
}

// rouse has so many of those that wait look again, and one more if that has to
// open a connection. p.mu is held.
func (p *pool) rouse(n int) {
	if n < len(p.waiting) && p.short(-n) {
		n++
	}
	n = min(n, len(p.waiting))
	for i, w := range p.waiting[:n] {
		close(w.ready)
		p.waiting[i] = nil
	}
	if p.waiting = p.waiting[n:]; len(p.waiting) == 0 {
		p.waiting = nil
	}
}

// wait waits until it is worth looking again.
func (p *pool) wait(ctx context.Context, w *waiter) error {
	select {
	case <-w.ready:
		return w.err
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.waiting, w); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	} else if w.err == nil {
		p.rouse(1) // another takes what was meant for this one
	}
	return ctx.Err()
}

// grow opens a connection, for which p.opening stands already. Where that fails and
// there is no other, all who wait are told so.
func (p *pool) grow(ctx context.Context) (*member, error) {
	began := time.Now()
	m, err := p.open(ctx, p.address)
	took := time.Since(began)
	p.mu.Lock()
	p.opening--
	switch {
	case err != nil && ctx.Err() == nil && p.opening+len(p.all) == 0:
		p.fail(err)
	case err != nil: // it may be this one's alone
		p.rouse(1)
	case m.allows() == 1 && len(p.all) == 0:
		p.plain = true
		p.rouse(len(p.waiting))
	default:
		p.admit(m, took)
	}
	plain := p.plain
	p.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case plain:
		_ = m.cc.Close() // others of its kind are net/http's
		return nil, errPlain
	}
	m.cc.SetStateHook(func(*http.ClientConn) { p.changed(m) })
	return m, nil
}

// expectNone discards a connection on which the server has allowed no stream. On the
// next one call finds out whether it does there.
func (p *pool) expectNone(m *member) {
	p.mu.Lock()
	p.most = 1
	p.mu.Unlock()
	p.discard(m)
}

// discard closes a connection on which no call can be made. Where there is no other,
// all who wait are told so.
func (p *pool) discard(m *member) {
	p.mu.Lock()
	p.remove(m)
	if p.opening+len(p.all) == 0 {
		p.fail(errBarren)
	} else {
		p.rouse(1)
	}
	p.mu.Unlock()
	_ = m.cc.Close() // nothing is under way on it
}

// remove has a connection be used no more. p.mu is held.
func (p *pool) remove(m *member) {
	is := func(other *member) bool { return other == m }
	p.all, p.free = slices.DeleteFunc(p.all, is), slices.DeleteFunc(p.free, is)
	m.free = false
}

// fail tells all who wait that there will be no connection. p.mu is held.
func (p *pool) fail(err error) {
	for _, w := range p.waiting {
		w.err = err
		close(w.ready)
	}
	p.waiting = nil
}

// admit takes a connection in. The first is used by one call until the server has
// said how many it allows, or has had the time to: of one that allows fewer than is
// taken for granted the others would have to be taken back (see [guess]). p.mu is held.
func (p *pool) admit(m *member, took time.Duration) {
	m.free, m.idle = true, time.Now()
	p.all = append(p.all, m)
	p.free = append(p.free, m)
	if p.settled {
		p.rouse(m.room(p.most))
		return
	}
	time.AfterFunc(max(settling*took, leastSettling), func() { p.changed(m) })
}

// A server may be silent on how many streams it allows for so many times the time
// that the connection took to open, and so long at least.
const (
	settling      = 4
	leastSettling = 50 * time.Millisecond
)

// changed is told when a connection may have more room, or is closed: in any case
// when the server has spoken, or should have.
func (p *pool) changed(m *member) {
	p.mu.Lock()
	if !m.lost {
		p.note(m)
	}
	over := m.lost && m.cc.InFlight() == 0 && m.cc.Err() == nil
	p.mu.Unlock()
	if over {
		_ = m.cc.Close() // nobody waits for what becomes of it
	}
}

// note is changed for a connection that calls are put on. p.mu is held.
func (p *pool) note(m *member) {
	p.settled = true
	if m.cc.Err() == nil {
		if m.cc.InFlight() == 0 && !m.resting {
			m.resting, m.idle = true, time.Now()
		}
		p.look(m)
		return
	}
	p.remove(m)
	if len(p.all) == 0 {
		p.rouse(1)
	}
	p.rouse(0)
}

// look notes what a connection allows, and hands out its room. p.mu is held.
func (p *pool) look(m *member) {
	if n := m.allows(); n > 0 && (n != initialStreams || m.answered.Load()) {
		p.most = n
	}
	room := m.room(p.most)
	if room > 0 && !m.free {
		m.free = true
		p.free = append(p.free, m)
	}
	p.rouse(room)
}

// info describes the connection that a call has got.
func (p *pool) info(m *member) httptrace.GotConnInfo {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := httptrace.GotConnInfo{Conn: m.net, Reused: m.used}
	switch {
	case m.used && m.resting:
		m.rested = time.Since(m.idle)
		m.heard.Store(false)
		i.WasIdle, i.IdleTime = true, m.rested
	case m.used && !m.heard.Load():
		i.IdleTime = m.rested // for this one it is as for the first
	}
	m.used, m.resting = true, false
	return i
}

// forgottenAfter: what lies between may have forgotten a connection that was idle for
// so long. Routers keep them for half a minute at least.
const forgottenAfter = 30 * time.Second

// doubt is told that a call was cut off. Where nothing has come on its connection since
// that was idle for long, it may lead nowhere: no further call is put on it, and it is
// closed when those on it have ended.
func (p *pool) doubt(m *member) {
	p.mu.Lock()
	if !m.heard.Load() && m.rested >= forgottenAfter && !m.lost {
		m.lost = true
		p.remove(m)
		p.rouse(0)
	}
	over := m.lost && m.cc.InFlight() == 0
	p.mu.Unlock()
	if over {
		_ = m.cc.Close() // nothing is under way on it
	}
}

// idle returns the connections that nobody uses.
func (p *pool) idle() (idle []*member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.all {
		if m.cc.InFlight() == 0 {
			idle = append(idle, m)
		}
	}
	return idle
}
