package journal

import (
	"bufio"
	"context"
	"io"
	"os"
	"slices"
)

// RebuildOptions says how a journal is made again from the rows.
type RebuildOptions struct {
	Options
	// Parse reads a row, with its newline, as far as it tells: the index must
	// be known; place and checksum are filled in.
	Parse func(row []byte) (Entry, error)
	// SetAside moves rows that Parse rejects, and second rows of an item, into
	// the file Rebuilt.RejectedFile; their items count as not done. false: such
	// a row is an error that names its line, and nothing is changed.
	SetAside bool
}

// Rebuilt is what a rebuilding found.
type Rebuilt struct {
	Rows         int64
	Rejected     int64
	RejectedFile string // "" if no row was rejected
	BytesCut     int64  // of a torn last line
}

// Rebuild makes a lost or damaged journal again from the rows of the output,
// each of which must be one line. A last line without newline is completed if
// Parse takes it, and cut off if not. A damaged journal is kept as
// journal.damaged. What only the journal knew is lost: intents, sums and costs
// that the rows do not tell. It takes the lock, and needs room on the disk for
// another output: a crash leaves the old files or the new ones.
func Rebuild(ctx context.Context, output string, o RebuildOptions) (Rebuilt, error) {
	j, err := prepare(output, o.Options)
	if err != nil {
		return Rebuilt{}, err
	}
	defer j.release()
	w, err := j.newWriter(ctx)
	if err != nil {
		return Rebuilt{}, err
	}
	b := &rebuilder{w: w, parse: o.Parse, setAside: o.SetAside}
	err = b.rebuild(j)
	w.close()
	b.closeRejected()
	if err != nil {
		j.removeTemporary() // or else the next Open does
		return Rebuilt{}, err
	}
	return b.found, j.replaceJournal(w)
}

// rebuilder reads the rows and writes them anew.
type rebuilder struct {
	w        *writer
	parse    func([]byte) (Entry, error)
	setAside bool
	items    items
	found    Rebuilt
	rejected *output
	fs       FS
}

func (b *rebuilder) rebuild(j *Journal) error {
	b.fs = j.opt.FS
	f, err := b.fs.OpenFile(j.place.output, os.O_RDONLY, 0)
	if err != nil {
		return &Error{Code: CodeOutput, Path: j.place.output, Text: "cannot open the output", Err: cause(err)}
	}
	defer f.Close()
	b.w.begin(j.opt.Identity, Totals{}, Bounds{}, Account{}, nil)
	if err := b.lines(bufio.NewReaderSize(io.NewSectionReader(f, 0, 1<<62), 1<<20)); err != nil {
		return err
	}
	if err := b.syncRejected(j.opt.NoSync); err != nil {
		return err
	}
	if err := b.w.finish(j.opt.NoSync); err != nil {
		return err
	}
	return j.syncDir(j.place.dir)
}

func (b *rebuilder) lines(r *bufio.Reader) error {
	var row []byte
	var off int64
	for line := int64(1); ; line++ {
		var err error
		row, err = readLine(r, row[:0])
		if len(row) > 0 {
			if err := b.line(row, line, off); err != nil {
				return err
			}
			off += int64(len(row))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return &Error{Code: CodeIO, Path: b.w.place.output, Line: line, Offset: off, Text: "cannot read the row", Err: cause(err)}
		}
		if err := b.w.ctx.Err(); err != nil {
			return context.Cause(b.w.ctx)
		}
	}
}

// readLine appends the next line, with its newline, to dst.
func readLine(r *bufio.Reader, dst []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		dst = append(dst, part...)
		if err != bufio.ErrBufferFull {
			return dst, err
		}
	}
}

// line takes one line: a row, a torn end, or one to be rejected.
func (b *rebuilder) line(row []byte, line, off int64) error {
	torn := row[len(row)-1] != '\n'
	whole := row
	if torn {
		whole = append(slices.Clone(row), '\n')
	}
	e, err := b.parse(whole)
	switch {
	case err == nil && (e.Index < 0 || e.Status >= statuses):
		err = usage("item %d with status %d", e.Index, e.Status)
	case err == nil && !b.items.setDone(e.Index, 0):
		err = usage("a second row for item %d", e.Index)
	}
	switch {
	case err == nil:
		b.found.Rows++
		return b.w.put(e, whole)
	case torn:
		b.found.BytesCut = int64(len(row))
		return nil
	case b.setAside:
		return b.reject(row)
	}
	return &Error{Code: CodeCorrupt, Path: b.w.place.output, Line: line, Offset: off,
		Text: "the row cannot be read; set it aside, or mend it", Err: err}
}

// reject adds a row to the file of rejected ones, behind those of earlier times.
func (b *rebuilder) reject(row []byte) error {
	if b.rejected == nil {
		name := b.w.place.rejected
		f, err := b.fs.OpenFile(name, openNew, 0o644)
		if err != nil {
			return &Error{Code: CodeIO, Path: name, Text: "cannot set a row aside", Err: cause(err)}
		}
		b.rejected = &output{name: name, f: f}
		if b.rejected.off, err = size(f); err != nil {
			return &Error{Code: CodeIO, Path: name, Text: "cannot set a row aside", Err: cause(err)}
		}
		b.found.RejectedFile = name
	}
	b.found.Rejected++
	b.rejected.buf = append(b.rejected.buf, row...)
	return b.rejected.flush(bufferSize)
}

func (b *rebuilder) syncRejected(noSync bool) error {
	if b.rejected == nil {
		return nil
	}
	if err := b.rejected.flush(0); err != nil || noSync {
		return err
	}
	if err := b.rejected.f.Sync(); err != nil {
		return &Error{Code: CodeIO, Path: b.rejected.name, Text: "cannot make the rejected rows durable", Err: cause(err)}
	}
	return nil
}

func (b *rebuilder) closeRejected() {
	if b.rejected != nil {
		b.rejected.f.Close()
	}
}

// replaceJournal puts a journal in place that says nothing but that the new
// files count, and completes what it says.
func (j *Journal) replaceJournal(w *writer) error {
	stub := j.place.stub
	if err := j.writeWhole(stub, switchRecord(header(), w.rows().off, w.records().off)); err != nil {
		return err
	}
	if exists(j.place.journal) {
		if err := j.rename(j.place.journal, j.place.damaged); err != nil {
			return err
		}
	}
	if err := j.rename(stub, j.place.journal); err != nil {
		return err
	}
	if err := j.syncDir(j.place.dir); err != nil {
		return err
	}
	return j.load()
}
