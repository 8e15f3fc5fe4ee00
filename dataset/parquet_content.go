package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// checkContent unpacks the content of a page, which begins at a byte of the
// file, and checks that its levels and values are no more than its header
// counts. What the values are is left to the library.
func checkContent(r io.ReaderAt, h *format.PageHeader, at int64, codec format.CompressionCodec, l leaf) error {
	levels, packed := levelsOf(h)
	size, unpacked := int64(h.CompressedPageSize)-levels, int64(h.UncompressedPageSize)-levels
	if levels < 0 || size < 0 || unpacked < 0 {
		return fmt.Errorf("it has %d bytes, and levels of %d", h.CompressedPageSize, levels)
	}
	b := make([]byte, h.CompressedPageSize)
	if _, err := r.ReadAt(b, at); err != nil && err != io.EOF {
		return err
	}
	content := b[levels:]
	if packed && codec != format.Uncompressed {
		var err error
		if content, err = unpack(codec, content, unpacked); err != nil {
			return fmt.Errorf("it cannot be unpacked: %w", err)
		}
	}
	switch {
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		return checkValuesV1(&h.DataPageHeader.V, content, l)
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		v := &h.DataPageHeaderV2.V
		return errors.Join(
			checkRuns(b[:v.RepetitionLevelsByteLength], bits.Len(uint(l.rep)), v.NumValues),
			checkRuns(b[v.RepetitionLevelsByteLength:levels], bits.Len(uint(l.def)), v.NumValues),
			checkValues(v.Encoding, content, v.NumValues))
	}
	return nil
}

// levelsOf returns the bytes of levels that stand before a page's values
// without being packed with them, and whether the values are packed. -1: what
// the header says is nonsense.
func levelsOf(h *format.PageHeader) (n int64, packed bool) {
	v2 := h.DataPageHeaderV2
	if h.Type != format.DataPageV2 || !v2.Valid {
		return 0, true
	}
	rep, def := v2.V.RepetitionLevelsByteLength, v2.V.DefinitionLevelsByteLength
	if rep < 0 || def < 0 {
		return -1, true
	}
	return int64(rep) + int64(def), !v2.V.IsCompressed.Valid || v2.V.IsCompressed.V
}

// unpack returns what b is when unpacked, of about size bytes. LZ4 is not left
// to the library's codec, which makes ever more room for what is damaged.
func unpack(codec format.CompressionCodec, b []byte, size int64) (out []byte, err error) {
	switch codec {
	case format.Lz4Raw:
		out = make([]byte, size)
		n, err := lz4.UncompressBlock(b, out)
		return out[:max(n, 0)], err
	case format.Snappy:
		if n, _ := binary.Uvarint(b); n > uint64(size) {
			return nil, fmt.Errorf("it has %d bytes then, its header says %d", n, size)
		}
	case format.Zstd:
		var h zstd.Header
		if h.Decode(b) == nil && h.HasFCS && h.FrameContentSize > uint64(size) {
			return nil, fmt.Errorf("it has %d bytes then, its header says %d", h.FrameContentSize, size)
		}
	}
	err = guarded(func() (err error) {
		out, err = parquet.LookupCompressionCodec(codec).Decode(make([]byte, size), b)
		return err
	})
	return out, err
}

// checkValuesV1 checks the content of a page of version 1: the levels, each
// with its length before it, then the values.
func checkValuesV1(v *format.DataPageHeader, content []byte, l leaf) error {
	for _, level := range []struct {
		most     int
		encoding format.Encoding
	}{{l.rep, v.RepetitionLevelEncoding}, {l.def, v.DefinitionLevelEncoding}} {
		if level.most == 0 {
			continue
		}
		if level.encoding != format.RLE {
			return fmt.Errorf("its levels are written as %v, which is not read", level.encoding)
		}
		runs, rest, err := sized(content)
		if err == nil {
			err = checkRuns(runs, bits.Len(uint(level.most)), v.NumValues)
		}
		if err != nil {
			return err
		}
		content = rest
	}
	return checkValues(v.Encoding, content, v.NumValues)
}

// sized takes bytes that stand behind their length.
func sized(b []byte) (part, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errors.New("it is too short")
	}
	n := binary.LittleEndian.Uint32(b)
	if b = b[4:]; uint64(n) > uint64(len(b)) {
		return nil, nil, fmt.Errorf("its levels have %d bytes, it has %d", n, len(b))
	}
	return b[:n], b[n:], nil
}

// plainDictionary is how old writers, and many of today, name RLE_DICTIONARY.
const plainDictionary format.Encoding = 2

// checkValues checks how many values there are in those encodings that say so.
func checkValues(encoding format.Encoding, b []byte, values int32) error {
	switch encoding {
	case plainDictionary, format.RLEDictionary:
		if len(b) == 0 {
			return nil
		}
		if b[0] > 32 {
			return fmt.Errorf("its indexes have %d bits", b[0])
		}
		return checkRuns(b[1:], int(b[0]), values)
	case format.RLE:
		runs, _, err := sized(b)
		if err != nil {
			return err
		}
		return checkRuns(runs, 1, values)
	case format.DeltaBinaryPacked:
		_, err := checkDelta(b, values)
		return err
	case format.DeltaLengthByteArray:
		_, err := checkLengths(b, values, int64(len(b)))
		return err
	case format.DeltaByteArray:
		rest, err := checkLengths(b, values, maxPage)
		if err == nil {
			_, err = checkLengths(rest, values, int64(len(rest)))
		}
		return err
	}
	return nil
}

// runSlack is how many values more than it counts a page may have: runs of
// bits are filled up to a multiple of 8, by some writers of more.
const runSlack = 512

// checkRuns adds up the runs of RLE, as the format's Encodings.md has them: a
// header, with its lowest bit the kind of run, then one value or groups of 8.
func checkRuns(b []byte, width int, values int32) error {
	total := uint64(0)
	for len(b) > 0 {
		run, n := binary.Uvarint(b)
		if n <= 0 {
			return errors.New("a run of its values has no length")
		}
		length, size := run>>1, uint64(width+7)/8
		if run&1 != 0 {
			length, size = min(run>>1, 1<<40)*8, min(run>>1, 1<<40)*uint64(width)
		}
		if total += length; total > uint64(values)+runSlack {
			return fmt.Errorf("it has more than the %d values that it counts", values)
		}
		b = b[n:]
		b = b[min(size, uint64(len(b))):]
	}
	return nil
}
