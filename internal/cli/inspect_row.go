package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/journal"
)

// row returns an entry's row without its newline.
func (r *runFile) row(e *journal.Entry) ([]byte, error) {
	f, err := os.Open(r.name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, reason(err))
	}
	defer f.Close()
	b := make([]byte, e.Length)
	if _, err := f.ReadAt(b, e.Offset); err != nil || journal.Sum(b) != e.RowSum {
		return nil, fmt.Errorf("%s: the row of item %d is not the one that was committed", r.name, e.Index)
	}
	return bytes.TrimSuffix(b, []byte("\n")), nil
}

// why returns on one line what an item's row says of its failure, else what the
// journal does.
func (r *runFile) why(e *journal.Entry) string {
	if row, err := r.row(e); err == nil {
		for _, path := range []string{"llm.error.message", "error.message"} {
			if text := gjson.GetBytes(row, path).String(); text != "" {
				return strings.Join(strings.Fields(text), " ")
			}
		}
	}
	return e.Trip.Message
}

// itemNamed returns the index of the item that --item names: a number is an
// index, all else an id of a row.
func (r *runFile) itemNamed(name string) (int64, error) {
	if index, err := strconv.ParseInt(name, 10, 64); err == nil && index >= 0 {
		return index, nil
	}
	id := strings.TrimPrefix(name, "id=")
	var places []int64
	err := r.reading(func() (err error) {
		places, err = rowsWithID(r.name, id, r.wait)
		return err
	})
	if err != nil {
		return 0, err
	}
	found, err := r.itemsAt(places)
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		return 0, fmt.Errorf("%s has no row with \"id\" or \"custom_id\" %q; an item without a row is named by its index, which counts from 0", r.name, id)
	case len(found) > 1:
		return 0, fmt.Errorf("%d rows of %s or more have the id %q; name one by its index: %s", len(found), r.name, id, joinNumbers(found))
	}
	return found[0], nil
}

func joinNumbers(list []int64) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, ", ")
}

// itemsAt returns the items whose rows begin at some places of the output.
func (r *runFile) itemsAt(places []int64) (found []int64, err error) {
	if len(places) == 0 {
		return nil, nil
	}
	err = r.Visit(journal.Visitor{Entry: func(e *journal.Entry) error {
		if slices.Contains(places, e.Offset) {
			found = append(found, e.Index)
		}
		return nil
	}})
	return found, err
}

// sameID is how many rows with one id are looked for.
const sameID = 5

// rowsWithID returns where the first rows with an id begin.
func rowsWithID(output, id string, wait *patience) (places []int64, err error) {
	f, err := os.Open(output)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", output, reason(err))
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	mark := rawID(id)
	var row []byte
	for at := int64(0); len(places) < sameID; at += int64(len(row)) {
		if wait.stopped.Load() {
			return nil, errEndedByUser
		}
		row, err = nextRow(in, row[:0])
		if bytes.Contains(row, mark) && hasID(row, id) {
			places = append(places, at)
		}
		if errors.Is(err, io.EOF) {
			return places, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", output, reason(err))
		}
	}
	return places, nil
}

// nextRow appends a line to row.
func nextRow(in *bufio.Reader, row []byte) ([]byte, error) {
	for {
		part, err := in.ReadSlice('\n')
		row = append(row, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return row, err
		}
	}
}

// rawID returns bytes that every row with the id holds: the id, unless a string
// might spell it in another way.
func rawID(id string) []byte {
	for i := range len(id) {
		if c := id[i]; c < ' ' || c > '~' || strings.IndexByte(`"\/<>&'`, c) >= 0 {
			return []byte(`id"`)
		}
	}
	return []byte(id)
}

// hasID reports whether a row's own id, or that of its batch line, is id.
func hasID(row []byte, id string) bool {
	for _, name := range []string{"id", "custom_id"} {
		if v := gjson.GetBytes(row, name); v.Exists() && v.String() == id {
			return true
		}
	}
	return false
}
