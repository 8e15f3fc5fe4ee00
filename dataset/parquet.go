package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/parquet-go/parquet-go"

	paceline "github.com/seed-1814a72b/paceline"
)

// parquetRows is how many rows are taken from a row group at a time.
const parquetRows = 64

// parquetReader reads Parquet: each row is an object of the columns in the
// schema's order. It reads page by page: in memory are one page and one
// dictionary of each column, whatever the file's size.
//
// Nothing of the file is trusted. The footer is checked as a whole when the
// file is opened, the headers of a row group's pages before its first row is
// read, and a panic of the library is an error like any other.
type parquetReader struct {
	name   string
	max    int // the longest row, as JSON
	file   *parquet.File
	raw    io.ReaderAt
	leaves []leaf
	group  int          // the row group that is read, from 0
	rows   parquet.Rows // of that group; nil: it is still to be opened
	left   int64        // rows of that group that are still to come
	batch  []parquet.Row
	at     int // of the batch, the next row
	held   int // of the batch, the rows that are valid
	line   int64
	row    rowWriter
	buf    []byte
}

// newParquetReader opens a file of the given size and checks its footer.
func newParquetReader(r io.ReaderAt, size int64, name string, maxRow int) (*parquetReader, error) {
	meta, err := readFooter(r, size)
	if err != nil {
		return nil, err
	}
	if err := checkFooter(meta, size); err != nil {
		return nil, err
	}
	root, leaves, err := parquetSchema(meta.Schema)
	if err != nil {
		return nil, err
	}
	p := &parquetReader{name: name, max: maxRow, raw: r, leaves: leaves, batch: make([]parquet.Row, parquetRows)}
	if p.max <= 0 {
		p.max = DefaultMaxLine
	}
	p.row = rowWriter{root: root, left: make([][]parquet.Value, root.to), max: p.max}
	err = guarded(func() (err error) {
		p.file, err = parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		return err
	})
	if err != nil {
		return nil, damagedFooter(err)
	}
	return p, nil
}

func (p *parquetReader) read(it *paceline.Item, keep bool) error {
	if p.at == p.held {
		if err := p.fill(); err != nil {
			return err
		}
	}
	p.line++
	it.Line = p.line
	p.at++
	raw, err := p.row.append(p.buf[:0], p.batch[p.at-1])
	if problem, ok := errors.AsType[*rowProblem](err); ok {
		it.Err = lineError(p.name, line{text: raw, no: p.line}, problem)
		return nil
	}
	if err != nil {
		return p.damaged(err)
	}
	p.buf = raw[:0]
	if problem := parseItem(it, raw, keep); problem != nil {
		it.Raw, it.Err = nil, problem
	}
	if it.Err != nil {
		it.Err = lineError(p.name, line{text: raw, no: p.line}, it.Err)
	}
	return nil
}

// fill reads the next rows into the batch, io.EOF after the last row group.
func (p *parquetReader) fill() error {
	for p.rows == nil || p.left == 0 {
		if err := p.nextGroup(); err != nil {
			return err
		}
	}
	want := min(p.left, parquetRows)
	err := guarded(func() (err error) {
		p.at, p.held = 0, 0
		p.held, err = p.rows.ReadRows(p.batch[:want])
		return err
	})
	switch {
	case p.held == 0 && (err == nil || err == io.EOF):
		return p.damaged(fmt.Errorf("%d rows are missing", p.left))
	case err != nil && err != io.EOF:
		return p.damaged(err)
	}
	p.left -= int64(p.held)
	return nil
}

// nextGroup opens the first row group, or the one after the present.
func (p *parquetReader) nextGroup() error {
	if p.rows != nil {
		p.closeGroup()
		p.group++
	}
	groups := p.file.RowGroups()
	if p.group >= len(groups) {
		return io.EOF
	}
	p.left = groups[p.group].NumRows()
	if err := checkPages(p.raw, p.file.Metadata(), p.group, p.leaves); err != nil {
		return p.damaged(err)
	}
	err := guarded(func() error {
		p.rows = groups[p.group].Rows()
		return nil
	})
	if err != nil {
		return p.damaged(err)
	}
	return nil
}

func (p *parquetReader) closeGroup() {
	if p.rows != nil {
		guarded(p.rows.Close) // only memory is freed: the file is not the library's
		p.rows = nil
	}
}

// damaged says that a row group cannot be read, and which of the file's rows
// are in it.
func (p *parquetReader) damaged(err error) error {
	groups := p.file.RowGroups()
	from := int64(1)
	for _, g := range groups[:p.group] {
		from += g.NumRows()
	}
	return fmt.Errorf("row group %d of %d (rows %d to %d) is damaged: %w; write the file anew",
		p.group+1, len(groups), from, from+groups[p.group].NumRows()-1, oneLineError(err))
}

// guarded calls f and turns a panic, also one by a fault of memory, into an
// error: the library takes a file's word for much.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return f()
}

// oneLineError returns err, its text in one line and at most 300 bytes.
func oneLineError(err error) error {
	text := strings.ToValidUTF8(strings.Join(strings.Fields(err.Error()), " "), "\uFFFD")
	return errors.New(string(clip([]byte(text), 300)))
}

var parquetMagic, encryptedMagic = []byte("PAR1"), []byte("PARE")

// isParquet tells whether the file is Parquet, or is said to be. Another format
// that is said of one that is Parquet does not count.
func (f *file) isParquet(r io.ReaderAt, format Format) bool {
	head := make([]byte, len(parquetMagic))
	n, _ := r.ReadAt(head, 0)
	switch {
	case format == FormatParquet, isParquetHead(head[:n]):
		return true
	case format != FormatAuto:
		return false
	}
	return formatsByExt[strings.ToLower(filepath.Ext(f.path))] == FormatParquet
}

func isParquetHead(head []byte) bool {
	return bytes.HasPrefix(head, parquetMagic) || bytes.HasPrefix(head, encryptedMagic)
}

// openParquet takes over a regular file, and closes it if it cannot be read.
func (f *file) openParquet(r *os.File, o Options) (*openFile, error) {
	var p *parquetReader
	info, err := r.Stat()
	if err == nil && o.Format != FormatAuto && o.Format != FormatParquet {
		err = fmt.Errorf("is Parquet and no %v: read it as parquet", o.Format)
	}
	if err == nil {
		p, err = newParquetReader(r, info.Size(), f.path, o.MaxLine)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return &openFile{items: p, close: func() { p.closeGroup(); r.Close() }}, nil
}
