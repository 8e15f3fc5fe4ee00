package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/seed-1814a72b/paceline/bench/peers/serve"
)

// startsIn is how long a client may take until its first answer, until as many
// streams are open as it should hold, or for the calls of a window.
const startsIn = 2 * time.Minute

// steady measures a client that makes calls without end: what it used between
// two moments, by the calls that the server answered between them. So what it
// did before (start, warm-up) and what it says of itself count nothing.
func steady(b *bench, r *row, p *peer) (figure, error) {
	return b.steady(r, p, func(c serve.Counters) int64 { return c.Calls })
}

// steadyChunks is the same by chunks.
func steadyChunks(b *bench, r *row, p *peer) (figure, error) {
	return b.steady(r, p, func(c serve.Counters) int64 { return c.Chunks })
}

func (b *bench) steady(r *row, p *peer, done func(serve.Counters) int64) (f figure, err error) {
	err = b.with(r, p, r.concurrency, func(s *server, client *process) error {
		// Its start costs what it costs; then each connection has its warm-up.
		first := func(c serve.Counters) bool { return done(c) > 0 }
		if err := await(s, client, first); err != nil {
			return err
		}
		if err := pass(s, client, r.warm, r.concurrency); err != nil {
			return err
		}
		before, err := read(s, client)
		if err != nil {
			return err
		}
		if err := pass(s, client, r.window, r.cycles*r.concurrency); err != nil {
			return err
		}
		after, err := read(s, client)
		if err != nil {
			return err
		}
		f, err = between(before, after, done)
		return err
	})
	return f, err
}

// pass waits until so much time has passed and so many calls were answered. A
// slow client's calls come and go in waves, of which a window must have some.
func pass(s *server, client *process, least time.Duration, calls int) error {
	before, err := s.counters()
	if err != nil {
		return err
	}
	time.Sleep(least)
	return await(s, client, func(c serve.Counters) bool { return c.Calls-before.Calls >= int64(calls) })
}

// between returns what was used for each call or chunk between two readings.
func between(before, after reading, done func(serve.Counters) int64) (figure, error) {
	n := done(after.counters) - done(before.counters)
	if n <= 0 {
		return figure{}, errors.New("nothing was answered within the measurement")
	}
	if refused := after.counters.Refused; refused > 0 {
		return figure{}, fmt.Errorf("the server did not understand %d requests", refused)
	}
	took := after.at.Sub(before.at)
	return figure{
		perSecond: float64(n) / took.Seconds(),
		cpu:       (after.client - before.client) / time.Duration(n),
		server:    float64(after.server-before.server) / float64(took),
	}, nil
}

// with starts a server and a client, lets work look at them, and ends both.
func (b *bench) with(r *row, p *peer, concurrency int, work func(*server, *process) error) error {
	s, err := b.startServer(r)
	if err != nil {
		return err
	}
	defer s.end()
	t, err := b.task(r, s, concurrency)
	if err != nil {
		return err
	}
	defer b.removeOutput(t)
	client, err := b.startClient(p, t)
	if err != nil {
		return err
	}
	defer client.end()
	return work(s, client)
}

func (b *bench) task(r *row, s *server, concurrency int) (task, error) {
	input, err := b.input(r.items)
	return task{
		row: r, url: s.url + "/" + r.path + "/v1", concurrency: concurrency, certificate: s.certificate,
		input: input, output: filepath.Join(b.scratch, "out.jsonl"),
	}, err
}

// await waits until the server's counters are as wanted.
func await(s *server, client *process, wanted func(serve.Counters) bool) error {
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		c, err := s.counters()
		switch {
		case err != nil:
			return err
		case wanted(c):
			return nil
		case client.ended() != nil:
			return client.ended()
		case time.Since(begun) > startsIn:
			return errSlow
		}
	}
}

var errSlow = fmt.Errorf("not within %.0f s", startsIn.Seconds())
