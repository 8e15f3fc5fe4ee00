package dataset

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// csvReader reads comma- or tab-separated values by RFC 4180: a header row,
// then records whose fields become the strings of an object in the order of
// the columns. Quoted fields may hold delimiters, doubled quotes and newlines,
// which stay as they are. Blank lines are skipped.
type csvReader struct {
	lines  *lineReader
	file   string
	parse  csvParser
	names  [][]byte // the columns' names, quoted, with a colon
	id     int      // the column that holds the item's id, or -1
	buf    []byte
	record line // where the record began
}

func newCSVReader(lines *lineReader, file string, comma byte) *csvReader {
	return &csvReader{lines: lines, file: file, parse: csvParser{comma: []byte{comma}}}
}

func (r *csvReader) read(it *paceline.Item, keep bool) error {
	if r.names == nil {
		if err := r.header(); err != nil {
			return err
		}
	}
	problem, err := r.next()
	if err != nil {
		return err
	}
	it.Line = r.record.no
	if n := len(r.parse.ends); problem == nil && n != len(r.names) {
		problem = fmt.Errorf("the record has %s, the header has %d", plural(n, "field"), len(r.names))
	}
	if problem != nil {
		it.Err = lineError(r.file, r.record, problem)
		return nil
	}
	r.buf = r.appendObject(r.buf[:0])
	it.Raw = r.buf
	if keep {
		it.Raw = bytes.Clone(r.buf)
	}
	if r.id >= 0 {
		it.ID = string(r.parse.field(r.id))
	}
	return nil
}

// next parses the next record. The problem concerns this record alone, the
// error ends the file. A record beyond the cap is read to its end but not kept.
func (r *csvReader) next() (problem, err error) {
	first, err := r.first()
	if err != nil {
		return nil, err
	}
	r.parse.reset()
	r.record = line{text: append(r.record.text[:0], clip(first.text, maxSnippet)...), no: first.no}
	size := 0
	for l := first; ; {
		r.record.sum = crc32.Update(r.record.sum, castagnoli, l.text)
		if size += len(l.text); size > r.lines.max+len("\r\n") {
			problem = r.tooLong()
			r.parse.data = r.parse.data[:0]
		}
		if l.long {
			return r.tooLong(), nil
		}
		open, bad := r.parse.line(l.text)
		if bad != nil || !open {
			return cmp.Or(problem, bad), nil
		}
		if l, err = r.lines.next(); err == io.EOF {
			return errUnclosed, nil
		} else if err != nil {
			return nil, err
		}
	}
}

// first returns the first line that is not blank.
func (r *csvReader) first() (line, error) {
	for {
		l, err := r.lines.next()
		if err != nil || len(trimEnd(l.text)) > 0 {
			return l, err
		}
	}
}

func (r *csvReader) tooLong() error {
	return fmt.Errorf("the record is longer than %d bytes", r.lines.max)
}

// header reads the names of the columns.
func (r *csvReader) header() error {
	problem, err := r.next()
	if err != nil {
		return err
	}
	if problem != nil {
		return &FileError{Path: r.file, Err: fmt.Errorf("line %d, the header: %w", r.record.no, problem)}
	}
	r.id = -1
	seen := map[string]bool{}
	for i := range r.parse.ends {
		name := string(r.parse.field(i))
		if name == "" {
			name = "column_" + strconv.Itoa(i+1)
		}
		if seen[name] {
			return fileError(r.file, fmt.Sprintf("the header names two columns %q: rename one", name))
		}
		seen[name] = true
		if name == "custom_id" || name == "id" && r.id < 0 {
			r.id = i
		}
		r.names = append(r.names, append(jsontext.Append(nil, name), ':'))
	}
	return nil
}

func (r *csvReader) appendObject(dst []byte) []byte {
	for i, name := range r.names {
		dst = append(dst, "{,"[min(i, 1)])
		dst = append(dst, name...)
		dst = jsontext.Append(dst, r.parse.field(i))
	}
	return append(dst, '}')
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// csvParser takes a record apart, line by line.
type csvParser struct {
	comma  []byte
	data   []byte // the fields, decoded, one after the other
	ends   []int  // where each field ends in data
	quoted bool   // in a quoted field
}

func (p *csvParser) reset() {
	p.data, p.ends, p.quoted = p.data[:0], p.ends[:0], false
}

func (p *csvParser) field(i int) []byte {
	from := 0
	if i > 0 {
		from = p.ends[i-1]
	}
	return p.data[from:p.ends[i]]
}

func (p *csvParser) end() { p.ends = append(p.ends, len(p.data)) }

var (
	errBareQuote = errors.New(`a field holds a " but does not begin with one: quote the field and double its quotes`)
	errQuote     = errors.New(`text follows the closing " of a field: double the quotes inside it`)
)

// line parses one line with its terminator. Open: a quoted field goes on in
// the next line.
func (p *csvParser) line(b []byte) (open bool, problem error) {
	for {
		if !p.quoted && len(b) > 0 && b[0] == '"' {
			p.quoted = true
			b = b[1:]
		}
		more := false
		if p.quoted {
			b, more, problem = p.quotedPart(b)
		} else {
			b, more, problem = p.plainField(b)
		}
		if !more || problem != nil {
			return p.quoted, problem
		}
	}
}

// plainField takes a field without quotes. More: another field follows.
func (p *csvParser) plainField(b []byte) (rest []byte, more bool, problem error) {
	field, rest, more := bytes.Cut(b, p.comma)
	if !more {
		field = trimEnd(field)
	}
	if bytes.IndexByte(field, '"') >= 0 {
		return nil, false, errBareQuote
	}
	p.data = append(p.data, field...)
	p.end()
	return rest, more, nil
}

// quotedPart takes the text of a quoted field up to the next quote. More:
// something follows on this line.
func (p *csvParser) quotedPart(b []byte) (rest []byte, more bool, problem error) {
	i := bytes.IndexByte(b, '"')
	if i < 0 {
		p.data = append(p.data, b...)
		return nil, false, nil
	}
	p.data = append(p.data, b[:i]...)
	b = b[i+1:]
	if len(b) > 0 && b[0] == '"' {
		p.data = append(p.data, '"')
		return b[1:], true, nil
	}
	p.quoted = false
	p.end()
	switch {
	case bytes.HasPrefix(b, p.comma):
		return b[1:], true, nil
	case len(trimEnd(b)) == 0:
		return nil, false, nil
	}
	return nil, false, errQuote
}
