package sim

import "time"

// peak finds the most events in any span of time: those of a span that ends
// with an event, its beginning excluded. It holds the events of one span.
type peak struct {
	span  time.Duration
	most  int
	first time.Time
	ring  []time.Duration // since first, a power of two of them
	head  int             // the oldest event's number
	tail  int             // the next event's number
}

// add counts an event. Times must not go back.
func (p *peak) add(now time.Time) {
	if p.first.IsZero() {
		p.first = now
		p.ring = make([]time.Duration, 64)
	}
	t := now.Sub(p.first)
	for p.head < p.tail && t-p.ring[p.head&(len(p.ring)-1)] >= p.span {
		p.head++
	}
	if p.tail-p.head == len(p.ring) {
		p.grow()
	}
	p.ring[p.tail&(len(p.ring)-1)] = t
	p.tail++
	p.most = max(p.most, p.tail-p.head)
}

func (p *peak) grow() {
	ring := make([]time.Duration, 2*len(p.ring))
	for i := p.head; i < p.tail; i++ {
		ring[i&(len(ring)-1)] = p.ring[i&(len(p.ring)-1)]
	}
	p.ring = ring
}
