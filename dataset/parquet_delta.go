package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/encoding/delta"
)

// checkDelta checks numbers written as differences, DELTA_BINARY_PACKED in the
// format's Encodings.md: a header of the block's size, the number of its parts
// and the number of values, then the blocks. It returns what follows them.
func checkDelta(b []byte, values int32) (rest []byte, err error) {
	var header [4]uint64 // the last is the first value
	for i := range header {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errors.New("its differences have no header")
		}
		header[i], b = v, b[n:]
	}
	block, parts, count := header[0], header[1], header[2]
	if parts == 0 || block > 1<<20 || parts > block || count > uint64(values) {
		return nil, fmt.Errorf("it has %d differences in %d parts of blocks of %d, and counts %d values", count, parts, block, values)
	}
	for left := int(count) - 1; left > 0 && len(b) > 0; {
		b, left = skipBlock(b, int(parts), int(block/parts), left)
	}
	return b, nil
}

// skipBlock passes over a block of parts of size values each, of which left are
// still to come, and returns what is left of both. The parts behind the last
// value have a width and no bytes.
func skipBlock(b []byte, parts, size, left int) ([]byte, int) {
	_, n := binary.Uvarint(b) // the least difference
	if b = b[max(n, 0):]; n <= 0 || len(b) < parts {
		return nil, 0
	}
	widths, b := b[:parts], b[parts:]
	for _, width := range widths {
		b = b[min(size*int(width)/8, len(b)):]
		if left -= size; left <= 0 {
			break
		}
	}
	return b, left
}

// checkLengths adds up the lengths that stand before strings as differences: of
// the strings or, if they are written as changes, of what each has in common
// with the one before, and of the rest. It returns what follows.
func checkLengths(b []byte, values int32, most int64) (rest []byte, err error) {
	if rest, err = checkDelta(b, values); err != nil {
		return nil, err
	}
	var lengths []int32
	err = guarded(func() (err error) {
		lengths, err = new(delta.BinaryPackedEncoding).DecodeInt32(nil, b[:len(b)-len(rest)])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("its lengths cannot be read: %w", err)
	}
	for _, n := range lengths {
		if most -= int64(n); n < 0 || most < 0 {
			return nil, errors.New("its strings are longer than it")
		}
	}
	return rest, nil
}
