package paceline

import (
	"context"
	"time"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

const (
	// The first pings come as fast as they are answered, so many at once.
	pingsAtOnce = 8
	pingsFirst  = 64
	// Then one comes every pingSoon until there are pingsMany, and then every
	// pingLate, since networks change.
	pingsMany = 256
	pingSoon  = time.Second
	pingLate  = 15 * time.Second
	// A ping that takes longer says nothing of a packet's way.
	pingTimeout = 10 * time.Second
)

// pings measure round trips to endpoints whose limits are counted strictly. The
// dispatcher owns them.
type pings struct {
	lanes   []pingState
	ctx     context.Context // ends with the engine
	stop    context.CancelFunc
	running int // in all
}

// pingState is one endpoint's.
type pingState struct {
	to      Pinger
	sent    int
	running int
	next    flow.Instant // when the next may be sent; Never: none any more
}

func newPings(endpoints []*endpoint) *pings {
	p := &pings{lanes: make([]pingState, len(endpoints))}
	p.ctx, p.stop = context.WithCancel(context.Background())
	for i, ep := range endpoints {
		if to, ok := ep.Provider.(Pinger); ok {
			p.lanes[i].to = to
		} else {
			p.lanes[i].next = flow.Never
		}
	}
	return p
}

// ping sends what is due, if there is something to learn it for, and returns
// when to look again.
func (d *dispatcher) ping(now flow.Instant) flow.Instant {
	wake := flow.Never
	if d.draining || len(d.watch.attempts) == 0 {
		return wake
	}
	for i := range d.pings.lanes {
		l := &d.pings.lanes[i]
		if l.next == flow.Never || !d.admission.AnyStrict(i) {
			continue
		}
		for l.next <= now && l.running < pingsAtOnce {
			l.sent++
			l.running++
			d.pings.running++
			l.next = now.Add(untilPing(l.sent))
			go d.engine.ping(d.pings.ctx, i, l.to)
		}
		if l.running < pingsAtOnce {
			wake = min(wake, l.next)
		}
	}
	return wake
}

// untilPing returns how long after so many pings the next one goes out.
func untilPing(sent int) time.Duration {
	switch {
	case sent < pingsFirst:
		return 0
	case sent < pingsMany:
		return pingSoon
	}
	return pingLate
}

// ping measures once, and tells. A provider that panics here could not measure.
func (e *Engine) ping(ctx context.Context, lane int, to Pinger) {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	measured := message{kind: msgPing, lane: lane}
	defer func() {
		_ = recover()
		e.box.put(measured)
	}()
	if took, err := to.Ping(ctx); err == nil {
		measured.took = took
	}
}

// pong takes a ping's result. Where one fails no further ones are sent: the
// calls themselves tell the rest.
func (d *dispatcher) pong(m *message) {
	d.pings.running--
	l := &d.pings.lanes[m.lane]
	l.running--
	if m.took == 0 {
		l.next = flow.Never
		return
	}
	d.admission.Trip(d.engine.now(), m.lane, m.took)
}
