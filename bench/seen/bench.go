package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A bench is a measurement that is going on.
type bench struct {
	o       options
	dir     string
	input   string
	items   int
	servers [2]*server // of the runs of a pair, each its own
}

// slack is for how long a run goes on after its windows, so that none of them is
// of its end: two runs do not begin at the same moment.
const slack = time.Second

// measure makes the rounds, prints each, and writes the table.
func measure(o options) error {
	dir, err := os.MkdirTemp("", "paceline-seen-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	whole := o.warm + o.window + slack
	b := &bench{o: o, dir: dir, input: filepath.Join(dir, "items.jsonl"), items: int(float64(o.rate) * whole.Seconds())}
	if err := writeItems(b.input, b.items); err != nil {
		return err
	}
	defer b.stopServers()
	for i := range b.servers {
		if b.servers[i], err = startServer(); err != nil {
			return err
		}
	}
	t := &table{o: o, begun: time.Now()}
	for _, k := range allKinds() {
		if k.name == off || o.kinds.MatchString(k.name) {
			t.lines = append(t.lines, &line{kind: k})
		}
	}
	for n := range o.rounds {
		if err := b.round(t, n); err != nil {
			return err
		}
	}
	fmt.Print("\n" + t.markdown())
	if o.page == "" {
		return nil
	}
	return updatePage(o.page, t)
}

// round measures each kind once beside nothing. Which of the two begins, and
// which server it has, changes from one round to the next.
func (b *bench) round(t *table, n int) error {
	for i := range t.lines {
		l := t.lines[(n+i)%len(t.lines)]
		began := time.Now()
		c, err := b.compare(l.kind, n%2 == 1)
		if err != nil {
			return err
		}
		l.costs = append(l.costs, c)
		fmt.Printf("round %d: %-8s %.2f µs a call, beside it %.2f with nothing shown: %+.2f %% (%.0f s)\n",
			n+1, l.kind.name, perCall(c.with), perCall(c.without), 100*c.more(), time.Since(began).Seconds())
	}
	return nil
}

func (b *bench) stopServers() {
	for _, s := range b.servers {
		if s != nil {
			s.stop()
		}
	}
}
