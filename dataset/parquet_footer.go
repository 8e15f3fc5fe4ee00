package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// tailSize is the size of what ends a Parquet file: the footer's length, then
// the magic.
const tailSize = 8

// readFooter reads and decodes the footer of a file of size bytes.
func readFooter(r io.ReaderAt, size int64) (*format.FileMetaData, error) {
	if err := checkMagic(r, size); err != nil {
		return nil, err
	}
	tail := make([]byte, tailSize)
	if _, err := r.ReadAt(tail, size-tailSize); err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.Equal(tail[4:], encryptedMagic):
		return nil, errEncrypted
	case !bytes.Equal(tail[4:], parquetMagic):
		return nil, errors.New("is cut off or damaged: it does not end as a Parquet file does; copy or write it anew")
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if most := size - tailSize - int64(len(parquetMagic)); n > most {
		return nil, damagedFooter(fmt.Errorf("its length is given as %d bytes, and the file has room for %d", n, most))
	}
	footer := make([]byte, n)
	if _, err := r.ReadAt(footer, size-tailSize-n); err != nil && err != io.EOF {
		return nil, err
	}
	meta := new(format.FileMetaData)
	if _, err := decodeThrift(footer, meta); err != nil {
		return nil, damagedFooter(err)
	}
	return meta, nil
}

func checkMagic(r io.ReaderAt, size int64) error {
	head := make([]byte, len(parquetMagic))
	if size >= int64(len(head)) {
		if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
			return err
		}
	}
	switch {
	case bytes.HasPrefix(head, gzipMagic), bytes.Equal(head, zstdMagic):
		return errPacked
	case bytes.Equal(head, encryptedMagic):
		return errEncrypted
	case !bytes.Equal(head, parquetMagic):
		return errors.New(`is no Parquet file: it does not begin with "PAR1"`)
	case size < tailSize+int64(len(head)):
		return fmt.Errorf("is cut off: a Parquet file has more than %d bytes; copy or write it anew", size)
	}
	return nil
}

var (
	errPacked    = errors.New("is compressed: Parquet is read from where its footer points, so unpack the file first (Parquet compresses by itself)")
	errEncrypted = errors.New("is encrypted Parquet, which is not read: write it anew without encryption")
)

func damagedFooter(err error) error {
	return fmt.Errorf("its footer is damaged: %w; copy or write the file anew", oneLineError(err))
}

// decodeThrift decodes b into v and believes no length that b has no room for.
// It returns how many bytes v took.
func decodeThrift(b []byte, v any) (n int64, err error) {
	r := &thriftReader{BytesReader: new(thrift.CompactProtocol).NewReaderFromBytes(b), size: len(b)}
	err = guarded(func() error { return thrift.NewDecoder(r).Decode(v) })
	return int64(r.BytesRead()), err
}

// thriftReader refuses lists that have more elements than there are bytes. The
// decoder makes room for a list before it reads the first of them.
type thriftReader struct {
	thrift.BytesReader
	size int
}

// ReadList reads the beginning of a list.
func (r *thriftReader) ReadList() (thrift.List, error) {
	l, err := r.BytesReader.ReadList()
	if left := r.size - r.BytesRead(); err == nil && (l.Size < 0 || int(l.Size) > left) {
		return l, fmt.Errorf("a list of %d in %d bytes", l.Size, left)
	}
	return l, err
}

// Discard skips n bytes, which the decoder does by this method or not at all.
func (r *thriftReader) Discard(n int) (int, error) {
	return r.BytesReader.(interface{ Discard(int) (int, error) }).Discard(n)
}

// checkFooter refuses what could not be read later on: what is encrypted, what
// a codec packed that is not there, what lies outside of the file.
func checkFooter(meta *format.FileMetaData, size int64) error {
	if meta.EncryptionAlgorithm.Value != nil {
		return errEncrypted
	}
	rows := int64(0)
	for i := range meta.RowGroups {
		g := &meta.RowGroups[i]
		if g.NumRows < 0 || rows+g.NumRows < rows {
			return damagedFooter(fmt.Errorf("row group %d has %d rows", i+1, g.NumRows))
		}
		rows += g.NumRows
		for j := range g.Columns {
			if err := checkChunk(&g.Columns[j], size); err != nil {
				return fmt.Errorf("row group %d, %w", i+1, err)
			}
		}
	}
	if rows != meta.NumRows {
		return damagedFooter(fmt.Errorf("it counts %d rows, its row groups %d", meta.NumRows, rows))
	}
	return nil
}

// checkChunk checks one column of a row group.
func checkChunk(c *format.ColumnChunk, size int64) error {
	m := &c.MetaData
	if c.CryptoMetadata.Value != nil || len(c.EncryptedColumnMetadata) > 0 {
		return errEncrypted
	}
	name := columnName(m)
	if c.FilePath != "" {
		return fmt.Errorf("%s: its values stand in another file, %q: write the table as one file", name, c.FilePath)
	}
	if !readableCodec(m.Codec) {
		return fmt.Errorf("%s: it is compressed by %v, which is not read: write it with zstd, snappy, gzip, brotli, lz4_raw or none", name, m.Codec)
	}
	if from := chunkStart(m); m.NumValues != 0 && (from < int64(len(parquetMagic)) || m.TotalCompressedSize < 0 || from > size-m.TotalCompressedSize ||
		m.DataPageOffset < from || m.NumValues < 0) {
		return fmt.Errorf("%s: %w", name, damagedFooter(fmt.Errorf("%d bytes from byte %d, in a file of %d", m.TotalCompressedSize, from, size)))
	}
	return nil
}

// readableCodec tells the codecs that the library has. The old LZ4, whose
// frames nobody specified, and LZO are not among them.
func readableCodec(c format.CompressionCodec) bool {
	switch c {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw:
		return true
	}
	return false
}

// chunkStart returns where a column's first page is.
func chunkStart(m *format.ColumnMetaData) int64 {
	if m.DictionaryPageOffset != 0 {
		return m.DictionaryPageOffset
	}
	return m.DataPageOffset
}

// columnName returns `column "a.b"`.
func columnName(m *format.ColumnMetaData) string {
	return fmt.Sprintf("column %q", strings.Join(m.PathInSchema, "."))
}
