package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	paceline "github.com/seed-1814a72b/paceline"
)

// write makes a file in the test's directory and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gz(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func zst(s string) string {
	var b bytes.Buffer
	w, _ := zstd.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func TestOpenTellsTablesByTheFields(t *testing.T) {
	fields := []string{"question", "lang"}
	tests := []struct {
		name, content string
		fields        []string
		want          string
	}{
		{"a", "lang,question,x\nen,\"Why, so?\",1\n", fields, `{"lang":"en","question":"Why, so?","x":"1"}`},
		{"a", "lang\tquestion\nen\tWhy?\n", fields, `{"lang":"en","question":"Why?"}`},
		{"a", bomText + "\"lang\",question\r\nen,Why?\r\n", fields, `{"lang":"en","question":"Why?"}`},
		{"a.gz", gz("lang,question\nen,Why?\n"), fields, `{"lang":"en","question":"Why?"}`},
		{"a", "lang,question\nen,Why?\n", nil, `"lang,question"`},
		{"a", "lang,other\nen,Why?\n", fields, `"lang,other"`},
		{"a", "question\nWhy?\n", []string{"question"}, `"question"`},
		{"a", "\"lang,question\nx\",y\n", fields, `"\"lang,question"`},
		{"a.txt", "lang,question\nen,Why?\n", fields, `"lang,question"`},
		{"a", `{"lang":1}` + "\n", []string{`{"lang":1}`}, `{"lang":1}`},
	}
	for _, tt := range tests {
		in, err := Open([]string{write(t, tt.name, tt.content)}, Options{Fields: tt.fields})
		if err != nil {
			t.Errorf("%q: %v", tt.content, err)
			continue
		}
		it, err := in.Next(context.Background())
		if err != nil || string(it.Raw) != tt.want {
			t.Errorf("%q: the first item is %s, %v; want %s", tt.content, it.Raw, err, tt.want)
		}
		in.Close()
	}
}

const bomText = "\xef\xbb\xbf"

func TestOpenTellsFormats(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"a.jsonl", "{}", "{}"}, {"a.NDJSON", "{}", "{}"}, {"a.json", `"x"`, `"x"`},
		{"a.csv", "a\n{}", `{"a":"{}"}`}, {"a.tsv", "a\tb\n1\t2", `{"a":"1","b":"2"}`}, {"a.txt", "{}", `"{}"`},
		{"a.log", "hello", `"hello"`}, {"a", "{}", "{}"}, {"a", `"x"` + "\n", `"x"`}, {"a", `"x" he said` + "\n", `"\"x\" he said"`},
		{"a", "[INST] x", `"[INST] x"`},
		{"a.jsonl.gz", gz("{}"), "{}"}, {"a.csv.zst", zst("a\n1"), `{"a":"1"}`}, {"a.txt", gz("x"), `"x"`},
		{"a.jsonl.gz", "{}", "{}"}, {"a", zst("{}"), "{}"}, {"a", gz("{}\n") + gz(`"x"`), "{}"},
	}
	for _, tt := range tests {
		in, err := Open([]string{write(t, tt.name, tt.content)}, Options{})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		items := all(t, in)
		if string(items[0].Raw) != tt.want || items[0].File != in.Paths()[0] {
			t.Errorf("%s %.20q: got %s, want %s", tt.name, tt.content, items[0].Raw, tt.want)
		}
	}
}

func TestOpenReadsSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"b.jsonl": "{\"b\":1}\n{\"b\":2}", "a.jsonl": "\n{\"a\":1}", "c.csv": "x\n1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in, err := Open([]string{filepath.Join(dir, "c.csv"), "-", filepath.Join(dir, "*.jsonl")}, Options{Stdin: strings.NewReader(gz("s"))})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, it := range all(t, in) {
		if it.Index != int64(i) {
			t.Errorf("item %d has index %d", i, it.Index)
		}
		got = append(got, fmt.Sprintf("%s:%d %s", filepath.Base(it.File), it.Line, it.Raw))
	}
	want := []string{`c.csv:2 {"x":"1"}`, `stdin:1 "s"`, `a.jsonl:2 {"a":1}`, `b.jsonl:1 {"b":1}`, `b.jsonl:2 {"b":2}`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if in.Rereadable() || !errors.Is(in.Rewind(), errors.ErrUnsupported) {
		t.Error("standard input can be read twice")
	}
	if _, err := in.Next(context.Background()); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	good := write(t, "good.jsonl", "{}\n")
	tests := []struct {
		name  string
		paths []string
		want  string
	}{
		{"none", nil, "no input"},
		{"missing", []string{filepath.Join(dir, "x.jsonl")}, "x.jsonl: no such file"},
		{"glob", []string{filepath.Join(dir, "*.csv")}, "*.csv: matches no file"},
		{"bad glob", []string{"[a"}, "is not a valid glob"},
		{"directory", []string{dir}, "is a directory: give its files, such as"},
		{"no stdin", []string{"-"}, "standard input is not available"},
		{"twice", []string{good, filepath.Dir(good) + "/./good.jsonl"}, "is given twice"},
		{"empty", []string{write(t, "empty.jsonl", "")}, "holds no items"},
		{"array", []string{write(t, "a.json", "[{\"a\":1},\n{}]")}, "jq -c '.[]'"},
		{"array without a name", []string{write(t, "a", "[\n{\"a\":1},\n{}]")}, "jq -c '.[]'"},
		{"pretty", []string{write(t, "a.json", "{\n \"a\":1\n}")}, "jq -c ."},
		{"parquet", []string{write(t, "a.parquet", "PAR1\x00")}, "Parquet"},
		{"spreadsheet", []string{write(t, "a.csv", "PK\x03\x04\x00")}, "spreadsheet"},
		{"UTF-16", []string{write(t, "a.txt", "\xff\xfea\x00")}, "iconv"},
		{"binary", []string{write(t, "a.bin", "ab\x00\x01")}, "binary"},
		{"broken gzip", []string{write(t, "a.gz", "\x1f\x8bxxxxxxxxxxxxxxxxxxxx")}, "gzip"},
	}
	for _, tt := range tests {
		_, err := Open(tt.paths, Options{})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if _, ok := errors.AsType[*FileError](err); !ok && tt.paths != nil {
			t.Errorf("%s: %T is no *FileError", tt.name, err)
		}
	}
	if _, err := Open([]string{"-", "-"}, Options{Stdin: strings.NewReader("")}); err == nil || !strings.Contains(err.Error(), "given twice") {
		t.Errorf("stdin twice: %v", err)
	}
}

func TestUnreadableFile(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("permissions do not bind here")
	}
	path := write(t, "a.jsonl", "{}")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Open([]string{path}, Options{}); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("got %v", err)
	}
}

func TestCutCompression(t *testing.T) {
	whole := strings.Repeat("{\"a\":\"0123456789\"}\n", 50_000)
	for name, content := range map[string]string{"a.jsonl.gz": gz(whole), "a.jsonl.zst": zst(whole)} {
		in, err := Open([]string{write(t, name, content[:len(content)-10])}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = drain(in)
		if _, ok := errors.AsType[*FileError](err); !ok || !strings.Contains(err.Error(), "reading failed after line") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFault62Uses(t *testing.T) {
	path := write(t, "a.jsonl", "{}")
	in, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Link(path, link); err != nil {
		t.Skip("no links here")
	}
	if !in.Uses(link) || !in.Uses(path) || in.Uses(write(t, "b", "")) || in.Uses(link+"x") {
		t.Error("links are not seen through")
	}
}

func TestFormats(t *testing.T) {
	for f := FormatAuto; f <= FormatText; f++ {
		if got, err := ParseFormat(strings.ToUpper(f.String())); err != nil || got != f {
			t.Errorf("%v: got %v, %v", f, got, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil || !strings.Contains(err.Error(), "auto, jsonl, csv, tsv, text") {
		t.Errorf("got %v", err)
	}
}

func TestCheck(t *testing.T) {
	a := write(t, "a.jsonl", "{\"id\":\"x\"}\n{\"id\":\"y\"}\n{]\n{\"custom_id\":\"z\",\"url\":\"/v1/embeddings\",\"body\":{}}\n")
	in, err := Open([]string{a}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var seen []int64
	s, err := Check(context.Background(), in, func(it *paceline.Item) error {
		seen = append(seen, it.Index)
		return nil
	})
	if err != nil || s.Items != 4 || s.Bad != 1 || s.Requests != 1 || s.Duplicated != 0 || s.Sum == 0 || !slices.Equal(seen, []int64{0, 1, 2, 3}) {
		t.Errorf("got %+v, %v, %v", s, err, seen)
	}
	if e, ok := asLineError(s.FirstBad); !ok || e.Line != 3 {
		t.Errorf("first bad: %v", s.FirstBad)
	}
	if items := all(t, in); len(items) != 4 {
		t.Errorf("after Check %d items are left", len(items))
	}
	stop := errors.New("stop")
	if _, err := Check(context.Background(), in, func(*paceline.Item) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if _, err := Check(context.Background(), Read(strings.NewReader("{}"), Options{}), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a reader: %v", err)
	}
	blank, err := Open([]string{write(t, "blank.jsonl", "\n\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(context.Background(), blank, nil); !errors.Is(err, ErrEmpty) || !strings.Contains(err.Error(), "blank.jsonl: holds no items") {
		t.Errorf("blank: %v", err)
	}
}

func TestFault59Duplicates(t *testing.T) {
	a := write(t, "a.jsonl", "{\"id\":\"x\"}\n{\"id\":1}\n{}\n{}\n")
	b := write(t, "b.jsonl", "{\"id\":\"1\"}\n{\"id\":\"y\"}\n{\"id\":\"x\"}\n{\"id\":\"x\"}\n")
	in, err := Open([]string{a, b}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Check(context.Background(), in, nil)
	want := []Duplicate{{"1", Place{a, 2}, Place{b, 1}}, {"x", Place{a, 1}, Place{b, 3}}, {"x", Place{a, 1}, Place{b, 4}}}
	if err != nil || s.Duplicated != 3 || !slices.Equal(s.Duplicates, want) {
		t.Errorf("got %+v, %v", s, err)
	}
	if got := s.Duplicates[0].String(); got != fmt.Sprintf("id %q of %s:1 stands at %s:2 too", "1", b, a) {
		t.Errorf("got %s", got)
	}
	many, err := Open([]string{write(t, "m.jsonl", strings.Repeat("{\"id\":1}\n", 1000))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Check(context.Background(), many, nil); err != nil || s.Duplicated != 999 || len(s.Duplicates) != maxDuplicates {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestFault60SumTellsChanges(t *testing.T) {
	sum := func(content string) (uint32, []uint32) {
		var sums []uint32
		in, err := Open([]string{write(t, "a.jsonl", content)}, Options{MaxLine: 5000})
		if err != nil {
			t.Fatal(err)
		}
		s, err := Check(context.Background(), in, func(it *paceline.Item) error { sums = append(sums, Sum(it)); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return s.Sum, sums
	}
	bad, long := "{]"+strings.Repeat(" ", 2000), strings.Repeat("x", 6000)
	base := "{\"a\":1}\n" + bad + "x\n" + long + "x\n"
	whole, sums := sum(base)
	for name, other := range map[string]string{
		"a field": "{\"a\":2}\n" + bad + "x\n" + long + "x\n", "the end of a bad line": "{\"a\":1}\n" + bad + "y\n" + long + "x\n",
		"the end of a long line": "{\"a\":1}\n" + bad + "x\n" + long + "y\n", "the order": bad + "x\n{\"a\":1}\n" + long + "x\n",
	} {
		if got, _ := sum(other); got == whole {
			t.Errorf("%s changed and the sum did not", name)
		}
	}
	if got, again := sum("\n" + strings.ReplaceAll(base, "{\"a\":1}\n", " {\"a\":1}\r\n\n")); got != whole || !slices.Equal(again, sums) {
		t.Error("blanks changed the sum")
	}
}

func TestLimit(t *testing.T) {
	in, err := Open([]string{write(t, "a.jsonl", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int64]int{0: 0, 2: 2, 3: 3, 9: 3} {
		l := Limit(in, n)
		for range 2 {
			if items := all(t, l); len(items) != want {
				t.Errorf("%d: %d items", n, len(items))
			}
			if err := l.Rewind(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := Limit(paceline.SourceFunc(nil), 1).Rewind(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func numbers(t *testing.T, n int) *Input {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"a\":%d}\n", i)
	}
	in, err := Open([]string{write(t, "n.jsonl", b.String())}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestSample(t *testing.T) {
	in := numbers(t, 1000)
	lines := func(src paceline.Source) (lines []int64) {
		for i, it := range all(t, src) {
			if it.Index != int64(i) || string(it.Raw) != fmt.Sprintf(`{"a":%d}`, it.Line-1) {
				t.Fatalf("item %d is %+v", i, it)
			}
			lines = append(lines, it.Line)
		}
		return lines
	}
	s := Sample(in, 1000, 50, 7)
	first := lines(s)
	if len(first) != 50 || !slices.IsSorted(first) {
		t.Fatalf("got %v", first)
	}
	if err := s.Rewind(); err != nil || !slices.Equal(lines(s), first) {
		t.Errorf("the same seed chose others, %v", err)
	}
	if survey, err := Check(context.Background(), s, nil); err != nil || survey.Items != 50 {
		t.Errorf("got %+v, %v", survey, err)
	}
	if other := Sample(in, 1000, 50, 8); slices.Equal(lines(other), first) {
		t.Error("another seed chose the same")
	}
	if err := in.Rewind(); err != nil {
		t.Fatal(err)
	}
	if got := lines(Sample(in, 1000, 5000, 1)); len(got) != 1000 {
		t.Errorf("got %d of 1000", len(got))
	}
}

// Every item must be as likely as any other: with 2,000 samples of a quarter
// each count is within 5 deviations (19.4) of 500.
func TestSampleIsFair(t *testing.T) {
	counts := [8]int{}
	for seed := range uint64(2000) {
		i := int64(0)
		src := paceline.SourceFunc(func(context.Context) (paceline.Item, error) {
			i++
			return paceline.Item{Line: i}, nil
		})
		for _, it := range all(t, Sample(src, 8, 2, seed)) {
			counts[it.Line-1]++
		}
	}
	for i, n := range counts {
		if n < 403 || n > 597 {
			t.Errorf("item %d was chosen %d times of 2000", i, n)
		}
	}
}

func TestItemsAreTheCallersToKeep(t *testing.T) {
	for _, format := range []Format{FormatJSONL, FormatCSV, FormatText} {
		in := Read(strings.NewReader("a\n"+strings.Repeat("\"x1\"\n\"y2\"\n", 50_000)), Options{Format: format})
		items := all(t, in)
		a, b := string(items[len(items)-2].Raw), string(items[len(items)-1].Raw)
		for i := 1 + len(items)%2; i < len(items); i++ {
			want := a
			if (len(items)-i)%2 == 1 {
				want = b
			}
			if string(items[i].Raw) != want {
				t.Fatalf("%v: item %d is %s, want %s", format, i, items[i].Raw, want)
			}
		}
	}
}
