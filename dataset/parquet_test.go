package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	paceline "github.com/seed-1814a72b/paceline"
)

// parquetOf returns a file with the rows, in row groups of perGroup rows.
func parquetOf[T any](t testing.TB, perGroup int, rows []T, options ...parquet.WriterOption) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := parquet.NewGenericWriter[T](f, options...)
	for len(rows) > 0 {
		n := min(perGroup, len(rows))
		if _, err := w.Write(rows[:n]); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		rows = rows[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// allOf reads a file, or a glob of files, to its end.
func allOf(t *testing.T, path string) []paceline.Item {
	t.Helper()
	in, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	return all(t, in)
}

// TestParquetOfAnotherImplementation reads what Arrow's writer wrote:
// testdata/parquet.py says how.
func TestParquetOfAnotherImplementation(t *testing.T) {
	names, err := filepath.Glob("testdata/plain_*.parquet")
	if err != nil || len(names) != 6 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		expect(t, name, allOf(t, name), plainRows()...)
	}
	nested := []string{
		`1 a {"custom_id":"a","who":{"name":"Ann","age":30},"tags":["x",null],"deep":[[1,2],[],null,[3]],"map":{"k":[1.5],"l":null},"by_number":{"1":"one"},"messages":[{"role":"user","content":"hi"}]}`,
		`2 b {"custom_id":"b","who":{"name":null,"age":1},"tags":[],"deep":null,"map":{},"by_number":null,"messages":[]}`,
		`3 c {"custom_id":"c","who":null,"tags":null,"deep":[],"map":null,"by_number":{},"messages":null}`,
		`4 d {"custom_id":"d","who":{"name":"","age":null},"tags":["y"],"deep":[null],"map":{"m":[]},"by_number":{"-2":null},"messages":[{"role":"system","content":null},null]}`,
	}
	expect(t, "nested", allOf(t, "testdata/nested.parquet"), nested...)
	expect(t, "old lists", allOf(t, "testdata/nested_old_lists.parquet"), nested...)
	expect(t, "typed", allOf(t, "testdata/typed.parquet"),
		`1  {"date":"2024-02-29","zoned":"2024-02-29T13:14:15.123456Z","local_ms":"2024-02-29T13:14:15.123","local_ns":"2024-02-29T13:14:15.123456789","time":"01:02:03.4","time_us":"23:59:59.999999","dec9":1234567.89,"dec18":1.000,"dec38":12345678901234567890123456.789012345678,"dec76":-`+strings.Repeat("9", 76)+`,"bytes":"AP8=","fixed":"YWJjZA==","uuid":"00000000-0000-0000-0000-000000000001","half":1.5,"json":{"a": [1, null]}}`,
		`2  {"date":"1582-10-15","zoned":"1969-12-31T23:59:59.5Z","local_ms":"1969-12-31T23:59:59.5","local_ns":"1969-12-31T23:59:59.999999999","time":"00:00:00","time_us":"00:00:00","dec9":-0.05,"dec18":-123456789012345.678,"dec38":-0.000000000001,"dec76":0,"bytes":"","fixed":"AAAAAA==","uuid":"ffffffff-ffff-ffff-ffff-ffffffffffff","half":-65504,"json":"not json"}`,
		`3  {"date":null,"zoned":null,"local_ms":null,"local_ns":null,"time":null,"time_us":null,"dec9":null,"dec18":null,"dec38":null,"dec76":null,"bytes":null,"fixed":null,"uuid":null,"half":null,"json":null}`)
	expect(t, "INT96", allOf(t, "testdata/int96.parquet"),
		`1  {"zoned":"2024-02-29T13:14:15.123456","local_ns":"2024-02-29T13:14:15.123456789"}`,
		`2  {"zoned":"1969-12-31T23:59:59.5","local_ns":"1969-12-31T23:59:59.999999999"}`,
		`3  {"zoned":null,"local_ns":null}`)
	expect(t, "no rows", allOf(t, "testdata/no_rows.parquet"))
}

// plainRows are the rows of the files plain_*.parquet.
func plainRows() []string {
	words := []string{`"zero"`, `"one"`, `"two é\n\"quoted\""`, "null"}
	doubles := []string{"1e+300", "null", "null", "0.1"}
	bools := []string{"true", "false", "null"}
	rows := make([]string, 100)
	for i := range rows {
		id, unsigned := 10_000_000_000_000_001+i, "null"
		if i%3 == 0 {
			unsigned = strconv.FormatUint(1<<64-1-uint64(i), 10)
		}
		rows[i] = fmt.Sprintf(`%d %d {"id":%d,"word":%s,"u64":%s,"i8":%d,"f32":%v,"f64":%s,"yes":%s,"nothing":null}`,
			i+1, id, id, words[i%4], unsigned, -i, float64(i)/8, doubles[i%4], bools[i%3])
	}
	return rows
}

type faqRow struct {
	ID       int64  `parquet:"id"`
	Question string `parquet:"question,zstd"`
}

func faqRows(n int) []faqRow {
	rows := make([]faqRow, n)
	for i := range rows {
		rows[i] = faqRow{int64(i), fmt.Sprintf("question %d of %x", i, i*i*7919)}
	}
	return rows
}

func TestParquetRowsAcrossRowGroups(t *testing.T) {
	const rows = 1000
	items := allOf(t, parquetOf(t, 333, faqRows(rows)))
	if len(items) != rows {
		t.Fatalf("%d items", len(items))
	}
	for i, it := range items {
		want := fmt.Sprintf(`{"id":%d,"question":"question %d of %x"}`, i, i, i*i*7919)
		if string(it.Raw) != want || it.ID != strconv.Itoa(i) || it.Line != int64(i+1) || it.Index != int64(i) {
			t.Fatalf("item %d: %+v %s", i, it, it.Raw)
		}
	}
}

// TestParquetDifferences has strings written as lengths and as changes, over
// many blocks.
func TestParquetDifferences(t *testing.T) {
	type row struct {
		N      int64  `parquet:"n,delta"`
		Text   string `parquet:"text,delta"`
		Length []byte `parquet:"length,delta"`
	}
	rows := make([]row, 1000)
	for i := range rows {
		text := strings.Repeat("ab", i%50) + strconv.Itoa(i*7919)
		rows[i] = row{N: int64(i) * 7919 % 1013, Text: text, Length: []byte(text[:i%3])}
	}
	items := allOf(t, parquetOf(t, 1000, rows))
	if len(items) != len(rows) {
		t.Fatalf("%d items", len(items))
	}
	for i, it := range items {
		want, err := json.Marshal(map[string]any{"n": rows[i].N, "text": rows[i].Text, "length": rows[i].Length})
		if err != nil {
			t.Fatal(err)
		}
		var got, expected any
		if err := errors.Join(json.Unmarshal(it.Raw, &got), json.Unmarshal(want, &expected)); err != nil || !reflect.DeepEqual(got, expected) {
			t.Fatalf("row %d: %s, want %s, %v", i, it.Raw, want, err)
		}
	}
}

func TestParquetAmongOtherFiles(t *testing.T) {
	path := parquetOf(t, 2, faqRows(3))
	renamed := filepath.Join(filepath.Dir(path), "renamed")
	content, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(renamed, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	in, err := Open([]string{path, write(t, "a.csv", "id\n7\n"), renamed}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	items := all(t, in)
	expect(t, "all", items, `1 0 *`, `2 1 *`, `3 2 *`, `2 7 {"id":"7"}`, `1 0 *`, `2 1 *`, `3 2 *`)
	if items[2].File != path || items[6].File != renamed {
		t.Errorf("files: %q, %q", items[2].File, items[6].File)
	}
}

func TestParquetIsSurveyedLikeOthers(t *testing.T) {
	rows := append(faqRows(200), faqRow{ID: 5})
	in, err := Open([]string{parquetOf(t, 64, rows)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	first, err := Check(context.Background(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if first.Items != 201 || first.Duplicated != 1 || first.Duplicates[0].Again.Line != 201 || first.Duplicates[0].First.Line != 6 {
		t.Errorf("%+v", first)
	}
	second, err := Check(context.Background(), in, nil)
	if err != nil || second.Sum != first.Sum {
		t.Errorf("the second reading has the sum %x, the first %x, %v", second.Sum, first.Sum, err)
	}
	rows[100].Question += "!"
	changed, err := Open([]string{parquetOf(t, 64, rows)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer changed.Close()
	if third, err := Check(context.Background(), changed, nil); err != nil || third.Sum == first.Sum {
		t.Errorf("a changed row has the same sum, %v", err)
	}
}

func TestParquetBatchLines(t *testing.T) {
	type body struct {
		Model string `parquet:"model"`
	}
	type row struct {
		CustomID string `parquet:"custom_id"`
		URL      string `parquet:"url"`
		Body     body   `parquet:"body"`
	}
	items := allOf(t, parquetOf(t, 9, []row{{"a", "/v1/chat/completions", body{"m"}}, {"b", "/v1/files", body{"m"}}}))
	if r := items[0].Request; r == nil || string(r.Body) != `{"model":"m"}` || items[0].ID != "a" {
		t.Errorf("the request is %+v", r)
	}
	if e, ok := asLineError(items[1].Err); !ok || e.Line != 2 || !strings.Contains(e.Error(), "/v1/files") {
		t.Errorf("the second: %v", items[1].Err)
	}
}

func TestParquetLongRow(t *testing.T) {
	rows := []faqRow{{1, "a"}, {2, strings.Repeat("x", 300)}, {3, "c"}}
	in, err := Open([]string{parquetOf(t, 9, rows)}, Options{MaxLine: 100})
	if err != nil {
		t.Fatal(err)
	}
	items := all(t, in)
	expect(t, "long", items, `1 1 *`, `2 !`+in.Paths()[0]+`:2: the row is longer than 100 bytes`, `3 3 *`)
	rows[1].Question = strings.Repeat("y", 300)
	in, err = Open([]string{parquetOf(t, 9, rows)}, Options{MaxLine: 100})
	if err != nil {
		t.Fatal(err)
	}
	if again := all(t, in); Sum(&again[1]) == Sum(&items[1]) {
		t.Error("a changed long row has the same sum")
	}
}

func TestParquetWithAnEmptyNameOfTwoColumns(t *testing.T) {
	group := parquet.Group{"a\"b": parquet.String(), "": parquet.Optional(parquet.Leaf(parquet.Int64Type))}
	path := filepath.Join(t.TempDir(), "a.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := parquet.NewWriter(f, parquet.NewSchema("s", group))
	_, err = w.WriteRows([]parquet.Row{{parquet.NullValue().Level(0, 0, 0), parquet.ValueOf("\xff").Level(0, 0, 1)}})
	if err := errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	expect(t, "odd names", allOf(t, path), `1  {"":null,"a\"b":"`+"\ufffd"+`"}`)
}
