package dataset

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	paceline "github.com/seed-1814a72b/paceline"
)

// Sum returns the CRC-32C of an item's content: of Raw, or of the whole line
// if it could not be read. The item's place does not count.
func Sum(it *paceline.Item) uint32 {
	if len(it.Raw) == 0 && it.Err != nil {
		if e, ok := asLineError(it.Err); ok {
			return e.sum
		}
	}
	return crc32.Checksum(it.Raw, castagnoli)
}

// A Survey is what [Check] found.
type Survey struct {
	Items    int64
	Bytes    int64  // of all items' Raw
	Sum      uint32 // CRC-32C over all items' [Sum], big-endian, in order
	Requests int64  // items that bring their own request: batch lines
	Bad      int64  // items with an Err
	FirstBad error  // the first of these errors, nil if none

	// Duplicates are ids that occur more than once, in input order, at most
	// ten of them; Duplicated is how many there are.
	Duplicates []Duplicate
	Duplicated int64
}

// maxDuplicates is how many duplicates are told by name.
const maxDuplicates = 10

// A Duplicate is an id that occurs again.
type Duplicate struct {
	ID           string
	First, Again Place
}

// String returns `id "x" of a.jsonl:7 stands at a.jsonl:3 too`.
func (d Duplicate) String() string {
	return fmt.Sprintf("id %q of %v stands at %v too", d.ID, d.Again, d.First)
}

// A Place is where an item stands.
type Place struct {
	File string
	Line int64
}

// String returns "file:line".
func (p Place) String() string { return place(p.File, p.Line) }

// A Rewinder is a source that can go back to its first item.
type Rewinder interface {
	paceline.Source
	Rewind() error
}

// scanner is what the sources of this package offer besides Next: an item that
// is not copied.
type scanner interface {
	scan(ctx context.Context, it *paceline.Item, keep bool) error
}

// Check reads src from its first item to its last and goes back to the first.
// It counts, finds duplicate ids and hands every item to each, unless that is
// nil; an item, its ID included, is valid during the call only. An error of each ends the
// reading and is returned. A src that holds no item is an error that wraps
// [ErrEmpty]; one that cannot be rewound wraps [errors.ErrUnsupported].
//
// Memory: 8 to 16 bytes for each item that has an id.
func Check(ctx context.Context, src Rewinder, each func(*paceline.Item) error) (Survey, error) {
	if err := src.Rewind(); err != nil {
		return Survey{}, err
	}
	s := Survey{}
	ids := idSet{seed: maphash.MakeSeed()}
	err := forEach(ctx, src, func(it *paceline.Item) error {
		s.add(it)
		ids.add(it.ID)
		if each == nil {
			return nil
		}
		return each(it)
	})
	if err == nil && s.Items == 0 {
		err = emptyError(src)
	}
	if err != nil {
		return s, errors.Join(err, src.Rewind())
	}
	if again := ids.again(); len(again) > 0 {
		err = s.findDuplicates(ctx, src, &ids, again)
	}
	return s, errors.Join(err, src.Rewind())
}

// forEach calls f with every item of src.
func forEach(ctx context.Context, src paceline.Source, f func(*paceline.Item) error) error {
	scan, ok := src.(scanner)
	var it paceline.Item
	for {
		var err error
		if ok {
			it = paceline.Item{}
			err = scan.scan(ctx, &it, false)
		} else {
			it, err = src.Next(ctx)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(&it); err != nil {
			return err
		}
	}
}

func emptyError(src Rewinder) error {
	if in, ok := src.(*Input); ok && len(in.files) == 1 {
		return &FileError{Path: in.files[0].name(), Err: ErrEmpty}
	}
	return fmt.Errorf("the input %w", ErrEmpty)
}

func (s *Survey) add(it *paceline.Item) {
	s.Items++
	s.Bytes += int64(len(it.Raw))
	sum := Sum(it)
	s.Sum = crc32.Update(s.Sum, castagnoli, []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	if it.Request != nil {
		s.Requests++
	}
	if it.Err != nil {
		s.Bad++
		if s.FirstBad == nil {
			s.FirstBad = it.Err
		}
	}
}

// findDuplicates reads src once more and compares the ids whose hashes occur
// more than once.
func (s *Survey) findDuplicates(ctx context.Context, src Rewinder, ids *idSet, again map[uint64]bool) error {
	if err := src.Rewind(); err != nil {
		return err
	}
	first := map[string]Place{}
	return forEach(ctx, src, func(it *paceline.Item) error {
		if it.ID == "" || !again[ids.hash(it.ID)] {
			return nil
		}
		at := Place{it.File, it.Line}
		before, dup := first[it.ID]
		if !dup {
			first[strings.Clone(it.ID)] = at
			return nil
		}
		s.Duplicated++
		if len(s.Duplicates) < maxDuplicates {
			s.Duplicates = append(s.Duplicates, Duplicate{ID: strings.Clone(it.ID), First: before, Again: at})
		}
		return nil
	})
}

// idSet keeps 8 bytes of each id. The hashes are spread over many slices, so
// that the growth of one of them costs little memory.
type idSet struct {
	seed    maphash.Seed
	buckets [256][]uint64
}

func (s *idSet) hash(id string) uint64 { return maphash.String(s.seed, id) }

func (s *idSet) add(id string) {
	if id == "" {
		return
	}
	h := s.hash(id)
	b := &s.buckets[h>>56]
	*b = append(*b, h)
}

// again returns the hashes that occur more than once.
func (s *idSet) again() map[uint64]bool {
	found := map[uint64]bool{}
	for _, b := range s.buckets {
		slices.Sort(b)
		for i := 1; i < len(b); i++ {
			if b[i] == b[i-1] {
				found[b[i]] = true
			}
		}
	}
	return found
}
