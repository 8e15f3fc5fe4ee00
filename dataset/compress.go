package dataset

import (
	"bufio"
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// decompress unpacks what begins like gzip or zstd and passes on the rest. The
// returned func frees the decoder; it does not close r. Nothing runs in the
// background.
func decompress(r io.Reader) (*bufio.Reader, func(), error) {
	br := bufio.NewReaderSize(r, readSize)
	magic, err := br.Peek(len(zstdMagic))
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(magic, gzipMagic):
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, nil, err
		}
		return bufio.NewReaderSize(z, readSize), func() { z.Close() }, nil
	case bytes.Equal(magic, zstdMagic):
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, err
		}
		return bufio.NewReaderSize(z, readSize), z.Close, nil
	}
	return br, func() {}, nil
}

// head returns what has arrived of the beginning, at most 4 KiB of it, without
// waiting for more than the first bytes.
func head(br *bufio.Reader) ([]byte, error) {
	if _, err := br.Peek(1); err != nil && err != io.EOF {
		return nil, err
	}
	return br.Peek(min(br.Buffered(), 4<<10))
}
