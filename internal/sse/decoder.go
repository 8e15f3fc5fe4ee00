// Package sse decodes event streams (text/event-stream) as the WHATWG
// specification has them: incrementally, within a bound, and without
// decoding, copying or allocating for the usual event.
//
// The specification is https://html.spec.whatwg.org/multipage/server-sent-events.html.
package sse

import (
	"bytes"
	"errors"
	"io"
)

const (
	// DefaultMaxLine is the cap on a line when none is given: 32 MiB.
	DefaultMaxLine = 32 << 20

	firstBuffer  = 4 << 10
	keepBuffer   = 64 << 10 // a larger buffer is dropped as soon as it is drained
	maxEmptyRead = 100      // reads of nothing in a row before io.ErrNoProgress
)

// ErrTooLong is returned for a line, or for the joined data lines of one
// event, above the cap.
var ErrTooLong = errors.New("sse: line too long")

// An Event is one event or one comment. Its slices are valid until the next
// call of [Decoder.Next] or [Decoder.Reset].
type Event struct {
	Name    []byte // the value of the event field; empty means "message"
	Data    []byte // the data lines joined by line feeds; a comment's text
	Comment bool   // a comment line, which servers send to keep the connection alive

	// Unterminated marks a last event that the end of the body cut short of
	// its blank line. The specification discards such an event, yet several
	// servers leave the last blank line out: the caller decides, by looking
	// at whether the data are whole.
	Unterminated bool
}

// A Waiter is a source of which many wait at the same time. Wait returns when Read
// would not wait, or no longer, and needs no buffer to read into until then.
type Waiter interface{ Wait() }

// A Decoder reads events from an [io.Reader]. It is not safe for concurrent
// use. The zero value is ready for [Decoder.Reset].
type Decoder struct {
	src     io.Reader
	waiter  Waiter // the same, nil: it is none
	maxLine int
	polls   bool  // Poll is under way
	dry     bool  // it found nothing to read
	err     error // what the reader said last, delivered once the buffer is used up

	buf        []byte // buf[pos:end] is read but not yet consumed
	pos, end   int
	lf, lfSeen int  // position of the next line feed, and how far was searched for it
	crSeen     int  // how far was searched for a carriage return
	skipLF     bool // the last line ended in CR: a LF that follows belongs to it
	started    bool // the first line, which may begin with a BOM, is past

	name    []byte // of the event in the making, if named
	named   bool
	data    []byte // its data lines so far
	hasData bool
	lastID  []byte
	retry   []byte
}

// NewDecoder returns a decoder that reads from r. No line may have more than
// maxLine bytes; 0 means [DefaultMaxLine].
func NewDecoder(r io.Reader, maxLine int) *Decoder {
	d := new(Decoder)
	d.Reset(r, maxLine)
	return d
}

// Reset makes the decoder read a new stream from r, keeping its buffer.
func (d *Decoder) Reset(r io.Reader, maxLine int) {
	if maxLine <= 0 {
		maxLine = DefaultMaxLine
	}
	buf := d.buf
	if cap(buf) > keepBuffer {
		buf = nil
	}
	data := d.data
	if cap(data) > keepBuffer {
		data = nil
	}
	*d = Decoder{src: r, maxLine: maxLine, buf: buf, lf: -1,
		name: d.name, data: data[:0], lastID: d.lastID[:0], retry: d.retry[:0]}
	d.waiter, _ = r.(Waiter)
}

// LastID returns the last event id that the stream has set, "" if none.
func (d *Decoder) LastID() string { return string(d.lastID) }

// Retry returns the digits of the last valid retry field (milliseconds), "" if
// none came.
func (d *Decoder) Retry() string { return string(d.retry) }

// Next returns the next event or comment. At the clean end of the body it
// returns [io.EOF], after an unterminated last event if there is one; any other
// error is the reader's own, [ErrTooLong] or [io.ErrNoProgress]. An error is
// returned again by every later call.
func (d *Decoder) Next() (Event, error) {
	if cap(d.data) > keepBuffer && !d.hasData {
		d.data = nil
	}
	if ev, ok := d.usual(); ok {
		return ev, nil
	}
	for {
		line, ok, err := d.line()
		if err != nil {
			return Event{}, err
		}
		if d.dry {
			return Event{}, nil
		}
		if !ok {
			return d.last()
		}
		if ev, ready := d.take(line); ready {
			return ev, nil
		}
	}
}

// usual returns the next event if it is one line of data, ended by line feeds, all of
// which is in the buffer: what models send. Every other one is left as it is.
func (d *Decoder) usual() (Event, bool) {
	const field = "data: "
	b := d.buf[d.pos:d.end]
	if d.hasData || d.named || d.skipLF || !d.started || d.lfSeen > d.pos || !bytes.HasPrefix(b, []byte(field)) {
		return Event{}, false
	}
	end := bytes.IndexByte(b, '\n')
	if end < 0 || end > d.maxLine || end+1 >= len(b) || b[end+1] != '\n' || bytes.IndexByte(b[:end], '\r') >= 0 {
		return Event{}, false
	}
	d.pos += end + len("\n\n")
	return Event{Data: b[len(field):end]}, true
}

// Poll is [Decoder.Next] for a source whose Read returns 0 and no error where that of
// others waits: where no event has come whole, it reports false without an error,
// and holds no buffer of the usual size unless it has the beginning of a line.
func (d *Decoder) Poll() (ev Event, ok bool, err error) {
	d.polls, d.dry = true, false
	ev, err = d.Next()
	ok = err == nil && !d.dry
	d.polls, d.dry = false, false
	return ev, ok, err
}

// Fill reads from a source as Poll wants it until that gives nothing, or the buffer is
// full, and looks at nothing of it. Poll would read it, too, but with more on the stack.
func (d *Decoder) Fill() {
	for d.err == nil {
		d.read()
		if d.dry || d.end == len(d.buf) {
			break
		}
	}
	d.dry = false
}

// Held returns how many bytes are held of what has not been handed out yet.
func (d *Decoder) Held() int {
	n := d.end - d.pos
	if d.hasData {
		n += len(d.data)
	}
	return n
}

// last yields what the body's end left behind: an unterminated event, once,
// and from then on the end itself.
func (d *Decoder) last() (Event, error) {
	if d.err != io.EOF || !d.hasData {
		return Event{}, d.err
	}
	d.hasData = false
	return Event{Name: d.takeName(), Data: d.data, Unterminated: true}, nil
}

// takeName returns the name of the event that ends here.
func (d *Decoder) takeName() []byte {
	if !d.named {
		return nil
	}
	d.named = false
	return d.name
}

// take processes one line and reports the event that it completes.
func (d *Decoder) take(line []byte) (Event, bool) {
	if len(line) == 0 {
		return d.dispatch()
	}
	field, value, colon := bytes.Cut(line, []byte{':'})
	if colon && len(field) == 0 {
		return Event{Data: trimSpace(value), Comment: true}, true
	}
	value = trimSpace(value)
	switch string(field) {
	case "data":
		return d.addData(value)
	case "event":
		d.name, d.named = append(d.name[:0], value...), true
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			d.lastID = append(d.lastID[:0], value...)
		}
	case "retry":
		if allDigits(value) {
			d.retry = append(d.retry[:0], value...)
		}
	}
	return Event{}, false
}

// addData adds a data line. When it is the only one and its blank line has
// arrived too, the event is handed out where it lies in the buffer.
func (d *Decoder) addData(value []byte) (Event, bool) {
	if !d.hasData && d.blankFollows() {
		return Event{Name: d.takeName(), Data: value}, true
	}
	if d.hasData {
		d.data = append(d.data, '\n')
	} else {
		d.data = d.data[:0]
	}
	d.hasData = true
	if len(d.data)+len(value) > d.maxLine {
		d.fail(ErrTooLong)
		return Event{}, false
	}
	d.data = append(d.data, value...)
	return Event{}, false
}

// dispatch ends the event in the making; one without data is dropped.
func (d *Decoder) dispatch() (Event, bool) {
	name := d.takeName()
	if !d.hasData {
		return Event{}, false
	}
	d.hasData = false
	return Event{Name: name, Data: d.data}, true
}

// blankFollows consumes the blank line that ends an event, if it is already in
// the buffer as the usual single byte (or as CRLF).
func (d *Decoder) blankFollows() bool {
	p := d.pos
	if d.skipLF && p < d.end && d.buf[p] == '\n' {
		p++
	}
	switch {
	case p < d.end && d.buf[p] == '\n':
		d.pos, d.skipLF = p+1, false
	case p+1 < d.end && d.buf[p] == '\r' && d.buf[p+1] == '\n':
		d.pos, d.skipLF = p+2, false
	default:
		return false
	}
	return true
}

func trimSpace(b []byte) []byte {
	if len(b) > 0 && b[0] == ' ' {
		return b[1:]
	}
	return b
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
