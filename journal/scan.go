package journal

import (
	"bytes"
	"errors"
	"io"
)

// scanner reads a journal's records in order. It never reads past limit, and
// holds no more than a window of the file in memory.
type scanner struct {
	r     io.ReaderAt
	limit int64

	buf []byte // the window: bytes [at, at+len(buf)) of the file
	at  int64

	kind    kind
	payload []byte // of the current record; valid until the next call
	off     int64  // where the current record begins
	next    int64  // where the next one begins
	err     error  // of reading, not of what was read

	texts bool   // the window's text is wanted
	text  string // of the window, if so
}

const windowSize = 1 << 20

// fields returns the current record's.
func (s *scanner) fields() fields {
	f := fields{b: s.payload}
	if s.texts {
		f.text = s.text[:s.next-crcSize-s.at]
	}
	return f
}

func newScanner(r io.ReaderAt, from, limit int64) *scanner {
	return &scanner{r: r, limit: limit, at: from, next: from}
}

// scan steps to the next record and says whether there is one. After the last
// whole one next is where the damage, or the end, begins.
func (s *scanner) scan() bool {
	for {
		b := s.buf[s.next-s.at:]
		k, payload, size, need, ok := parseRecord(b)
		if ok {
			s.kind, s.payload, s.off = k, payload, s.next
			s.next += int64(size)
			return true
		}
		if need == 0 || !s.fill(need) {
			return false
		}
	}
}

// fill makes the window begin at next and hold at least need bytes, or as many
// as there are. It returns false when it could not add any.
func (s *scanner) fill(need int) bool {
	have := copy(s.buf, s.buf[s.next-s.at:])
	s.buf, s.at = s.buf[:have], s.next
	left := s.limit - s.at - int64(have)
	if left <= 0 || s.err != nil {
		return false
	}
	if want := max(need, int(min(windowSize, left+int64(have)))); cap(s.buf) < want {
		s.buf = append(make([]byte, 0, want), s.buf...)
	}
	room := s.buf[have:cap(s.buf)]
	if int64(len(room)) > left {
		room = room[:left]
	}
	n, err := s.r.ReadAt(room, s.at+int64(have))
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	s.buf = s.buf[:have+n]
	if s.texts {
		s.text = string(s.buf)
	}
	return n > 0
}

// durableBeyond says whether a commit behind a damaged place says that the
// place was durable: then it is damage to what was committed, and no torn tail.
// A tail may be torn in its middle only, with whole records behind, since a
// disk writes the pages of one commit in any order.
func durableBeyond(r io.ReaderAt, damage, limit int64) (bool, error) {
	mark := []byte{byte(kindBatch), batchSize}
	const size = 2 + batchSize + crcSize
	buf := make([]byte, min(windowSize, limit-damage))
	for at := damage; at < limit; {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), limit-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		b := buf[:n]
		for i := 0; ; i++ {
			hit := bytes.Index(b[i:], mark)
			if hit < 0 {
				break
			}
			i += hit
			if _, payload, _, _, ok := parseRecord(b[i:]); ok {
				if synced, ok := parseBatch(payload, at+int64(i)); ok && synced > damage {
					return true, nil
				}
			}
		}
		if n < size {
			break
		}
		at += int64(n - size + 1) // the last bytes may begin a record
	}
	return false, nil
}
