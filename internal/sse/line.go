package sse

import (
	"bytes"
	"io"
	"sync"
)

var bom = []byte("\xef\xbb\xbf")

// line returns the next line without its end; it reports false when the reader
// has ended, in d.err. What stands after the last line end counts as a line if
// the end was a clean one.
func (d *Decoder) line() ([]byte, bool, error) {
	for {
		if d.skipLF && d.pos < d.end {
			if d.buf[d.pos] == '\n' {
				d.pos++
			}
			d.skipLF = false
		}
		if i := d.lineEnd(); i >= 0 {
			line := d.buf[d.pos:i]
			d.skipLF = d.buf[i] == '\r'
			d.pos = i + 1
			return d.checked(line)
		}
		if d.end-d.pos > d.maxLine+len(bom) {
			return d.tooLong()
		}
		if d.dry {
			return nil, false, nil
		}
		if d.err == nil {
			d.fill()
			continue
		}
		if d.err == io.EOF && d.pos < d.end {
			line := d.buf[d.pos:d.end]
			d.pos = d.end
			return d.checked(line)
		}
		return nil, false, nil
	}
}

// checked strips the BOM of the first line and holds a line to the cap.
func (d *Decoder) checked(line []byte) ([]byte, bool, error) {
	if !d.started {
		d.started = true
		line = bytes.TrimPrefix(line, bom)
	}
	if len(line) > d.maxLine {
		return d.tooLong()
	}
	return line, true, nil
}

func (d *Decoder) tooLong() ([]byte, bool, error) {
	d.fail(ErrTooLong)
	return nil, false, ErrTooLong
}

// fail ends the stream with err and forgets what was read of it.
func (d *Decoder) fail(err error) {
	d.err, d.hasData = err, false
	d.pos, d.end, d.lf, d.lfSeen, d.crSeen = 0, 0, -1, 0, 0
}

// lineEnd returns the position of the next CR or LF, or -1. No byte is searched
// twice for the same thing, however the line was split by the network.
func (d *Decoder) lineEnd() int {
	if d.lf < d.pos {
		d.lf = -1
		from := max(d.pos, d.lfSeen)
		d.lfSeen = d.end
		if i := bytes.IndexByte(d.buf[from:d.end], '\n'); i >= 0 {
			d.lf = from + i
			d.lfSeen = d.lf + 1
		}
	}
	stop := d.lf
	if stop < 0 {
		stop = d.end
	}
	from := max(d.pos, d.crSeen)
	if from < stop {
		if i := bytes.IndexByte(d.buf[from:stop], '\r'); i >= 0 {
			d.crSeen = from + i
			return from + i
		}
		d.crSeen = stop
	}
	return d.lf
}

// fill reads once, after making room. It holds no buffer of the usual size while
// the source waits, or has nothing.
func (d *Decoder) fill() {
	if d.polls {
		if d.read(); d.dry && d.pos == d.end {
			d.release()
		}
		return
	}
	if d.waiter != nil && d.pos == d.end {
		d.release()
		d.waiter.Wait()
	}
	for range maxEmptyRead {
		if d.read(); !d.dry {
			return
		}
		d.dry = false
	}
	d.err = io.ErrNoProgress
}

// read reads once.
func (d *Decoder) read() {
	d.room()
	n, err := d.src.Read(d.buf[d.end:])
	if n < 0 || n > len(d.buf)-d.end {
		panic("sse: reader returned an impossible count")
	}
	d.end += n
	d.err = err
	d.dry = n == 0 && err == nil
}

// buffers are those of decoders that do not wait.
var buffers = sync.Pool{New: func() any { return new([firstBuffer]byte) }}

// release gives the buffer back, all of which is consumed.
func (d *Decoder) release() {
	d.rebase()
	if len(d.buf) == firstBuffer {
		buffers.Put((*[firstBuffer]byte)(d.buf))
		d.buf = nil
	}
}

// room moves what is unread to the front and grows the buffer when a line has
// filled it; a buffer that a huge line has left behind is dropped.
func (d *Decoder) room() {
	if d.pos == d.end {
		d.shift()
		if len(d.buf) == 0 || len(d.buf) > keepBuffer {
			d.buf = buffers.Get().(*[firstBuffer]byte)[:]
		}
		return
	}
	if d.end < len(d.buf) {
		return
	}
	if d.pos >= len(d.buf)/2 {
		d.shift()
		return
	}
	grown := make([]byte, min(2*len(d.buf), d.maxLine+firstBuffer))
	if len(grown) <= len(d.buf) {
		grown = make([]byte, len(d.buf)+firstBuffer)
	}
	old := d.buf[d.pos:d.end]
	d.rebase()
	copy(grown, old)
	d.buf = grown
}

func (d *Decoder) shift() {
	old := d.buf[d.pos:d.end]
	d.rebase()
	copy(d.buf, old)
}

// rebase moves every position so that pos becomes 0.
func (d *Decoder) rebase() {
	d.end -= d.pos
	d.lfSeen = max(0, d.lfSeen-d.pos)
	d.crSeen = max(0, d.crSeen-d.pos)
	d.lf = max(-1, d.lf-d.pos)
	d.pos = 0
}
