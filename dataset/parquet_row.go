package dataset

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// A rowProblem is why one row cannot be read, while the others can.
type rowProblem struct{ text string }

func (p *rowProblem) Error() string { return p.text }

func rowProblemf(format string, args ...any) error { return &rowProblem{fmt.Sprintf(format, args...)} }

// errUneven is the error of columns whose values do not make up the same rows.
var errUneven = errors.New("its columns disagree on what belongs to a row")

// rowWriter puts rows together from the values of their leaves.
type rowWriter struct {
	root *node
	max  int               // the longest row as JSON, in bytes
	left [][]parquet.Value // by leaf, the row's values that are still to be written
}

// append appends a row as a JSON object. A *rowProblem concerns this row alone.
func (w *rowWriter) append(dst []byte, row parquet.Row) ([]byte, error) {
	if err := w.split(row); err != nil {
		return dst, err
	}
	dst, err := w.node(dst, w.root)
	if err != nil {
		return dst, err
	}
	for _, values := range w.left {
		if len(values) > 0 {
			return dst, errUneven
		}
	}
	if len(dst) > w.max {
		return dst, w.tooLong()
	}
	return dst, nil
}

// split deals the row's values out to their leaves. They come leaf by leaf.
func (w *rowWriter) split(row parquet.Row) error {
	clear(w.left)
	for len(row) > 0 {
		leaf, n := row[0].Column(), 1
		for n < len(row) && row[n].Column() == leaf {
			n++
		}
		if leaf < 0 || leaf >= len(w.left) {
			return errUneven
		}
		w.left[leaf] = row[:n]
		row = row[n:]
	}
	return nil
}

func (w *rowWriter) tooLong() error { return rowProblemf("the row is longer than %d bytes", w.max) }

// next returns the next value of a leaf without taking it.
func (w *rowWriter) next(leaf int) (parquet.Value, error) {
	if len(w.left[leaf]) == 0 {
		return parquet.Value{}, errUneven
	}
	return w.left[leaf][0], nil
}

// skip takes the one value of each leaf that stands for a node which is not
// there.
func (w *rowWriter) skip(n *node) error {
	for leaf := n.from; leaf < n.to; leaf++ {
		if len(w.left[leaf]) == 0 {
			return errUneven
		}
		w.left[leaf] = w.left[leaf][1:]
	}
	return nil
}

func (w *rowWriter) node(dst []byte, n *node) ([]byte, error) {
	if n.optional {
		v, err := w.next(n.from)
		if err != nil {
			return dst, err
		}
		if v.DefinitionLevel() < n.def {
			return append(dst, "null"...), w.skip(n)
		}
	}
	switch n.shape {
	case shapeObject:
		return w.object(dst, n)
	case shapeArray:
		return w.items(dst, n, '[', ']', func(dst []byte) ([]byte, error) { return w.node(dst, n.fields[0]) })
	case shapeMap:
		return w.items(dst, n, '{', '}', func(dst []byte) ([]byte, error) { return w.pair(dst, n) })
	}
	return w.value(dst, n)
}

func (w *rowWriter) value(dst []byte, n *node) ([]byte, error) {
	v, err := w.next(n.from)
	if err != nil {
		return dst, err
	}
	w.left[n.from] = w.left[n.from][1:]
	if v.IsNull() {
		return append(dst, "null"...), nil
	}
	return n.leaf.append(dst, v)
}

func (w *rowWriter) object(dst []byte, n *node) (_ []byte, err error) {
	for i, field := range n.fields {
		dst = append(dst, "{,"[min(i, 1)])
		dst = append(dst, field.name...)
		if dst, err = w.node(dst, field); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// items appends what repeats, each by one call of item, which takes at least
// one value of n's first leaf.
func (w *rowWriter) items(dst []byte, n *node, open, end byte, item func([]byte) ([]byte, error)) ([]byte, error) {
	dst = append(dst, open)
	v, err := w.next(n.from)
	if err != nil {
		return dst, err
	}
	if v.DefinitionLevel() < n.itemDef {
		return append(dst, end), w.skip(n)
	}
	for {
		if dst, err = item(dst); err != nil {
			return dst, err
		}
		if len(dst) > w.max {
			return dst, w.tooLong()
		}
		more := w.left[n.from]
		if len(more) == 0 || more[0].RepetitionLevel() != n.itemRep {
			return append(dst, end), nil
		}
		dst = append(dst, ',')
	}
}

// pair appends a key and its value. What is no string becomes one: its JSON.
func (w *rowWriter) pair(dst []byte, n *node) ([]byte, error) {
	start := len(dst)
	dst, err := w.node(dst, n.fields[0])
	if err != nil {
		return dst, err
	}
	if dst[start] != '"' {
		dst = append(dst[:start], jsontext.Append(nil, dst[start:])...)
	}
	dst = append(dst, ':')
	if len(n.fields) == 1 {
		return append(dst, "null"...), nil
	}
	return w.node(dst, n.fields[1])
}
