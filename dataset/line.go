package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unicode/utf8"
)

// DefaultMaxLine is the longest line or record that is read, unless
// [Options.MaxLine] says otherwise: 64 MiB.
const DefaultMaxLine = 64 << 20

// readSize is how much is read at a time.
const readSize = 128 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	bom     = []byte("\xef\xbb\xbf")
	newline = []byte("\n")
)

// sumOf returns the CRC-32C of a line without its newline.
func sumOf(text []byte) uint32 {
	return crc32.Checksum(bytes.TrimSuffix(text, newline), castagnoli)
}

// A line is one line of a file, with its terminator.
type line struct {
	text []byte // valid until the next line is read
	no   int64  // from 1
	long bool   // beyond the cap: text is its beginning only
	sum  uint32 // CRC-32C of the whole; 0: not computed yet
}

// lineReader cuts a stream into lines of at most max bytes and numbers them. A
// byte order mark at the start is dropped.
type lineReader struct {
	r        io.Reader
	max      int
	buf      []byte
	from, to int // the unread part of buf
	no       int64
	err      error // of r, once it has come
}

func newLineReader(r io.Reader, maxLine int) *lineReader {
	if maxLine <= 0 {
		maxLine = DefaultMaxLine
	}
	return &lineReader{r: r, max: maxLine, buf: make([]byte, min(readSize, maxLine+2))}
}

// next returns the next line, io.EOF after the last, or the reader's error; a
// line that an error cut off is not returned.
func (l *lineReader) next() (line, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(l.buf[l.from+seen:l.to], '\n'); i >= 0 {
			return l.take(seen + i + 1), nil
		}
		seen = l.to - l.from
		switch {
		case l.err == io.EOF && seen > 0:
			return l.take(seen), nil
		case l.err != nil:
			return line{}, l.err
		case seen > l.max+1: // the terminator, at most \r\n, does not count
			return l.skip()
		}
		l.fill()
	}
}

// take returns the first n unread bytes as a line.
func (l *lineReader) take(n int) line {
	text := l.buf[l.from : l.from+n]
	l.from += n
	l.no++
	if l.no == 1 {
		text = bytes.TrimPrefix(text, bom)
	}
	if len(trimEnd(text)) > l.max {
		return line{text: text[:min(len(text), maxSnippet+utf8.UTFMax)], no: l.no, long: true, sum: sumOf(text)}
	}
	return line{text: text, no: l.no}
}

// skip passes over a line that is longer than the cap.
func (l *lineReader) skip() (line, error) {
	l.no++
	got := line{text: bytes.Clone(l.buf[l.from:min(l.to, l.from+maxSnippet+utf8.UTFMax)]), no: l.no, long: true}
	for {
		part, _, ended := bytes.Cut(l.buf[l.from:l.to], newline)
		got.sum = crc32.Update(got.sum, castagnoli, part)
		l.from += len(part)
		if ended {
			l.from++
		}
		if ended || l.err == io.EOF {
			return got, nil
		}
		if l.err != nil {
			return line{}, l.err
		}
		l.fill()
	}
}

// fill reads more behind what is unread, in a buffer that grows with a long
// line and shrinks after it.
func (l *lineReader) fill() {
	unread := l.buf[l.from:l.to]
	switch {
	case len(unread) == len(l.buf):
		l.buf = make([]byte, min(2*len(l.buf), l.max+readSize))
	case len(l.buf) > 8*readSize && len(unread) < readSize/2:
		l.buf = make([]byte, readSize)
	}
	l.to = copy(l.buf, unread)
	l.from = 0
	l.read()
}

// read reads once, as io.Reader has it, and gives up on one that makes no
// progress.
func (l *lineReader) read() {
	for range 100 {
		n, err := l.r.Read(l.buf[l.to:])
		l.to += n
		l.err = err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}

// problem is the error of a line beyond the cap.
func (l *lineReader) problem() error {
	return fmt.Errorf("the line is longer than %d bytes", l.max)
}

var errUnclosed = errors.New(`a quoted field that begins in this record is never closed with "`)

// trimEnd cuts off the terminator: \n or \r\n.
func trimEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, newline), []byte("\r"))
}

// lineError makes the error of the line or record that begins at l.
func lineError(file string, l line, problem error) *LineError {
	e := &LineError{File: file, Line: l.no, Err: problem, sum: l.sum}
	if l.sum == 0 {
		e.sum = sumOf(l.text)
	}
	text := trimEnd(l.text)
	e.Text = bytes.Clone(clip(text, maxSnippet))
	return e
}

// clip returns the first n bytes of text, or some fewer so that no character
// is cut.
func clip(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return text[:i]
		}
	}
	return text[:n]
}
