package journal

import (
	"errors"
	"io"
)

// windows reads a file at offsets that jump, but not far, through a few cached
// windows. Not safe for concurrent use.
type windows struct {
	r     io.ReaderAt
	cache [16]window
	clock int64
}

type window struct {
	at   int64 // -1: unused
	used int64
	b    []byte
}

const cachedWindow = 256 << 10

func newWindows(r io.ReaderAt) *windows {
	w := &windows{r: r}
	for i := range w.cache {
		w.cache[i].at = -1
	}
	return w
}

// ReadAt reads as io.ReaderAt says.
func (w *windows) ReadAt(b []byte, off int64) (int, error) {
	if len(b) > cachedWindow {
		return w.r.ReadAt(b, off)
	}
	n := 0
	for n < len(b) {
		c, err := w.window((off + int64(n)) / cachedWindow * cachedWindow)
		if err != nil {
			return n, err
		}
		from := off + int64(n) - c.at
		if from >= int64(len(c.b)) {
			return n, io.EOF
		}
		n += copy(b[n:], c.b[from:])
	}
	return n, nil
}

// window returns the window that begins at an offset, read if need be in place
// of the one unused for longest.
func (w *windows) window(at int64) (*window, error) {
	w.clock++
	oldest := &w.cache[0]
	for i := range w.cache {
		c := &w.cache[i]
		if c.at == at {
			c.used = w.clock
			return c, nil
		}
		if c.used < oldest.used {
			oldest = c
		}
	}
	if oldest.b == nil {
		oldest.b = make([]byte, cachedWindow)
	}
	n, err := w.r.ReadAt(oldest.b[:cachedWindow], at)
	if err != nil && !errors.Is(err, io.EOF) {
		oldest.at = -1
		return nil, err
	}
	oldest.at, oldest.used, oldest.b = at, w.clock, oldest.b[:n]
	return oldest, nil
}
