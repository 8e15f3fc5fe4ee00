package dataset

import (
	"bufio"
	"context"
	"io"

	paceline "github.com/seed-1814a72b/paceline"
)

// A Sink writes each result as one line. It is used by one goroutine at a
// time. What Put has taken is in memory until Flush or Close.
type Sink struct {
	w      *bufio.Writer
	append func(dst []byte, r *paceline.Result) []byte
	line   []byte
}

var _ paceline.Sink = (*Sink)(nil)

// NewJSONL returns a sink that writes rows as [AppendRow] has them.
func NewJSONL(w io.Writer) *Sink { return NewSink(w, AppendRow) }

// NewSink returns a sink that writes lines as format makes them: [AppendRow],
// [AppendBatch], [AppendResponse] or the caller's own, which appends one line
// without its newline.
func NewSink(w io.Writer, format func(dst []byte, r *paceline.Result) []byte) *Sink {
	return &Sink{w: bufio.NewWriterSize(w, 64<<10), append: format}
}

// Put writes r. A write that failed fails every later Put, Flush and Close.
func (s *Sink) Put(_ context.Context, r *paceline.Result) error {
	s.line = append(s.append(s.line[:0], r), '\n')
	_, err := s.w.Write(s.line)
	if cap(s.line) > 1<<20 { // one huge answer is not kept for ever
		s.line = nil
	}
	return err
}

// Flush writes what is still in memory.
func (s *Sink) Flush() error { return s.w.Flush() }

// Close flushes. It does not close the writer that it was given.
func (s *Sink) Close() error { return s.w.Flush() }

// Collect returns a sink that appends every result to into.
func Collect(into *[]paceline.Result) paceline.Sink {
	return paceline.SinkFunc(func(_ context.Context, r *paceline.Result) error {
		*into = append(*into, *r)
		return nil
	})
}
