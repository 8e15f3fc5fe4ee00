package journal

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// writer makes the new files of a rewrite beside the old ones.
type writer struct {
	ctx   context.Context
	place place
	files [2]*output // rows, records
	row   []byte
	count int64 // rows written

	complete func(*Entry) // what older entries do not tell
}

const bufferSize = 1 << 20

// output is a file written from its beginning, through a buffer.
type output struct {
	name string
	f    File
	buf  []byte
	off  int64 // written so far, without what is in buf
}

func (j *Journal) newWriter(ctx context.Context) (*writer, error) {
	w := &writer{ctx: ctx, place: j.place}
	perm := j.place.perm()
	for i, name := range []string{j.place.rowsTmp, j.place.jrnlTmp} {
		f, err := j.opt.FS.OpenFile(name, openFresh, perm)
		if err != nil {
			w.close()
			return nil, &Error{Code: CodeIO, Path: name, Text: "cannot make the file", Err: cause(err)}
		}
		w.files[i] = &output{name: name, f: f}
	}
	return w, nil
}

func (w *writer) rows() *output    { return w.files[0] }
func (w *writer) records() *output { return w.files[1] }

// begin writes the head of the journal: the identity, and what was spent on no
// row that stays.
func (w *writer) begin(identity []byte, carry Totals, bounds Bounds, account Account, lost map[int64]*open) {
	out := w.records()
	out.buf = identityRecord(append(out.buf, header()...), identity)
	for _, o := range lost { // they are added again when the journal is read
		carry.Lost -= o.calls
		carry.LostCost -= o.cost
		carry.LostUnpriced -= o.unpriced
		bounds.found(o)
	}
	out.buf = appendAccount(appendBounds(appendCarry(out.buf, carry), bounds), account)
}

// intents writes those of the lost calls of items that have no row.
func (w *writer) intents(lost map[int64]*open, sum func(int64) uint32) error {
	out := w.records()
	for index, o := range lost {
		for n := range o.calls {
			out.buf = appendIntent(out.buf, intent{index: index, sum: sum(index), cost: o.costOf(n), tokens: o.tokensOf(n)})
		}
		if err := out.flush(bufferSize); err != nil {
			return err
		}
	}
	return nil
}

// costOf spreads a cost over calls, so that the sum remains.
func (o *open) costOf(call int64) int64 {
	switch {
	case call < o.unpriced:
		return Unknown
	case call == o.unpriced:
		return o.cost
	}
	return 0
}

// put adds a row.
func (w *writer) put(e Entry, row []byte) error {
	rows, records := w.rows(), w.records()
	e.Offset, e.Length, e.RowSum = rows.off+int64(len(rows.buf)), int64(len(row)), Sum(row)
	w.count++
	rows.buf = append(rows.buf, row...)
	records.buf = appendEntry(records.buf, &e)
	if err := rows.flush(bufferSize); err != nil {
		return err
	}
	return records.flush(bufferSize)
}

// copyRow adds a committed row of the old output, and verifies it.
func (w *writer) copyRow(e Entry, from io.ReaderAt) error {
	if err := w.ctx.Err(); err != nil {
		return fmt.Errorf("the output was not rewritten: %w", context.Cause(w.ctx))
	}
	w.row = slices.Grow(w.row[:0], int(e.Length))[:e.Length]
	if _, err := from.ReadAt(w.row, e.Offset); err != nil {
		return &Error{Code: CodeIO, Path: w.place.output, Offset: e.Offset, Text: "cannot read the row", Err: cause(err)}
	}
	if Sum(w.row) != e.RowSum {
		return damagedRow(w.place.output, 0, e.Offset)
	}
	w.complete(&e)
	e.carried = true
	return w.put(e, w.row)
}

// finish makes both files durable.
func (w *writer) finish(noSync bool) error {
	for _, out := range w.files {
		if err := out.flush(0); err != nil {
			return err
		}
		if noSync {
			continue
		}
		if err := out.f.Sync(); err != nil {
			return &Error{Code: CodeIO, Path: out.name, Text: "cannot make the file durable", Err: cause(err)}
		}
	}
	return nil
}

func (w *writer) close() {
	for _, out := range w.files {
		if out != nil {
			out.f.Close()
		}
	}
}

// flush writes the buffer if it holds more than limit bytes.
func (o *output) flush(limit int) error {
	if len(o.buf) <= limit {
		return nil
	}
	if err := writeAt(o.f, o.buf, o.off); err != nil {
		return &Error{Code: CodeIO, Path: o.name, Text: "cannot write", Err: cause(err)}
	}
	o.off += int64(len(o.buf))
	o.buf = o.buf[:0]
	return nil
}
