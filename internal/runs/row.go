package runs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/journal"
)

// row returns an entry's row without its newline.
func (r *runFile) row(e *journal.Entry) ([]byte, error) {
	f, err := os.Open(r.name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, command.Reason(err))
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
	place := int64(-1)
	err := r.reading(func() (err error) {
		place, err = rowWithID(r.name, id, r.wait)
		return err
	})
	if err != nil {
		return 0, err
	}
	if index, found, err := r.itemAt(place); found || err != nil {
		return index, err
	}
	return 0, fmt.Errorf("%s has no row with \"id\" or \"custom_id\" %q; an item without a row is named by its index, which counts from 0", r.name, id)
}

// itemAt returns the item whose row begins at a place of the output.
func (r *runFile) itemAt(place int64) (index int64, found bool, err error) {
	if place < 0 {
		return 0, false, nil
	}
	err = r.Visit(journal.Visitor{Entry: func(e *journal.Entry) error {
		if e.Offset == place {
			index, found = e.Index, true
		}
		return nil
	}})
	return index, found, err
}

// rowWithID returns where the first row with an id begins, -1 if there is none.
func rowWithID(output, id string, wait *command.Patience) (place int64, err error) {
	f, err := os.Open(output)
	if err != nil {
		return -1, fmt.Errorf("%s: %w", output, command.Reason(err))
	}
	defer f.Close()
	if place, err = findID(f, id, &wait.Stopped); err != nil && err != command.ErrEndedByUser {
		err = fmt.Errorf("%s: %w", output, command.Reason(err))
	}
	return place, err
}

// findID returns where the first line with an id begins, -1 if there is none.
func findID(r io.Reader, id string, stopped *atomic.Bool) (place int64, err error) {
	in := bufio.NewReaderSize(r, 1<<20)
	var row []byte
	for at := int64(0); !stopped.Load(); at += int64(len(row)) {
		row, err = nextRow(in, row[:0])
		switch {
		case hasID(row, id):
			return at, nil
		case errors.Is(err, io.EOF):
			return -1, nil
		case err != nil:
			return -1, err
		}
	}
	return -1, command.ErrEndedByUser
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

// hasID reports whether a row's own id, or that of its batch line, is id.
func hasID(row []byte, id string) bool {
	for _, name := range []string{"id", "custom_id"} {
		if v := gjson.GetBytes(row, name); v.Exists() && v.String() == id {
			return true
		}
	}
	return false
}
