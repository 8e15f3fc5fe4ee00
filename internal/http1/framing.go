package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// How the end of a body is told (RFC 9112, section 6.3).
type framing struct {
	kind frames
	left int64 // of the body, or of the chunk that is being read
	open bool  // a chunk has been read, whose CR and LF have not

	trailing bool // the last chunk has been read
	trailers int  // bytes of the fields behind it
}

type frames uint8

const (
	fixed    frames = iota // after so many bytes
	chunked                // after a chunk of none
	untilEnd               // by the end of the connection
)

var (
	errEnd    = errors.New("http1: the connection ended")
	errBareLF = fmt.Errorf("%w: a line of its framing ends without CR", ErrMalformed)
	errFull   = fmt.Errorf("%w: a line is too long", ErrMalformed)
)

// read reads some of the body. io.EOF says that it is complete, errEnd that the
// connection ended before it was; with io.EOF there may be bytes.
func (f *framing) read(cn *conn, p []byte) (int, error) {
	switch f.kind {
	case chunked:
		return f.readChunk(cn, p)
	case untilEnd:
		return cn.read(p)
	}
	if f.left == 0 {
		return 0, io.EOF
	}
	n, err := cn.read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	switch {
	case err == io.EOF:
		return n, errEnd
	case err == nil && f.left == 0:
		return n, io.EOF
	}
	return n, err
}

// over reports whether nothing more is to come, as far as is known.
func (f *framing) over() bool { return f.kind == fixed && f.left == 0 }

// skipEnd takes the end of a chunk that was read, if that is all that has come.
func (f *framing) skipEnd(cn *conn) {
	if f.open && f.left == 0 && string(cn.buffered()) == "\r\n" {
		cn.take(len("\r\n"))
		f.open = false
	}
}

// readChunk reads from as many chunks as are buffered, one at least.
func (f *framing) readChunk(cn *conn, p []byte) (n int, err error) {
	for n < len(p) {
		if f.left == 0 {
			if n > 0 && !f.nextIsBuffered(cn) {
				return n, nil
			}
			if err := f.nextChunk(cn); err != nil {
				return n, err
			}
		}
		m, err := cn.read(p[n:min(int64(len(p)), int64(n)+f.left)])
		n += m
		f.left -= int64(m)
		switch {
		case err == io.EOF:
			return n, errEnd
		case err != nil:
			return n, err
		case len(cn.buffered()) == 0:
			return n, nil
		}
	}
	return n, nil
}

// nextIsBuffered reports whether what is before the next chunk's data has come
// whole, so that reading it will not wait. It looks no further than that.
func (f *framing) nextIsBuffered(cn *conn) bool {
	b := cn.buffered()
	if f.open {
		b = afterLine(b)
	}
	return afterLine(b) != nil
}

// afterLine returns what follows the first line, nil if it has no end.
func afterLine(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[i+1:]
	}
	return nil
}

// maxChunkLine caps the line before a chunk, its extensions included.
const maxChunkLine = 4 << 10

// nextChunk reads what is before a chunk's data. At the last chunk it reads what
// is behind it, and returns io.EOF. Where that has not come whole it may be called
// again.
func (f *framing) nextChunk(cn *conn) error {
	if f.trailing {
		return f.skipTrailers(cn)
	}
	if f.open {
		line, err := cn.line(maxChunkLine)
		if err != nil {
			return err
		}
		if f.open = false; len(line) > 0 {
			return fmt.Errorf("%w: no line's end behind a chunk", ErrMalformed)
		}
	}
	line, err := cn.line(maxChunkLine)
	if err != nil {
		return err
	}
	if f.left, err = chunkSize(line); err != nil {
		return err
	}
	if f.left == 0 {
		f.trailing = true
		return f.skipTrailers(cn)
	}
	f.open = true
	return nil
}

// skipTrailers reads the fields behind the last chunk. Nobody has asked for them.
func (f *framing) skipTrailers(cn *conn) error {
	for f.trailers <= cn.client.maxHeader() {
		line, err := cn.line(maxChunkLine)
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return io.EOF
		}
		if _, _, err := splitField(string(line)); err != nil {
			return err
		}
		f.trailers += len(line) + len("\r\n")
	}
	return ErrHeaderTooLarge
}

// chunkSize reads the line before a chunk. Extensions are left out.
func chunkSize(line []byte) (int64, error) {
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	for len(line) > 0 && (line[len(line)-1] == ' ' || line[len(line)-1] == '\t') {
		line = line[:len(line)-1]
	}
	if len(line) == 0 || len(line) > 15 {
		return 0, fmt.Errorf("%w: the size of a chunk", ErrMalformed)
	}
	n := int64(0)
	for _, c := range line {
		d := hexDigit(c)
		if d < 0 {
			return 0, fmt.Errorf("%w: the size of a chunk", ErrMalformed)
		}
		n = n<<4 | int64(d)
	}
	return n, nil
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// line reads a line of a body's framing and returns it without its end, which is CR
// and LF: whoever takes less can be made to see an end where others see none. It is
// valid until the next read.
func (cn *conn) line(most int) ([]byte, error) {
	searched := 0
	for {
		b := cn.buffered()
		if i := bytes.IndexByte(b[searched:], '\n'); i >= 0 {
			end := searched + i
			cn.pos += end + 1 // the buffer stays until the next read
			if end == 0 || b[end-1] != '\r' {
				return nil, errBareLF
			}
			return b[:end-1], nil
		}
		if searched = len(b); searched >= most {
			return nil, errFull
		}
		if err := cn.fill(); err != nil {
			if err == io.EOF {
				err = errEnd
			}
			return nil, err
		}
	}
}
