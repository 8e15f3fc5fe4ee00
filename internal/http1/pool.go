package http1

import (
	"sync"
	"time"
)

// An origin is where connections of one kind lead.
type origin struct {
	address string
	tls     bool
}

// A pool keeps connections that nobody uses. The one used last is taken first, so
// that those that are not needed grow old and are closed. The zero value is empty.
// It is safe for concurrent use.
type pool struct {
	mu      sync.Mutex // never held over I/O
	idle    map[origin][]*conn
	closing *time.Timer // fires while some are kept
}

// take returns a connection, or nil if none is kept.
func (p *pool) take(to origin) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.idle[to]
	if len(all) == 0 {
		return nil
	}
	last := len(all) - 1
	cn := all[last]
	all[last] = nil
	p.idle[to] = all[:last]
	return cn
}

// keep takes a connection back that may be used again.
func (p *pool) keep(cn *conn) {
	every := cn.client.idleFor()
	cn.idle = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = make(map[origin][]*conn)
	}
	p.idle[cn.to] = append(p.idle[cn.to], cn)
	if p.closing == nil {
		p.closing = time.AfterFunc(every, func() { p.sweep(every) })
	}
}

// sweep closes the connections that have been idle for so long, and comes again
// while there are others.
func (p *pool) sweep(idleFor time.Duration) {
	p.close(func(cn *conn) bool { return time.Since(cn.idle) >= idleFor })
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing != nil {
		p.closing.Reset(max(idleFor/2, time.Second))
	}
}

// closeIdleSince closes the connections of one kind that nobody has used after then.
func (p *pool) closeIdleSince(to origin, then time.Time) {
	p.close(func(cn *conn) bool { return cn.to == to && !cn.idle.After(then) })
}

// clear closes all connections.
func (p *pool) clear() { p.close(func(*conn) bool { return true }) }

// close closes the connections that match.
func (p *pool) close(match func(*conn) bool) {
	for _, cn := range p.remove(match) {
		cn.close()
	}
}

// remove takes out the connections that match. While none is left none is swept.
func (p *pool) remove(match func(*conn) bool) (out []*conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for to, all := range p.idle {
		kept := all[:0]
		for _, cn := range all {
			if match(cn) {
				out = append(out, cn)
			} else {
				kept = append(kept, cn)
			}
		}
		clear(all[len(kept):])
		if p.idle[to] = kept; len(kept) == 0 {
			delete(p.idle, to)
		}
	}
	if p.closing != nil && len(p.idle) == 0 {
		p.closing.Stop()
		p.closing = nil
	}
	return out
}

func (c *Client) idleFor() time.Duration {
	if c.IdleFor > 0 {
		return c.IdleFor
	}
	return DefaultIdleFor
}
