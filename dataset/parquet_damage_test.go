package dataset

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	paceline "github.com/seed-1814a72b/paceline"
)

// readParquet reads a file's bytes to their end and returns the items and what
// ended the reading.
func readParquet(content []byte, maxRow int) (items []paceline.Item, err error) {
	p, err := newParquetReader(bytes.NewReader(content), int64(len(content)), "x.parquet", maxRow)
	if err != nil {
		return nil, err
	}
	defer p.closeGroup()
	for {
		var it paceline.Item
		if err := p.read(&it, true); err == io.EOF {
			return items, nil
		} else if err != nil {
			return items, err
		}
		items = append(items, it)
	}
}

func contentOf(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// refooted returns the file with its footer changed by f.
func refooted(t *testing.T, content []byte, f func(*format.FileMetaData)) []byte {
	t.Helper()
	meta, err := readFooter(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	f(meta)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	n := int(binary.LittleEndian.Uint32(content[len(content)-tailSize:]))
	out := append(bytes.Clone(content[:len(content)-tailSize-n]), footer...)
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(footer))), "PAR1"...)
}

// TestFault61ParquetCutAtEveryByte: a file that is cut off is refused when it is
// opened, wherever it is cut.
func TestFault61ParquetCutAtEveryByte(t *testing.T) {
	whole := contentOf(t, "testdata/typed.parquet")
	for n := range whole {
		items, err := readParquet(whole[:n], 0)
		if err == nil || len(items) > 0 || strings.Contains(err.Error(), "\n") {
			t.Fatalf("cut after %d bytes: %d items, %v", n, len(items), err)
		}
	}
}

func TestFault61ParquetThatIsRefused(t *testing.T) {
	good := contentOf(t, parquetOf(t, 2, faqRows(4)))
	column := func(m *format.FileMetaData) *format.ColumnChunk { return &m.RowGroups[1].Columns[1] }
	tests := []struct {
		name, want string
		content    []byte
	}{
		{"nothing", `is no Parquet file: it does not begin with "PAR1"`, nil},
		{"text", "is no Parquet file", []byte("id,question\n1,what?\n")},
		{"short", "is cut off: a Parquet file has more than 7 bytes", good[:7]},
		{"cut", "is cut off or damaged: it does not end as a Parquet file does", good[:len(good)-1]},
		{"compressed", "is compressed: Parquet is read from where its footer points", []byte(gz(string(good)))},
		{"encrypted", "is encrypted Parquet", append([]byte("PARE"), good[4:]...)},
		{"encrypted footer", "is encrypted Parquet", append(bytes.Clone(good[:len(good)-1]), 'E')},
		{"footer's length", "its footer is damaged: its length is given as", append(bytes.Clone(good[:len(good)-8]), "\xff\xff\xff\x7fPAR1"...)},
		{"footer", "its footer is damaged: ", append(bytes.Clone(good[:len(good)-60]), append(make([]byte, 52), good[len(good)-8:]...)...)},
		{"encrypted columns", "is encrypted Parquet", refooted(t, good, func(m *format.FileMetaData) {
			m.EncryptionAlgorithm.Value = &format.AesGcmV1{}
		})},
		{"codec", `row group 2, column "question": it is compressed by LZO, which is not read: write it with zstd,`,
			refooted(t, good, func(m *format.FileMetaData) { column(m).MetaData.Codec = format.LZO })},
		{"other file", `row group 2, column "question": its values stand in another file, "b.parquet"`,
			refooted(t, good, func(m *format.FileMetaData) { column(m).FilePath = "b.parquet" })},
		{"outside", `row group 2, column "question": its footer is damaged: 1000000 bytes from byte`,
			refooted(t, good, func(m *format.FileMetaData) { column(m).MetaData.TotalCompressedSize = 1e6 })},
		{"rows", "its footer is damaged: it counts 9 rows, its row groups 4",
			refooted(t, good, func(m *format.FileMetaData) { m.NumRows = 9 })},
		{"no columns", "its schema cannot be read: it has no columns",
			refooted(t, good, func(m *format.FileMetaData) { m.Schema = m.Schema[:1]; m.Schema[0].NumChildren.V = 0 })},
		{"half a schema", "its schema cannot be read: it ends in the middle of a group",
			refooted(t, good, func(m *format.FileMetaData) { m.Schema[0].NumChildren.V = 99 })},
		{"twins", `it has two columns "id" beside each other`,
			refooted(t, good, func(m *format.FileMetaData) { m.Schema[2].Name = "id" })},
		{"columns", "its footer is damaged: ",
			refooted(t, good, func(m *format.FileMetaData) { m.RowGroups[0].Columns = m.RowGroups[0].Columns[:1] })},
	}
	for _, tt := range tests {
		path := write(t, "a.parquet", string(tt.content))
		_, err := Open([]string{path}, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
		if _, ok := errors.AsType[*FileError](err); !ok {
			t.Errorf("%s: %T is no *FileError", tt.name, err)
		}
	}
}

// TestFault61ParquetDamagedPages: the reading that precedes every run finds a
// damaged page, and says in which rows it is.
func TestFault61ParquetDamagedPages(t *testing.T) {
	path := parquetOf(t, 100, faqRows(300))
	good := contentOf(t, path)
	meta, err := readFooter(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	chunk := meta.RowGroups[1].Columns[1].MetaData
	tests := map[string]struct {
		want   string
		damage func(page []byte)
	}{
		"header":  {`column "question": page 1, at byte `, func(p []byte) { copy(p, "\x00\x00\x00\x00") }},
		"content": {"", func(p []byte) { clear(p[len(p)/2:]) }},
	}
	for name, tt := range tests {
		bad := bytes.Clone(good)
		from := chunkStart(&chunk)
		tt.damage(bad[from : from+chunk.TotalCompressedSize])
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Open([]string{path}, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer in.Close()
		found, err := Check(context.Background(), in, nil)
		want := path + ": row group 2 of 3 (rows 101 to 200) is damaged: " + tt.want
		if err == nil || !strings.HasPrefix(err.Error(), want) || found.Items != 100 {
			t.Errorf("%s: %d items, %v", name, found.Items, err)
		}
	}
}

// TestFault61ParquetPagesOfHugeSizes: no room is made for what a header claims.
func TestFault61ParquetPagesOfHugeSizes(t *testing.T) {
	data := format.PageHeader{Type: format.DataPage, CompressedPageSize: 10, UncompressedPageSize: 10}
	data.DataPageHeader.Valid = true
	tests := []struct {
		want   string
		change func(*format.PageHeader)
	}{
		{"", func(*format.PageHeader) {}},
		{"it has 1000 bytes, its column 10 more", func(h *format.PageHeader) { h.CompressedPageSize = 1000 }},
		{"when unpacked", func(h *format.PageHeader) { h.UncompressedPageSize = 1<<31 - 1 }},
		{"it has 2147483647 values", func(h *format.PageHeader) { h.DataPageHeader.V.NumValues = 1<<31 - 1 }},
		{"its dictionary has 2147483647 values", func(h *format.PageHeader) {
			h.Type, h.DictionaryPageHeader.Valid = format.DictionaryPage, true
			h.DictionaryPageHeader.V.NumValues = 1<<31 - 1
		}},
	}
	for _, tt := range tests {
		h := data
		tt.change(&h)
		if err := checkPage(&h, 10); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	huge := []byte{0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07} // a field 2, a list of 2^31-1 structs
	if _, err := decodeThrift(huge, new(format.FileMetaData)); err == nil {
		t.Error("a list larger than its file is made room for")
	}
}

func TestParquetWhereItCannotBeRead(t *testing.T) {
	good := string(contentOf(t, parquetOf(t, 2, faqRows(4))))
	const remedy = "is Parquet, which is read only from a plain file"
	for _, o := range []Options{{}, {Format: FormatParquet}, {Format: FormatJSONL}} {
		if _, err := Read(strings.NewReader(good), o).Next(context.Background()); err == nil || !strings.HasPrefix(err.Error(), "input: "+remedy) {
			t.Errorf("%v from a pipe: %v", o.Format, err)
		}
	}
	for _, name := range []string{"a.parquet.gz", "a.gz"} {
		in, err := Open([]string{write(t, name, gz(good))}, Options{})
		if err == nil {
			in.Close()
		}
		if err == nil || !strings.Contains(err.Error(), remedy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	path := write(t, "a.csv", good)
	if _, err := Open([]string{path}, Options{Format: FormatCSV}); err == nil || err.Error() != path+": is Parquet and no csv: read it as parquet" {
		t.Errorf("as CSV: %v", err)
	}
}

// TestParquetMemoryDoesNotGrow reads 60 MB of text, in row groups of 12 MB and
// pages of 64 KiB, within a few of them.
func TestParquetMemoryDoesNotGrow(t *testing.T) {
	type row struct {
		Text string `parquet:"text,plain"`
	}
	rng := rand.New(rand.NewPCG(1, 1))
	rows := make([]row, 6000)
	for i := range rows {
		rows[i].Text = strings.Repeat(fmt.Sprintf("%x ", rng.Uint64()), 600)
	}
	path := parquetOf(t, 1200, rows, parquet.PageBufferSize(64<<10))
	rows = nil
	in, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	_, err = Check(context.Background(), in, func(it *paceline.Item) error {
		if it.Index%500 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if grown := int64(peak) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("reading holds %d bytes at a time", grown)
	}
}

// FuzzParquet lays bytes over a small valid file, at a place: most of what lies
// between the file and the reader is reached so, checksums and compression
// included.
func FuzzParquet(f *testing.F) {
	names, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	files := make([][]byte, len(names))
	for i, name := range names {
		files[i] = contentOf(f, name)
		for _, back := range []uint16{4, 8, 100, 300, 600} {
			f.Add(uint8(i), uint16(len(files[i]))-back, []byte{0xff, 0x7f})
			f.Add(uint8(i), back, []byte{0x80, 0xff, 0xff, 0xff, 0x0f})
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, at uint16, bad []byte) {
		content := bytes.Clone(files[int(which)%len(files)])
		copy(content[int(at)%len(content):], bad)
		items, err := readParquet(content, 1<<20)
		if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("an error of several lines: %q", err)
		}
		for _, it := range items {
			if it.Err == nil && !json.Valid(it.Raw) {
				t.Errorf("row %d is not JSON: %.200q", it.Line, it.Raw)
			}
		}
	})
}
