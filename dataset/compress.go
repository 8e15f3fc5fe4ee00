package dataset

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

var (
	gzipMagic = []byte{0x1f, 0x8b}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// decompress unpacks what begins like gzip or zstd and passes on the rest, save
// what is neither packed nor text and has a name that promises the former. The
// returned func frees the decoder; it does not close r. Nothing runs in the
// background.
func decompress(r io.Reader, path string) (*bufio.Reader, func(), error) {
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
	if kind := promised(path); kind != "" {
		if start, err := head(br); err == nil && !isUTF8(start) {
			return nil, nil, fmt.Errorf("is no %s file, whatever its name says, nor text; fetch or pack it again", kind)
		}
	}
	return br, func() {}, nil
}

// promised returns how a file of that name is packed, "" if it is not.
func promised(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz":
		return "gzip"
	case ".zst", ".zstd":
		return "zstd"
	}
	return ""
}

// isUTF8 reports whether a file's beginning is UTF-8; its last character may be
// cut.
func isUTF8(start []byte) bool {
	for cut := range min(utf8.UTFMax, len(start)+1) {
		if utf8.Valid(start[:len(start)-cut]) {
			return true
		}
	}
	return false
}

// head returns what has arrived of the beginning, at most 4 KiB of it, without
// waiting for more than the first bytes.
func head(br *bufio.Reader) ([]byte, error) {
	if _, err := br.Peek(1); err != nil && err != io.EOF {
		return nil, err
	}
	return br.Peek(min(br.Buffered(), 4<<10))
}
