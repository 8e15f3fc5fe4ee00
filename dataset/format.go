package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/jsonscan"
)

// A Format is how a file's items are written.
type Format uint8

// The formats. OpenAI Batch request lines are JSON Lines: they are told line
// by line.
const (
	FormatAuto    Format = iota // by the file's name, else by its content
	FormatJSONL                 // JSON Lines: an object or a string on each
	FormatCSV                   // comma-separated values with a header row
	FormatTSV                   // tab-separated values with a header row
	FormatText                  // plain text: a line is an item
	FormatParquet               // Parquet: a row is an item
)

var formatNames = [...]string{"auto", "jsonl", "csv", "tsv", "text", "parquet"}

// String returns the name that [ParseFormat] takes.
func (f Format) String() string { return formatNames[f] }

// ParseFormat returns the format of that name: auto, jsonl, csv, tsv, text
// or parquet.
func ParseFormat(name string) (Format, error) {
	for f, n := range formatNames {
		if strings.EqualFold(n, name) {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("unknown input format %q: it must be one of %s", name, strings.Join(formatNames[:], ", "))
}

var formatsByExt = map[string]Format{
	".jsonl": FormatJSONL, ".ndjson": FormatJSONL, ".json": FormatJSONL,
	".csv": FormatCSV, ".tsv": FormatTSV, ".tab": FormatTSV,
	".txt": FormatText, ".text": FormatText,
	".parquet": FormatParquet, ".pq": FormatParquet,
}

// formatOf tells the format by name, else by the content's beginning: a
// complete JSON object or string on the first line, or a brace that opens it,
// is JSON Lines; a header that names all of the fields is CSV or TSV; anything
// else is plain text.
func formatOf(name string, head []byte, fields []string) Format {
	name = strings.ToLower(name)
	for _, ext := range []string{".gz", ".zst", ".zstd"} {
		name = strings.TrimSuffix(name, ext)
	}
	if f, ok := formatsByExt[filepath.Ext(name)]; ok {
		return f
	}
	first, whole := firstLine(head)
	if len(first) == 0 {
		return FormatText
	}
	if looksJSON(first, whole) {
		return FormatJSONL
	}
	switch {
	case whole && namesAll(first, ',', fields):
		return FormatCSV
	case whole && namesAll(first, '\t', fields):
		return FormatTSV
	}
	return FormatText
}

// namesAll reports whether a line is a header of several columns, all of the
// fields, of which there is at least one, among them.
func namesAll(text []byte, comma byte, fields []string) bool {
	if len(fields) == 0 || bytes.IndexByte(text, comma) < 0 {
		return false
	}
	p := csvParser{comma: []byte{comma}}
	if open, problem := p.line(text); open || problem != nil {
		return false
	}
	columns := map[string]bool{}
	for i := range p.ends {
		columns[string(p.field(i))] = true
	}
	return !slices.ContainsFunc(fields, func(name string) bool { return !columns[name] })
}

// looksJSON tells JSON from text. A JSON array counts as JSON, so that it is
// refused with its remedy and not taken for lines of text.
func looksJSON(first []byte, whole bool) bool {
	switch first[0] {
	case '{':
		return true
	case '[':
		return len(first) == 1 || first[1] == '{'
	case '"':
		return !whole || jsonscan.Valid(first)
	}
	return false
}

// firstLine returns the first line that is not blank, and whether it is whole.
func firstLine(head []byte) (text []byte, whole bool) {
	head = bytes.TrimPrefix(head, bom)
	head = head[jsonscan.SkipSpace(head, 0):]
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		return trimSpace(head[:i]), true
	}
	return trimSpace(head), false
}

// errNotSeekable is why Parquet is not read where only a stream is at hand.
var errNotSeekable = errors.New("is Parquet, which is read only from a plain file, from where its footer points: save it as a file first, or unpack it")

// checkHead refuses content that is no text, and JSON that is not one item a
// line.
func checkHead(head []byte, f Format) error {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return errors.New("is UTF-16: convert it with iconv -f UTF-16 -t UTF-8")
	case isParquetHead(head), f == FormatParquet:
		return errNotSeekable
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errors.New("is a zip archive or a spreadsheet: unpack it, or save it as CSV")
	case bytes.IndexByte(head, 0) >= 0:
		return errors.New("is binary: JSON Lines, CSV, TSV or plain text is due")
	}
	if f != FormatJSONL {
		return nil
	}
	first, whole := firstLine(head)
	if string(first) == "{" && whole {
		return errors.New("holds JSON over several lines: jq -c . makes it one item a line")
	}
	if len(first) > 0 && first[0] == '[' {
		return errors.New("holds a JSON array: jq -c '.[]' makes it one item a line")
	}
	return nil
}
