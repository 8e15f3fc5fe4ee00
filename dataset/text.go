package dataset

import (
	"bytes"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// textReader reads plain text: each line that is not blank is an item, a JSON
// string. Bytes that are not UTF-8 become U+FFFD.
type textReader struct {
	lines *lineReader
	file  string
	buf   []byte
}

func (r *textReader) read(it *paceline.Item, keep bool) error {
	for {
		l, err := r.lines.next()
		if err != nil {
			return err
		}
		it.Line = l.no
		if l.long {
			it.Err = lineError(r.file, l, r.lines.problem())
			return nil
		}
		text := trimEnd(l.text)
		if len(trimSpace(text)) == 0 {
			continue
		}
		r.buf = jsontext.Append(r.buf[:0], text)
		it.Raw = r.buf
		if keep {
			it.Raw = bytes.Clone(r.buf)
		}
		return nil
	}
}
