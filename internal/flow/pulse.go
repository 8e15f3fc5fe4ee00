package flow

import (
	"slices"
	"time"
)

// pulse is how soon the calls of one model are answered at an endpoint. A model
// is compared with itself alone: what is slow for one is quick for another, and
// says nothing of the endpoint's load.
type pulse struct {
	best    time.Duration   // the best epoch's median first-token time, slowly forgotten
	samples []time.Duration // first-token times since the last judgement
}

// beat ends an epoch, which must have samples: it returns how their median
// compares with the best, [tolerance] being as good.
func (p *pulse) beat() float64 {
	slices.Sort(p.samples)
	median := p.samples[len(p.samples)/2]
	p.samples = p.samples[:0]
	if p.best == 0 || median < p.best {
		p.best = median
	} else {
		p.best += p.best / 100 // the endpoint may have become slower for good
	}
	if median <= calm {
		return tolerance
	}
	return tolerance * float64(p.best) / float64(median)
}
