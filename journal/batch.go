package journal

// batch is what one commit writes.
type batch struct {
	rows    []byte
	entries []Entry       // with offsets from the start of rows
	notify  []func()      // of each entry; nil: nobody wants to know
	kept    int           // entries that are committed, from the first on
	done    chan struct{} // closed when it is committed or never will be; nil: nobody asked
}

// keepRows is how much of a buffer is kept for the next batch.
const keepRows = 8 << 20

func (b *batch) reset() {
	if cap(b.rows) > keepRows {
		b.rows = nil
	}
	clear(b.notify)
	*b = batch{rows: b.rows[:0], entries: b.entries[:0], notify: b.notify[:0]}
}

func (b *batch) add(e *Entry, row []byte, committed func()) {
	e.Offset = int64(len(b.rows))
	b.rows = append(b.rows, row...)
	b.entries = append(b.entries, *e)
	b.notify = append(b.notify, committed)
}

// commit makes a batch durable and tells of it: all of it at once or, where the disk
// has no room for that, as much as it takes, from the first row on, and the rest once
// there is more.
func (j *Journal) commit(b *batch) error {
	for {
		if err := j.fault.get(); err != nil || b.kept == len(b.entries) {
			return err
		}
		n, err := j.writeRows(b)
		if n > b.kept {
			if err := j.keep(b, n); err != nil {
				return err
			}
		}
		if err == nil {
			continue
		}
		if left := b.bytes(b.kept, len(b.entries)); !isFull(err) || !j.awaitRoom(j.place.output, left, err) {
			return j.fault.set(j.place.output, "cannot write the rows", err)
		}
	}
}

// bytes returns how long the rows of the entries from..to-1 are.
func (b *batch) bytes(from, to int) (n int64) {
	for i := from; i < to; i++ {
		n += b.entries[i].Length
	}
	return n
}

// writeRows writes the rows that are not committed yet, and returns how many entries
// can be kept then, with those that are: fewer than there are where the disk became
// full, whose last pages then go to the records.
func (j *Journal) writeRows(b *batch) (n int, err error) {
	j.torn = true
	rows := b.rows[int64(len(b.rows))-b.bytes(b.kept, len(b.entries)):]
	err = writeAt(j.out, rows, j.end)
	switch {
	case err == nil:
		return len(b.entries), nil
	case !isFull(err):
		return b.kept, err
	}
	end, sized := size(j.out) // a failed write does not say how much was written
	if sized != nil {
		return b.kept, err
	}
	room := end - j.end - recordsRoom
	for n = b.kept; n < len(b.entries) && b.entries[n].Length+recordRoom <= room; n++ {
		room -= b.entries[n].Length + recordRoom
	}
	if n == b.kept {
		return n, err
	}
	if cut := j.out.Truncate(j.end + b.bytes(b.kept, n)); cut != nil {
		return b.kept, cut
	}
	return n, err
}

// What is left of a full disk for the records of the rows that it took: so much for
// each, and the beginning of a page in both files.
const (
	recordRoom  = 512
	recordsRoom = 16 << 10
)

// keep commits the entries before n, whose rows are written, and tells of them.
func (j *Journal) keep(b *batch, n int) error {
	if err := j.syncFile(j.out); err != nil {
		return j.fault.set(j.place.output, "cannot make the rows durable", err)
	}
	end, records := j.end, j.queue.records[:0]
	for i := range b.entries[b.kept:n] {
		e := &b.entries[b.kept+i]
		e.Offset, end = end, end+e.Length
		records = appendEntry(records, e)
	}
	j.queue.records = records
	j.torn = false // records may cover them from here on
	written, err := j.tail.append(func(dst []byte, off int64) []byte {
		return append(appendBatch(dst, j.tail.synced, off), records...)
	})
	if err == nil {
		err = j.tail.sync(written)
	}
	if err != nil {
		return err
	}
	j.end = end
	for _, committed := range b.notify[b.kept:n] {
		if committed != nil {
			committed()
		}
	}
	b.kept = n
	return nil
}
