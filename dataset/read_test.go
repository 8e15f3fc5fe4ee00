package dataset

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidwall/gjson"

	paceline "github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/jsonscan"
)

// all reads a source to its end.
func all(t testing.TB, src paceline.Source) []paceline.Item {
	t.Helper()
	items, err := drain(src)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func drain(src paceline.Source) (items []paceline.Item, err error) {
	for {
		it, err := src.Next(context.Background())
		if err == io.EOF {
			return items, nil
		}
		if err != nil {
			return items, err
		}
		items = append(items, it)
	}
}

// show makes an item comparable: "line id raw", or "line !error".
func show(it *paceline.Item) string {
	if it.Err != nil {
		return fmt.Sprintf("%d !%v", it.Line, it.Err)
	}
	return fmt.Sprintf("%d %s %s", it.Line, it.ID, it.Raw)
}

func expect(t *testing.T, name string, items []paceline.Item, want ...string) {
	t.Helper()
	if len(items) != len(want) {
		t.Errorf("%s: %d items, want %d", name, len(items), len(want))
		return
	}
	for i := range items {
		if got := show(&items[i]); got != want[i] && (!strings.HasSuffix(want[i], "*") || !strings.HasPrefix(got, strings.TrimSuffix(want[i], "*"))) {
			t.Errorf("%s: item %d:\n got %s\nwant %s", name, i, got, want[i])
		}
		if items[i].Index != int64(i) {
			t.Errorf("%s: item %d has index %d", name, i, items[i].Index)
		}
	}
}

func TestFault56Lines(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"plain", "{\"a\":1}\n{\"a\":2}\n", []string{`1  {"a":1}`, `2  {"a":2}`}},
		{"no last newline", `{"a":1}`, []string{`1  {"a":1}`}},
		{"byte order mark", "\ufeff{\"a\":1}\n", []string{`1  {"a":1}`}},
		{"CRLF", "{\"a\":1}\r\n\"x\"\r\n", []string{`1  {"a":1}`, `2  "x"`}},
		{"blank lines", "\n \t\r\n{\"a\":1}\n\n\n\"x\"\n\n", []string{`3  {"a":1}`, `6  "x"`}},
		{"blanks around", "  {\"a\" : 1} \t\n", []string{`1  {"a" : 1}`}},
		{"nothing", "", nil},
		{"blank", "\n\n", nil},
		{"ids", "{\"id\":7}\n{\"id\":\"a\\u00e9\"}\n{\"id\":null}\n{\"id\":\"x\",\"custom_id\":\"y\"}\n{\"i\":{\"id\":1}}",
			[]string{`1 7 {"id":7}`, `2 aé {"id":"a\u00e9"}`, `3  {"id":null}`, `4 y {"id":"x","custom_id":"y"}`, `5  {"i":{"id":1}}`}},
		{"20 digits", `{"n":12345678901234567890}`, []string{`1  {"n":12345678901234567890}`}},
		{"bytes that are not UTF-8", "{\"a\":\"\xff\"}", []string{"1  {\"a\":\"\xff\"}"}},
	}
	for _, tt := range tests {
		expect(t, tt.name, all(t, JSONL(strings.NewReader(tt.in))), tt.want...)
		slow := JSONL(iotest.OneByteReader(strings.NewReader(tt.in)))
		expect(t, tt.name+", byte by byte", all(t, slow), tt.want...)
	}
}

func TestFault57LongLine(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", 300<<10) + `"}`
	in := "{\"a\":1}\n" + long + "\n{\"a\":2}\n" + long
	for _, format := range []Format{FormatJSONL, FormatText} {
		items := all(t, Read(strings.NewReader(in), Options{Format: format, MaxLine: 100 << 10}))
		if len(items) != 4 {
			t.Fatalf("%v: %d items", format, len(items))
		}
		for _, i := range []int{1, 3} {
			e, ok := asLineError(items[i].Err)
			if !ok || e.Line != int64(i+1) || len(e.Text) != maxSnippet || items[i].Raw != nil {
				t.Errorf("%v: item %d: %v", format, i, items[i].Err)
			}
		}
		if items[2].Err != nil || items[2].Line != 3 || Sum(&items[1]) != Sum(&items[3]) {
			t.Errorf("%v: %+v", format, items[2])
		}
	}
	exact := strings.Repeat("x", 100)
	items := all(t, Read(strings.NewReader(exact+"\r\n"+exact+"y\n"+exact), Options{Format: FormatText, MaxLine: 100}))
	if len(items) != 3 || items[0].Err != nil || items[1].Err == nil || items[2].Err != nil {
		t.Errorf("at the cap: %+v", items)
	}
}

func TestLineBufferShrinks(t *testing.T) {
	in := strings.Repeat("x", 4<<20) + "\n" + strings.Repeat("y\n", 1<<20)
	l := newLineReader(strings.NewReader(in), 0)
	for {
		if _, err := l.next(); err != nil {
			break
		}
	}
	if len(l.buf) != readSize {
		t.Errorf("the buffer still has %d bytes", len(l.buf))
	}
}

func TestFault58InvalidLine(t *testing.T) {
	in := "{\"a\":1}\n{\"a\":}\n[1]\n12\nnull\n{\"a\":1} {\"a\":2}\n{\"a\":1\n\"x\"\n"
	items := all(t, JSONL(strings.NewReader(in)))
	expect(t, "invalid", items,
		`1  {"a":1}`,
		"2 !line 2: invalid JSON at byte 6: invalid character '}' looking for beginning of value",
		"3 !line 3: an item must be a JSON object or a string",
		"4 !line 4: an item must be a JSON object or a string",
		"5 !line 5: an item must be a JSON object or a string",
		"6 !line 6: more text follows the item: one JSON object or string a line is due",
		"7 !line 7: invalid JSON at byte 6: unexpected end of JSON input",
		`8  "x"`)
	e, _ := asLineError(items[1].Err)
	if string(e.Text) != `{"a":}` {
		t.Errorf("text %q", e.Text)
	}
}

func TestFault58Strict(t *testing.T) {
	items, err := drain(Read(strings.NewReader("{}\n{]\n{}\n"), Options{Strict: true, Format: FormatJSONL}))
	if e, ok := asLineError(err); len(items) != 1 || !ok || e.Line != 2 {
		t.Errorf("got %d items, %v", len(items), err)
	}
}

func TestFault40DeepNesting(t *testing.T) {
	for depth, ok := range map[int]bool{jsonscan.MaxDepth: true, jsonscan.MaxDepth + 1: false, 5_000_000: false} {
		b := []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
		if jsonscan.Valid(b) != ok {
			t.Errorf("depth %d: valid is %v", depth, !ok)
		}
	}
	in := `{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}\n{}\n"
	if items := all(t, JSONL(strings.NewReader(in))); len(items) != 2 || items[0].Err == nil || items[1].Err != nil {
		t.Errorf("got %d items, %v", len(items), items[0].Err)
	}
}

func TestText(t *testing.T) {
	in := "\ufeff one \"two\"\r\n\n\t\nt\tab \\ \xff é \u2028\nlast"
	expect(t, "text", all(t, Text(strings.NewReader(in))),
		`1  " one \"two\""`, "4  \"t\\tab \\\\ \ufffd é \u2028\"", `5  "last"`)
}

func TestFault61CSV(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"plain", "id,text\n1,a b\n2,\n", []string{`2 1 {"id":"1","text":"a b"}`, `3 2 {"id":"2","text":""}`}},
		{"byte order mark, CRLF, no last newline", "\ufefftext,n\r\na,1\r\nb,2", []string{`2  {"text":"a","n":"1"}`, `3  {"text":"b","n":"2"}`}},
		{"quotes", "\"te\"\"xt\",n\n\"a \"\"b\"\", c\",\"\"\n", []string{`2  {"te\"xt":"a \"b\", c","n":""}`}},
		{"quoted newlines", "text,n\n\"a\nb\r\n\nc\",1\nd,2\n", []string{`2  {"text":"a\nb\r\n\nc","n":"1"}`, `6  {"text":"d","n":"2"}`}},
		{"ragged", "a,b\n1\n1,2,3\n1,2\n", []string{
			"2 !line 2: the record has 1 field, the header has 2", "3 !line 3: the record has 3 fields, the header has 2", `4  {"a":"1","b":"2"}`}},
		{"blank lines", "\na\n\n1\n\n", []string{`4  {"a":"1"}`}},
		{"bare quote", "a,b\n5\" disk,x\n1,2\n", []string{`2 !line 2: a field holds a "*`, `3  {"a":"1","b":"2"}`}},
		{"text behind a quote", "a,b\n\"x\" y,z\n1,2\n", []string{"2 !line 2: text follows the closing*", `3  {"a":"1","b":"2"}`}},
		{"never closed", "a,b\n1,2\n\"x,y\nz\n", []string{`2  {"a":"1","b":"2"}`, "3 !line 3: a quoted field that begins in this record is never closed*"}},
		{"no name", "a,,\n1,2,3\n", []string{`2  {"a":"1","column_2":"2","column_3":"3"}`}},
		{"custom_id", "id,custom_id\n1,x\n", []string{`2 x {"id":"1","custom_id":"x"}`}},
		{"header only", "a,b\n", nil},
		{"nothing", "", nil},
		{"not UTF-8", "a\n\xe9\n", []string{"2  {\"a\":\"\ufffd\"}"}},
	}
	for _, tt := range tests {
		expect(t, tt.name, all(t, CSV(strings.NewReader(tt.in))), tt.want...)
		expect(t, tt.name+", byte by byte", all(t, CSV(iotest.OneByteReader(strings.NewReader(tt.in)))), tt.want...)
	}
	tsv := all(t, Read(strings.NewReader("a\tb\n1, 2\t3\n"), Options{Format: FormatTSV}))
	expect(t, "tsv", tsv, `2  {"a":"1, 2","b":"3"}`)
}

func TestCSVLongRecord(t *testing.T) {
	in := "a\n\"" + strings.Repeat("x\n", 100) + "\"\ny\n"
	items := all(t, Read(strings.NewReader(in), Options{Format: FormatCSV, MaxLine: 50}))
	if e, ok := asLineError(items[0].Err); !ok || e.Line != 2 || !strings.Contains(e.Error(), "longer than 50 bytes") {
		t.Errorf("got %v", items[0].Err)
	}
	if last := items[len(items)-1]; string(last.Raw) != `{"a":"y"}` {
		t.Errorf("the last item is %s", show(&last))
	}
}

func TestCSVHeaderErrors(t *testing.T) {
	for in, want := range map[string]string{
		"a,b,a\n1,2,3\n": `two columns "a"`,
		"a\"b\n1\n":      "line 1, the header: a field holds a",
	} {
		_, err := drain(CSV(strings.NewReader(in)))
		if _, ok := errors.AsType[*FileError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

func TestFault64BatchLines(t *testing.T) {
	line := func(fields string) string { return `{"custom_id":"a","method":"POST",` + fields + `}` }
	tests := []struct{ in, path, err string }{
		{line(`"url":"/v1/chat/completions","body":{"model":"m"}`), "/chat/completions", ""},
		{line(`"url":"/v1/embeddings","body":{"model":"m"}`), "/embeddings", ""},
		{line(`"url":"/v1/completions","body":{"model":"m"}`), "/completions", ""},
		{line(`"url":"/responses","body":{"model":"m"}`), "/responses", ""},
		{`{"body":{"model":"m"},"url":"\/v1\/chat\/completions","custom_id":"a"}`, "/chat/completions", ""},
		{line(`"url":"https://evil.example/v1/chat/completions","body":{"model":"m"}`), "", "is not allowed"},
		{line(`"url":"/v1/../chat/completions","body":{"model":"m"}`), "", "is not allowed"},
		{line(`"url":"/v1/files","body":{"model":"m"}`), "", "is not allowed"},
		{line(`"url":5,"body":{"model":"m"}`), "", "url 5 is not allowed"},
		{`{"custom_id":"a","method":"GET","url":"/v1/embeddings","body":{"model":"m"}}`, "", `method must be "POST", not "GET"`},
	}
	for _, tt := range tests {
		it := all(t, JSONL(strings.NewReader(tt.in)))[0]
		if it.ID != "a" || string(it.Raw) != tt.in {
			t.Errorf("%s: got %+v", tt.in, it)
		}
		if tt.err != "" {
			if it.Request != nil || it.Err == nil || !strings.Contains(it.Err.Error(), tt.err) || !strings.HasPrefix(it.Err.Error(), "line 1: ") {
				t.Errorf("%s: got %v", tt.in, it.Err)
			}
			continue
		}
		if it.Err != nil || it.Request == nil || it.Request.Path != tt.path || string(it.Request.Body) != `{"model":"m"}` {
			t.Errorf("%s: got %+v, %v", tt.in, it.Request, it.Err)
		}
	}
	for _, plain := range []string{`{"custom_id":"a","url":"https://x","body":"text"}`, `{"url":"/v1/embeddings","body":{}}`, `{"custom_id":"a","body":{}}`} {
		if it := all(t, JSONL(strings.NewReader(plain)))[0]; it.Request != nil || it.Err != nil {
			t.Errorf("%s is taken for a batch line", plain)
		}
	}
}

func TestCancelledRead(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("stop")
	cancel(cause)
	if _, err := JSONL(strings.NewReader("{}")).Next(ctx); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("broken pipe")
	src := JSONL(io.MultiReader(strings.NewReader("{}\n{}\n{\"cut"), iotest.ErrReader(broken)))
	items, err := drain(src)
	if len(items) != 2 || !errors.Is(err, broken) || !strings.Contains(err.Error(), "after line 2") {
		t.Errorf("got %d items, %v", len(items), err)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,-0.5e+7,"x\u00e9\n",true,false,null,{}]}`, `"\ud800"`, `[]`, `[1,]`, `{"a":1,}`, `{"a" 1}`, `01`, `-`, `1.`, `1e`, `"\x"`,
		"\"\t\"", `"abcdefgh\`, `tru`, ` { } `, `{"id":"x","custom_id":7,"body":{}}`, "\"\x80\xff\"", `"12345678"`, "\"1234567\x1f\"",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := jsonscan.Valid(b), json.Valid(b); got != want {
			t.Fatalf("%q: valid is %v, encoding/json says %v", b, got, want)
		}
		var it paceline.Item
		text := trimSpace(b)
		if len(text) == 0 {
			return
		}
		problem := parseItem(&it, text, true)
		if ok := json.Valid(b) && (text[0] == '{' || text[0] == '"'); ok != (problem == nil) {
			t.Fatalf("%q: %v", b, problem)
		}
		if problem == nil {
			checkCopy(t, &it, text)
		}
	})
}

// checkCopy holds an item to the text that it was copied from, and its id to what
// gjson finds there.
func checkCopy(t *testing.T, it *paceline.Item, text []byte) {
	want := ""
	for _, name := range []string{"custom_id", "id"} {
		v := gjson.GetBytes(text, name)
		if want == "" && (v.Type == gjson.Number || v.Type == gjson.String) && text[0] == '{' {
			want = idOf([]byte(v.Raw))
		}
	}
	var shared paceline.Item
	if err := parseItem(&shared, text, false); err != nil || shared.ID != want || it.ID != want || string(it.Raw) != string(text) {
		t.Fatalf("%q: %v; the id is %q, in a copy %q, want %q; copied %q", text, err, shared.ID, it.ID, want, it.Raw)
	}
	_ = append(it.Raw, "overwrites"...)
	clear(it.Raw)
	if it.ID != want {
		t.Fatalf("%q: the id has become %q", text, it.ID)
	}
}

// The reader must find the lines that bytes.Split and encoding/json find.
func FuzzJSONL(f *testing.F) {
	f.Add([]byte("{\"a\":1}\n\"x\"\r\n\n{\n[1]\n\ufeff{}"), uint8(3))
	f.Add([]byte("\ufeff{}\n"), uint8(0))
	f.Fuzz(func(t *testing.T, in []byte, chunk uint8) {
		if checkHead(in[:min(len(in), 4096)], FormatJSONL) != nil || strings.HasPrefix(string(in), "\x1f\x8b") || strings.HasPrefix(string(in), string(zstdMagic)) {
			return
		}
		var want []string
		for i, l := range strings.Split(strings.TrimPrefix(string(in), "\ufeff"), "\n") {
			if l = strings.Trim(l, " \t\r\n"); l != "" {
				good := json.Valid([]byte(l)) && (l[0] == '{' || l[0] == '"')
				want = append(want, fmt.Sprint(i+1, good, l))
			}
		}
		var r io.Reader = strings.NewReader(string(in))
		if chunk > 0 {
			r = &chunked{r: r, n: int(chunk)}
		}
		items := all(t, JSONL(r))
		if len(items) != len(want) {
			t.Fatalf("%d items, want %d", len(items), len(want))
		}
		for i, it := range items {
			got := fmt.Sprint(it.Line, true, string(it.Raw))
			if e, ok := asLineError(it.Err); ok && it.Raw == nil {
				got = fmt.Sprint(it.Line, false, strings.Trim(string(e.Text), " \t\r\n"))
			}
			if got != want[i] && len(want[i]) < maxSnippet {
				t.Fatalf("item %d: got %q, want %q", i, got, want[i])
			}
		}
	})
}

type chunked struct {
	r io.Reader
	n int
}

func (c *chunked) Read(p []byte) (int, error) { return c.r.Read(p[:min(c.n, len(p))]) }

// The records must be those of encoding/csv, which however turns \r\n inside
// quotes into \n.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,b\n\"x\"\"y\n\",2\n", "a\n\"", "a,b\nx\"y,1\n\"q\"z,1\n1,2", "\"a\n\",b\n\n1,2\n", "a,b\r\n1,2\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if strings.ContainsAny(in, "\r\x00") || strings.HasPrefix(in, "\ufeff") {
			return
		}
		p := csvParser{comma: []byte{','}}
		r := &csvReader{lines: newLineReader(strings.NewReader(in), 0), parse: p}
		std := csv.NewReader(strings.NewReader(in))
		std.FieldsPerRecord = -1
		for {
			want, wantErr := std.Read()
			problem, err := r.next()
			if wantErr == io.EOF || err == io.EOF {
				if wantErr != err {
					t.Fatalf("%q: ends with %v, encoding/csv with %v", in, err, wantErr)
				}
				return
			}
			if (problem != nil) != (wantErr != nil) {
				t.Fatalf("%q: %v, encoding/csv says %v", in, problem, wantErr)
			}
			if problem != nil {
				continue
			}
			if len(want) != len(r.parse.ends) {
				t.Fatalf("%q: %d fields, want %q", in, len(r.parse.ends), want)
			}
			for i := range want {
				if got := string(r.parse.field(i)); got != want[i] {
					t.Fatalf("%q: field %d is %q, want %q", in, i, got, want[i])
				}
			}
		}
	})
}

func benchmarkRead(b *testing.B, format Format, in string, keep bool) {
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		src := Read(strings.NewReader(in), Options{Format: format})
		n := 0
		var it paceline.Item
		for {
			if err := src.scan(context.Background(), &it, keep); err == io.EOF {
				break
			} else if err != nil || it.Err != nil {
				b.Fatal(err, it.Err)
			}
			n++
		}
		if n != 10_000 {
			b.Fatal(n)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	text := strings.Repeat("The room was clean, the staff kind. ", 7)
	objects := strings.Repeat(`{"id":12345,"text":"`+text+`\n","stars":4,"lang":"en"}`+"\n", 10_000)
	b.Run("jsonl", func(b *testing.B) { benchmarkRead(b, FormatJSONL, objects, true) })
	b.Run("jsonl-check", func(b *testing.B) { benchmarkRead(b, FormatJSONL, objects, false) })
	b.Run("text", func(b *testing.B) { benchmarkRead(b, FormatText, strings.Repeat(text+"\n", 10_000), true) })
	b.Run("csv", func(b *testing.B) {
		benchmarkRead(b, FormatCSV, "id,text\n"+strings.Repeat("12345,\""+text+"\"\n", 10_000), true)
	})
}
