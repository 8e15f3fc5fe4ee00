package dataset

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"

	paceline "github.com/seed-1814a72b/paceline"
)

// Limit returns a source of the first n items of src. It can be rewound if src
// can.
func Limit(src paceline.Source, n int64) Rewinder { return &limited{src: src, n: n} }

type limited struct {
	src     paceline.Source
	n, read int64
}

func (l *limited) Next(ctx context.Context) (it paceline.Item, err error) {
	err = l.scan(ctx, &it, true)
	return it, err
}

func (l *limited) scan(ctx context.Context, it *paceline.Item, keep bool) error {
	if l.read >= l.n {
		return io.EOF
	}
	l.read++
	return scanFrom(ctx, l.src, it, keep)
}

func (l *limited) Rewind() error {
	l.read = 0
	return rewind(l.src)
}

// Sample returns a source of n of the total items of src, in their order. They
// are chosen by seed: every set of n is equally likely, and the same seed
// chooses the same items. Their Index is counted anew from 0; File and Line
// still say where they stand. Total comes from [Check]; with n of at least
// total the sample is all of src. It can be rewound if src can.
func Sample(src paceline.Source, total, n int64, seed uint64) Rewinder {
	s := &sample{src: src, total: total, n: n, seed: seed}
	s.start()
	return s
}

// sample is Knuth's algorithm S: each item is taken with probability (still
// wanted)/(still to come), which yields exactly n.
type sample struct {
	src            paceline.Source
	total, n       int64
	seed           uint64
	rng            *rand.Rand
	toCome, wanted int64
	index          int64
}

func (s *sample) start() {
	s.rng = rand.New(rand.NewPCG(s.seed, 0))
	s.toCome, s.wanted, s.index = s.total, min(s.n, s.total), 0
}

func (s *sample) Next(ctx context.Context) (it paceline.Item, err error) {
	err = s.scan(ctx, &it, true)
	return it, err
}

func (s *sample) scan(ctx context.Context, it *paceline.Item, keep bool) error {
	for s.wanted > 0 {
		take := s.rng.Int64N(s.toCome) < s.wanted
		s.toCome--
		*it = paceline.Item{}
		if err := scanFrom(ctx, s.src, it, keep && take); err != nil {
			return err
		}
		if take {
			s.wanted--
			it.Index = s.index
			s.index++
			return nil
		}
	}
	return io.EOF
}

func (s *sample) Rewind() error {
	s.start()
	return rewind(s.src)
}

func scanFrom(ctx context.Context, src paceline.Source, it *paceline.Item, keep bool) (err error) {
	if s, ok := src.(scanner); ok {
		return s.scan(ctx, it, keep)
	}
	*it, err = src.Next(ctx)
	return err
}

func rewind(src paceline.Source) error {
	if r, ok := src.(Rewinder); ok {
		return r.Rewind()
	}
	return fmt.Errorf("%w (%T)", errOnce, src)
}
