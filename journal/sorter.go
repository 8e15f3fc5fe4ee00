package journal

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"slices"
)

// sorter sorts places in the journal by a key in constant memory: it sorts runs
// of them, spills these to a file, and merges.
type sorter struct {
	fs   FS
	name string
	max  int // pairs in memory

	pairs []pair
	f     File    // nil: nothing was spilled
	ends  []int64 // of the runs in f
	buf   []byte
}

type pair struct{ key, at int64 }

const (
	pairSize = 16
	maxPairs = 1 << 20
)

func newSorter(fsys FS, name string) *sorter {
	return &sorter{fs: fsys, name: name, max: maxPairs}
}

func byKey(a, b pair) int { return cmp.Compare(a.key, b.key) }

func (s *sorter) add(key, at int64) error {
	s.pairs = append(s.pairs, pair{key, at})
	if len(s.pairs) < s.max {
		return nil
	}
	return s.spill()
}

// spill writes the pairs in memory to the file, as a sorted run.
func (s *sorter) spill() error {
	slices.SortFunc(s.pairs, byKey)
	s.buf = s.buf[:0]
	for _, p := range s.pairs {
		s.buf = binary.LittleEndian.AppendUint64(s.buf, uint64(p.key))
		s.buf = binary.LittleEndian.AppendUint64(s.buf, uint64(p.at))
	}
	s.pairs = s.pairs[:0]
	var err error
	if s.f == nil {
		s.f, err = s.fs.OpenFile(s.name, openFresh, 0o644)
	}
	start := s.spilled()
	if err == nil {
		err = writeAt(s.f, s.buf, start)
	}
	if err != nil {
		return &Error{Code: CodeIO, Path: s.name, Text: "cannot spill the order of the rows", Err: cause(err)}
	}
	s.ends = append(s.ends, start+int64(len(s.buf)))
	return nil
}

func (s *sorter) spilled() int64 {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1]
}

// sorted yields the places in the order of their keys.
func (s *sorter) sorted() iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		if s.f == nil {
			slices.SortFunc(s.pairs, byKey)
			for _, p := range s.pairs {
				if !yield(p.at, nil) {
					return
				}
			}
			return
		}
		if err := s.spill(); err != nil {
			yield(0, err)
			return
		}
		s.merge(yield)
	}
}

// merge yields the pairs of all runs.
func (s *sorter) merge(yield func(int64, error) bool) {
	s.pairs, s.buf = nil, nil
	runs, err := s.runs()
	for err == nil && len(runs) > 0 {
		if !yield(runs[0].head.at, nil) {
			return
		}
		if err = runs[0].next(); err == io.EOF {
			heap.Pop(&runs)
			err = nil
		} else if err == nil {
			heap.Fix(&runs, 0)
		}
	}
	if err != nil {
		yield(0, &Error{Code: CodeIO, Path: s.name, Text: "cannot read the order of the rows", Err: cause(err)})
	}
}

// runs returns the runs that are not empty, each at its first pair.
func (s *sorter) runs() (runs, error) {
	var list runs
	start := int64(0)
	for _, end := range s.ends {
		r := &run{r: bufio.NewReaderSize(io.NewSectionReader(s.f, start, end-start), 64<<10)}
		start = end
		if err := r.next(); err == nil {
			list = append(list, r)
		} else if err != io.EOF {
			return nil, err
		}
	}
	heap.Init(&list)
	return list, nil
}

// close removes the file.
func (s *sorter) close() error {
	if s.f == nil {
		return nil
	}
	return errors.Join(s.f.Close(), s.fs.Remove(s.name))
}

// run is a sorted run at one of its pairs.
type run struct {
	r    *bufio.Reader
	head pair
}

func (r *run) next() error {
	var b [pairSize]byte
	if _, err := io.ReadFull(r.r, b[:]); err != nil {
		return err
	}
	r.head.key = int64(binary.LittleEndian.Uint64(b[:]))
	r.head.at = int64(binary.LittleEndian.Uint64(b[8:]))
	return nil
}

// runs is a heap of runs, the least head first.
type runs []*run

func (r runs) Len() int           { return len(r) }
func (r runs) Less(i, j int) bool { return r[i].head.key < r[j].head.key }
func (r runs) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *runs) Push(x any)        { *r = append(*r, x.(*run)) }
func (r *runs) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}
