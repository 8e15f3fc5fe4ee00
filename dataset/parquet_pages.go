package dataset

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

const (
	// maxPage is the largest page that is read, unpacked, in bytes. Writers
	// aim at 1 MiB; a single value may be larger.
	maxPage = 1 << 30

	// maxPageValues is how many values a page may have. Nulls and repeated
	// values take next to no bytes, and memory all the same.
	maxPageValues = 1 << 26

	// headerWindow is how much is read to decode a page's header, at first:
	// statistics in it may be long. maxHeader is the most.
	headerWindow = 4 << 10
	maxHeader    = 64 << 20
)

// checkPages looks at every page of a row group, one after the other, before
// the library makes room for what they say: a page that is cut off, larger than
// its column or of more values than it has is an error with its place. Without
// it a single wrong bit can take all of the machine's memory. It costs that the
// pages are unpacked twice.
func checkPages(r io.ReaderAt, meta *format.FileMetaData, group int, leaves []leaf) error {
	columns := meta.RowGroups[group].Columns
	for i := range columns {
		m := &columns[i].MetaData
		if err := checkColumnPages(r, m, leaves[i]); err != nil {
			return fmt.Errorf("%s: %w", columnName(m), err)
		}
	}
	return nil
}

func checkColumnPages(r io.ReaderAt, m *format.ColumnMetaData, l leaf) error {
	if m.NumValues == 0 {
		return nil
	}
	at := chunkStart(m)
	end := at + m.TotalCompressedSize
	values, atData := int64(0), false
	for page := 1; at < end; page++ {
		atData = atData || at == m.DataPageOffset
		h, size, err := pageHeader(r, at, end)
		if err == nil {
			err = checkPage(h, end-at-size)
		}
		if err == nil {
			err = checkContent(r, h, at+size, m.Codec, l)
		}
		if err != nil {
			return fmt.Errorf("page %d, at byte %d of the file: %w", page, at, err)
		}
		at += size + int64(h.CompressedPageSize)
		values += pageValues(h)
	}
	if values < m.NumValues || !atData {
		return fmt.Errorf("of %d values its pages have %d", m.NumValues, values)
	}
	return nil
}

// pageHeader decodes the header at a byte of the file, and returns its size.
// The header ends before the byte end.
func pageHeader(r io.ReaderAt, at, end int64) (*format.PageHeader, int64, error) {
	for window := int64(headerWindow); ; window *= 16 {
		b := make([]byte, min(window, end-at))
		if _, err := r.ReadAt(b, at); err != nil && err != io.EOF {
			return nil, 0, err
		}
		h := new(format.PageHeader)
		n, err := decodeThrift(b, h)
		if err == nil {
			return h, n, nil
		}
		if int64(len(b)) == end-at || window >= maxHeader {
			return nil, 0, fmt.Errorf("its header cannot be read: %w", err)
		}
	}
}

// checkPage checks a page's header; left is how much of its column follows.
func checkPage(h *format.PageHeader, left int64) error {
	switch values := pageValues(h); {
	case h.CompressedPageSize < 0 || int64(h.CompressedPageSize) > left:
		return fmt.Errorf("it has %d bytes, its column %d more", h.CompressedPageSize, left)
	case h.UncompressedPageSize < 0 || h.UncompressedPageSize > maxPage:
		return fmt.Errorf("it has %d bytes when unpacked, and at most %d are read", h.UncompressedPageSize, maxPage)
	case values < 0 || values > maxPageValues:
		return fmt.Errorf("it has %d values, and at most %d are read", values, maxPageValues)
	}
	if d := h.DictionaryPageHeader; d.Valid && (d.V.NumValues < 0 || d.V.NumValues > maxPageValues) {
		return fmt.Errorf("its dictionary has %d values, and at most %d are read", d.V.NumValues, maxPageValues)
	}
	return nil
}

// pageValues returns how many of the column's values a page has, nulls
// included: 0 for a dictionary.
func pageValues(h *format.PageHeader) int64 {
	switch {
	case h.Type == format.DataPage && h.DataPageHeader.Valid:
		return int64(h.DataPageHeader.V.NumValues)
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid:
		return int64(h.DataPageHeaderV2.V.NumValues)
	}
	return 0
}
