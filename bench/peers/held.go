package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-1814a72b/paceline/bench/peers/serve"
)

// fewStreams is how many the process has that others are compared with: what it
// costs to be there is not the streams'.
const fewStreams = 100

// held measures the memory of open streams: that of a process with many of
// them, less that of another with few. A client that does not get to open all of
// them in time is measured with those that it has.
func held(b *bench, r *row, p *peer) (f figure, err error) {
	few, fewOpen, err := b.residentWith(r, p, fewStreams)
	if err != nil {
		return f, err
	}
	many, manyOpen, err := b.residentWith(r, p, r.concurrency)
	if err != nil {
		return f, err
	}
	if manyOpen <= 2*fewOpen {
		return f, fmt.Errorf("%d of %d streams were open: %w", manyOpen, r.concurrency, errSlow)
	}
	f.reached = manyOpen
	f.memory = float64(many-few) / float64(manyOpen-fewOpen)
	return f, nil
}

// heldWhole measures all of the memory of a process that holds many streams: 99 %
// of them at least, since a call that was late begins anew some time later.
func heldWhole(b *bench, r *row, p *peer) (f figure, err error) {
	size, open, err := b.residentWith(r, p, r.concurrency)
	if err != nil {
		return f, err
	}
	if open < r.concurrency*99/100 {
		return f, fmt.Errorf("%d of %d streams were open: %w", open, r.concurrency, errSlow)
	}
	return figure{memory: float64(size), reached: open}, nil
}

func (b *bench) residentWith(r *row, p *peer, streams int) (bytes int64, open int, err error) {
	err = b.with(r, p, streams, func(s *server, client *process) error {
		all := func(c serve.Counters) bool { return c.Open >= int64(streams) }
		if err := await(s, client, all); err != nil && !errors.Is(err, errSlow) {
			return err
		}
		time.Sleep(r.warm)
		last, err := read(s, client)
		if err != nil {
			return err
		}
		open = int(last.counters.Open)
		bytes, err = resident(client.cmd.Process.Pid)
		return err
	})
	return bytes, open, err
}
