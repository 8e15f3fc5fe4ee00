package main

import (
	"errors"
	"fmt"
	"time"
)

// A cost is what two runs beside each other have used in the same window, one of
// which something was shown and one of which nothing was.
type cost struct{ with, without span }

// A span is what a run has used, and what it has done, within a window.
type span struct {
	cpu   time.Duration // of the process, in user and system mode
	calls int64         // that its server has answered
}

// perCall returns microseconds of processor time.
func perCall(s span) float64 { return s.cpu.Seconds() / float64(s.calls) * 1e6 }

// more returns what share one used more than the other, for each call.
func (c cost) more() float64 { return perCall(c.with)/perCall(c.without) - 1 }

// eachSecond returns by how much processor time a second one used more than the
// other, at so many calls a second, in milliseconds.
func (c cost) eachSecond(rate int) float64 {
	return (perCall(c.with) - perCall(c.without)) * float64(rate) / 1000
}

// A pair is two runs beside each other, each in its own folder, on its own
// terminal and with its own server.
type pair [2]*running

// compare makes a run of a kind and one of which nothing is shown at the same
// time: what the machine does in those moments, it does to both.
func (b *bench) compare(k kind, offFirst bool) (c cost, err error) {
	kinds := [2]kind{k, allKinds()[0]}
	with, without := 0, 1
	if offFirst {
		kinds[0], kinds[1] = kinds[1], kinds[0]
		with, without = without, with
	}
	var p pair
	defer p.stop()
	for i := range p {
		if p[i], err = b.start(kinds[i], b.servers[i]); err != nil {
			return c, err
		}
	}
	spans, err := b.window(&p)
	if err != nil {
		return c, err
	}
	for _, r := range p {
		if err := r.complete(b.items); err != nil {
			return c, err
		}
	}
	return cost{spans[with], spans[without]}, nil
}

// stop ends what still runs of it, and all who look.
func (p *pair) stop() {
	for _, r := range p {
		if r != nil {
			r.stop()
		}
	}
}

// window measures both runs between the same two moments, once they have warmed
// up.
func (b *bench) window(p *pair) (spans [2]span, err error) {
	for _, r := range p {
		if err := r.answered(); err != nil {
			return spans, err
		}
	}
	time.Sleep(b.o.warm)
	before, err := p.read()
	if err != nil {
		return spans, err
	}
	began := time.Now()
	time.Sleep(b.o.window)
	after, err := p.read()
	if err != nil {
		return spans, err
	}
	due := float64(b.o.rate) * time.Since(began).Seconds()
	for i, r := range p {
		spans[i] = span{after[i].cpu - before[i].cpu, after[i].calls - before[i].calls}
		if done := float64(spans[i].calls); done < 0.98*due {
			return spans, fmt.Errorf("%s: %.0f calls of %.0f that were due: the machine is not quick enough for two runs at %d calls a second; give a lower -rate",
				r.kind.name, done, due, b.o.rate)
		}
	}
	return spans, nil
}

// read reads what both have used and done so far.
func (p *pair) read() (now [2]span, err error) {
	var errs [4]error
	for i, r := range p {
		now[i].cpu, errs[i] = r.used()
	}
	for i, r := range p {
		now[i].calls, errs[2+i] = r.calls()
	}
	return now, errors.Join(errs[:]...)
}
