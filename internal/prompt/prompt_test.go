package prompt

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

func item(raw string) *paceline.Item {
	return &paceline.Item{Raw: json.RawMessage(raw), File: "in.jsonl", Line: 17, Index: 16}
}

func mustNew(t testing.TB, c Config) *Prompt {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func body(t testing.TB, p *Prompt, raw string) string {
	t.Helper()
	r, err := p.Request(item(raw))
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(r.Body) {
		t.Fatalf("body is not JSON: %s", r.Body)
	}
	return string(r.Body)
}

// render returns what a template prints.
func render(t testing.TB, source, raw string) (string, error) {
	t.Helper()
	p := mustNew(t, Config{Prompt: source})
	r, err := p.Request(item(raw))
	if err != nil {
		return "", err
	}
	var b struct{ Messages []paceline.Message }
	if err := json.Unmarshal(r.Body, &b); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return b.Messages[len(b.Messages)-1].Content, nil
}

func TestRender(t *testing.T) {
	const it = `{"text":"Hi \"you\"\n<b>","n":12345678901234567890,"f":1.50,"ok":true,"no":null,` +
		`"a":{"z":[1,"x",null],"b":{"c":"deep"}},"tags":["x","y"],"e":[],"zero":0,"score":0.7,"caf\u00e9":"au lait"}`
	tests := []struct{ template, want string }{
		{"Classify: {{.text}}", "Classify: Hi \"you\"\n<b>"},
		{"{{.n}} {{.f}} {{.ok}} [{{.no}}]", "12345678901234567890 1.50 true []"},
		{"{{.a.b.c}}", "deep"},
		{"{{.a}}", `{"z":[1,"x",null],"b":{"c":"deep"}}`},
		{"{{.tags}} {{json .tags}} {{json .text}}", `["x","y"] ["x","y"] "Hi \"you\"\n<b>"`},
		{"{{json .no}}{{json .n}}", "null12345678901234567890"},
		{"{{.café}}", "au lait"},
		{`{{join ", " .tags}}`, "x, y"},
		{`{{.text | upper | truncate 4}}`, `HI "`},
		{`{{default "none" .missing}} {{.missing | default "none"}} {{default "d" .no}}`, "none none d"},
		{`{{if .missing}}a{{else}}b{{end}}{{with .a.nothing}}c{{end}}{{if .e}}d{{end}}{{if .zero}}e{{end}}`, "b"},
		{`{{if and .ok (not .missing)}}yes{{end}}`, "yes"},
		{`{{range $i, $t := .tags}}{{add 1 $i}}={{$t}};{{end}}`, "1=x;2=y;"},
		{`{{range $k, $v := .a.b}}{{$k}}={{$v}}{{end}}{{range .no}}x{{end}}`, "c=deep"},
		{`{{range .a.z}}{{.}},{{end}}`, "1,x,,"},
		{`{{if gt .score 0.5}}high{{end}}{{if lt .n 5}}low{{end}}{{if eq .zero 0}}zero{{end}}`, "highzero"},
		{`{{if eq .a.b.c "x" "deep"}}in{{end}}{{if ne .no "x"}}null{{end}}`, "innull"},
		{`{{index .tags 1}}{{index . "text" | len}}{{(index .a "b").c}}{{if index .tags 9}}x{{end}}{{default "d" (index .no "x" 1)}}{{index . "nope" | default "e"}}`, "y12deepde"},
		{`{{with $x := .a}}{{$x.b.c}}{{$.ok}}{{end}}`, "deeptrue"},
		{`{{define "t"}}<{{.c}}>{{end}}{{template "t" .a.b}}`, "<deep>"},
		{`{{printf "%.1f" .score}}{{printf "%d" .zero}}{{printf "%s" .tags}}`, `0.70["x","y"]`},
		{`{{trim "  x "}}{{lower "AB"}}{{replace "a" "b" "aa"}}{{split "," "a,b"}}`, `xabbb["a","b"]`},
		{`{{oneline .text}}|{{words 1 .text}}|{{indent 2 .text}}`, "Hi \"you\" <b>|Hi|  Hi \"you\"\n  <b>"},
		{`{{if contains "you" .text}}1{{end}}{{if hasPrefix "Hi" .text}}2{{end}}{{if hasSuffix ">" .text}}3{{end}}{{sub 1 5}}`, "1234"},
		{`{{if le .zero 0}}1{{end}}{{if ge "b" "a"}}2{{end}}`, "12"},
		{"{{/* a comment */}}x {{- .ok -}} y", "xtruey"},
	}
	for _, tt := range tests {
		got, err := render(t, tt.template, it)
		if err != nil || got != tt.want {
			t.Errorf("%s:\n got %q, %v\nwant %q", tt.template, got, err, tt.want)
		}
	}
}

func TestRenderString(t *testing.T) {
	for _, source := range []string{"{{.}}", "{{.text}}", `{{printf "%s" .}}`, "{{trim .text}}", `{{index . "text"}}`} {
		if got, err := render(t, source, `"a \u00e9\n\"b\""`); err != nil || got != "a é\n\"b\"" {
			t.Errorf("%s: got %q, %v", source, got, err)
		}
	}
}

func TestRenderErrors(t *testing.T) {
	tests := []struct{ template, item, want string }{
		{"{{.txt}}", `{"id":1,"text":"a"}`, "in.jsonl:17: no field .txt (did you mean text?); the fields are id, text"},
		{"{{.a.bb}}", `{"a":{"b":1}}`, "in.jsonl:17: no field .a.bb (did you mean b?); the fields are b"},
		{"{{.a.b}}", `{"a":"x"}`, "in.jsonl:17: prompt: .a: a string has no field \"b\""},
		{"{{.a.b}}", `{"a":null}`, ".a: null has no field \"b\""},
		{"{{.x}}", `{}`, "no field .x; there are no fields"},
		{"{{.x}}", `"line"`, "no field .x; text has only .text; for CSV give --input-format csv"},
		{"{{.a}}", `{"a;b":"1;2"}`, "no field .a; the only field is a;b: fields of CSV are parted by commas, not semicolons"},
		{`{{if gt .x 1}}{{end}}`, `{"y":1}`, "no field .x (did you mean y?)"},
		{`{{if gt .x 1}}{{end}}`, `{"x":"1"}`, "a string and a number cannot be compared"},
		{`{{join "," .x}}`, `{"x":"1"}`, "join wants an array, not a string"},
		{`{{index .x 0}}`, `{"x":"1"}`, `a string has no field "0"`},
		{`{{index . "Review Txt"}}`, `{"Review Text":"1"}`, "no field .Review Txt (did you mean Review Text?)"},
		{`{{index .x 2}}`, `{"x":[1,2]}`, "there is no element 2 in an array of 2"},
		{`{{index .x "a"}}`, `{"x":[1,2]}`, "must be a whole number"},
		{`{{range .x}}{{end}}`, `{"x":"1"}`, "range can't iterate over"},
		{`{{template "t" .}}{{define "t"}}{{template "t" .}}{{end}}`, `{}`, "exceeded maximum template depth"},
	}
	for _, tt := range tests {
		_, err := render(t, tt.template, tt.item)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v\nwant %s", tt.template, err, tt.want)
		}
		if _, ok := errors.AsType[*ItemError](err); !ok {
			t.Errorf("%s: %T is no *ItemError", tt.template, err)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error has several lines: %q", tt.template, err)
		}
	}
}

func TestMissingFieldError(t *testing.T) {
	_, err := render(t, "a {{.txt}}", `{"text":1}`)
	e, ok := errors.AsType[*MissingFieldError](err)
	if !ok || e.Field != ".txt" || e.Nearest != "text" || len(e.Fields) != 1 {
		t.Fatalf("got %#v", err)
	}
}

func TestBody(t *testing.T) {
	c := Config{
		Prompt: "{{.q}}", System: "Be {{.how}}.", Model: "m",
		Params: []Param{{"temperature", []byte("0.2")}, {"seed", []byte("1")}, {"temperature", []byte("0.3")}},
		Body:   []byte("{\"seed\":2,\n\"big\":12345678901234567890,\"response_format\":{\n\"type\":\"json_object\"}}"),
	}
	got := body(t, mustNew(t, c), `{"q":"a\"b","how":"kind"}`)
	want := `{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"a\"b"}],` +
		`"temperature":0.3,"seed":1,"big":12345678901234567890,"response_format":{"type":"json_object"}}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestModel(t *testing.T) {
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"config", Config{Model: "a", Body: []byte(`{"model":"c"}`)}, "a"},
		{"parameter", Config{Params: []Param{{"model", []byte(`"b"`)}}, Body: []byte(`{"model":"c"}`)}, "b"},
		{"body", Config{Body: []byte(`{"model":"c"}`)}, "c"},
		{"none", Config{}, ""},
	}
	for _, tt := range tests {
		tt.c.Prompt = "x"
		p := mustNew(t, tt.c)
		r, err := p.Request(item(`{}`))
		if err != nil || r.Model != tt.want {
			t.Errorf("%s: got %q, %v", tt.name, r.Model, err)
		}
		if n := strings.Count(string(r.Body), `"model"`); n != min(len(tt.want), 1) {
			t.Errorf("%s: %d models in %s", tt.name, n, r.Body)
		}
	}
}

func TestFields(t *testing.T) {
	for _, tt := range []struct {
		c    Config
		want []string
	}{
		{Config{Prompt: "{{.b}} {{.a.x}} {{with .note}}{{.}}{{end}} {{$.c}}", System: "{{.lang}}"}, []string{"a", "b", "c", "lang", "note"}},
		{Config{Messages: []byte(`[{"role":"user","content":"{{.q}}"},{"role":"user","content":"plain"}]`)}, []string{"q"}},
		{Config{Prompt: "{{.}}"}, nil},
		{Config{}, nil},
	} {
		if got := mustNew(t, tt.c).Fields(); !slices.Equal(got, tt.want) {
			t.Errorf("%+v uses %q, want %q", tt.c, got, tt.want)
		}
	}
}

func TestFieldsOfTheRequestThatAreOurs(t *testing.T) {
	for _, tt := range []struct {
		c    Config
		want string
	}{
		{Config{Params: []Param{{"stream", []byte("false")}}}, "stream cannot be a parameter: answers are streamed from the server, with their usage, unless you give --no-stream"},
		{Config{Params: []Param{{"stream_options", []byte("{}")}}}, "stream_options cannot be a parameter: answers are"},
		{Config{Body: []byte(`{"stream":true}`)}, "--body must not hold stream: answers are"},
		{Config{Model: "a", Params: []Param{{"model", []byte(`"b"`)}}}, "-m and the parameter model both name a model: give one of them"},
	} {
		tt.c.Prompt = "x"
		if _, err := New(tt.c); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestMessages(t *testing.T) {
	p := mustNew(t, Config{Model: "m", Messages: []byte(` [
		{"role": "{{.who}}", "content": [{"type":"text","text":"Say: {{.text}}"}, {"type":"image_url","image_url":{"url":"{{.url}}","n":1.0}}]},
		{"role": "user", "content": "{{join \", \" .tags}} plain \u00e9"} ]`)})
	got := body(t, p, `{"who":"user","text":"\"}],\\ {{.x}}","url":"data:x","tags":["a","b"]}`)
	want := `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"Say: \"}],\\ {{.x}}"},` +
		`{"type":"image_url","image_url":{"url":"data:x","n":1.0}}]},{"role":"user","content":"a, b plain é"}]}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOwnRequests(t *testing.T) {
	c := Config{Model: "m", Params: []Param{{"temperature", []byte("0.2")}, {"n", []byte("2")}}}
	withPrompt := c
	withPrompt.Prompt = "{{.text}}"
	namesThem := c
	namesThem.Prompt = "{{json .messages}}{{.body}}"
	tests := []struct {
		name string
		c    Config
		item string
		want string
	}{
		{"body", c, `{"body": {"x" : 1e2, "n":1 } }`, `{"x" : 1e2, "n":1 ,"model":"m","temperature":0.2}`},
		{"empty body", c, `{"body":{}}`, `{"model":"m","temperature":0.2,"n":2}`},
		{"complete body", c, `{"body":{"model":"o","n":1,"temperature":0}}`, `{"model":"o","n":1,"temperature":0}`},
		{"messages", c, `{"id":7,"messages":[ {"role":"user"} ],"temperature":1,"label":"x"}`,
			`{"messages":[ {"role":"user"} ],"temperature":1,"model":"m","n":2}`},
		{"messages before a prompt", withPrompt, `{"messages":[],"model":"o"}`, `{"messages":[],"model":"o","temperature":0.2,"n":2}`},
		{"a text called body", withPrompt, `{"body":"b","text":"t"}`,
			`{"model":"m","messages":[{"role":"user","content":"t"}],"temperature":0.2,"n":2}`},
		{"a prompt that names them", namesThem, `{"messages":[1],"body":{"a":"b"}}`,
			`{"model":"m","messages":[{"role":"user","content":"[1]{\"a\":\"b\"}"}],"temperature":0.2,"n":2}`},
	}
	for _, tt := range tests {
		if got := body(t, mustNew(t, tt.c), tt.item); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

func TestBatchItemsKeepTheirRequest(t *testing.T) {
	p := mustNew(t, Config{Model: "m", Prompt: "x", Params: []Param{{"n", []byte("2")}}})
	tests := []struct{ body, want, model string }{
		{`{"input": "a"}`, `{"input": "a","model":"m"}`, "m"},
		{`{"model":"o" , "input":"a"}`, `{"model":"o" , "input":"a"}`, "o"},
	}
	for _, tt := range tests {
		it := item(`{}`)
		it.Request = &paceline.Request{Body: json.RawMessage(tt.body), Path: "/embeddings"}
		r, err := p.Request(it)
		if err != nil || string(r.Body) != tt.want || r.Path != "/embeddings" || r.Model != tt.model {
			t.Errorf("got %+v, %v", r, err)
		}
		if string(it.Request.Body) != tt.body || it.Request.Model != "" {
			t.Errorf("the item's own request was changed: %+v", it.Request)
		}
	}
}

func TestItemsWithoutRequest(t *testing.T) {
	p := mustNew(t, Config{Model: "m"})
	if _, err := p.Request(item(`{"text":"a"}`)); err == nil || !strings.Contains(err.Error(), "in.jsonl:17: the item has neither messages nor a body") {
		t.Errorf("got %v", err)
	}
	bad := item(``)
	bad.Err = errors.New("broken")
	if _, err := p.Request(bad); err != bad.Err {
		t.Errorf("got %v, want the item's own error", err)
	}
	nowhere := &paceline.Item{Index: 3, Raw: json.RawMessage(`{}`)}
	if _, err := p.Request(nowhere); err == nil || !strings.HasPrefix(err.Error(), "item 3: ") {
		t.Errorf("got %v", err)
	}
}

func TestConfigErrors(t *testing.T) {
	tests := []struct {
		c    Config
		want string
	}{
		{Config{Prompt: "{{.text"}, "prompt:1: unclosed action"},
		{Config{Prompt: "a\n{{uper .x}}"}, `prompt:2:3: there is no function "uper" (did you mean "upper"?)`},
		{Config{Prompt: "{{question}}"}, `prompt:1:3: there is no function "question"; for a field write .question`},
		{Config{Prompt: "{{_maybeIndex . `x`}}"}, `there is no function "_maybeIndex"`},
		{Config{Prompt: "{{.first-name}}"}, `{{index . "first-name"}}`},
		{Config{Prompt: "x", System: "{{end}}"}, "system:1: unexpected {{end}}"},
		{Config{Prompt: "{{_field . `` `x`}}"}, `there is no function "_field"`},
		{Config{Messages: []byte(`[{"role":"user","content":"{{nope}}"}]`)}, `messages[0].content:1:3: there is no function "nope"`},
		{Config{Messages: []byte(`{}`)}, "--messages must be a JSON array"},
		{Config{Messages: []byte(`[]`)}, "--messages is an empty array"},
		{Config{Messages: []byte(`[{"content":"x"}]`)}, `message 1 has no "role"`},
		{Config{Messages: []byte(`[{"role":"user"}]`), Prompt: "x"}, "leave -p and --system out"},
		{Config{System: "x"}, "--system needs a prompt"},
		{Config{Prompt: "x", Body: []byte(`[1]`)}, "--body must be one JSON object"},
		{Config{Prompt: "x", Body: []byte(`null`)}, "--body must be one JSON object"},
		{Config{Prompt: "x", Body: []byte(`{"messages":[]}`)}, "--body must not hold messages"},
		{Config{Prompt: "x", Params: []Param{{"messages", []byte("[]")}}}, "messages cannot be a parameter"},
		{Config{Prompt: "x", Params: []Param{{"a", []byte("{")}}}, "parameter a: its value is not valid JSON"},
		{Config{Prompt: "x", Params: []Param{{"model", []byte("1")}}}, "model must be a string"},
	}
	for _, tt := range tests {
		if _, err := New(tt.c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v:\n got %v\nwant %s", tt.c, err, tt.want)
		}
	}
}

func TestParseParam(t *testing.T) {
	tests := []struct{ arg, value, err string }{
		{"temperature=0.2", "0.2", ""},
		{"stop=END", `"END"`, ""},
		{`stop=["a","b"]`, `["a","b"]`, ""},
		{"x=", `""`, ""},
		{"x=a=b", `"a=b"`, ""},
		{"seed=12345678901234567890", "12345678901234567890", ""},
		{`x="1"`, `"1"`, ""},
		{"x=2026-11-23", `"2026-11-23"`, ""},
		{"x=.5", "", "write 0.5"},
		{"x=True", "", "write true"},
		{"x=None", "", "write null"},
		{`x={"a":1`, "", "single quotes"},
		{"x", "", "name=value"},
		{"=1", "", "name=value"},
		{"a b=1", "", "blanks"},
	}
	for _, tt := range tests {
		p, err := ParseParam(tt.arg)
		if tt.err == "" && (err != nil || string(p.Value) != tt.value) {
			t.Errorf("%s: got %s, %v, want %s", tt.arg, p.Value, err, tt.value)
		}
		if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: got %v, want %s", tt.arg, err, tt.err)
		}
	}
}

func TestReadArg(t *testing.T) {
	read := func(path string) ([]byte, error) {
		if path != "p.txt" {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		return []byte("\ufeffHello\n\r\n"), nil
	}
	for arg, want := range map[string]string{"x@y": "x@y", "@p.txt": "Hello\n", "@@p.txt": "@p.txt", "": ""} {
		if got, err := ReadArg(arg, read); err != nil || got != want {
			t.Errorf("%s: got %q, %v", arg, got, err)
		}
	}
	for _, arg := range []string{"@", "@missing.txt"} {
		if _, err := ReadArg(arg, read); err == nil {
			t.Errorf("%s: no error", arg)
		}
	}
	if _, err := ReadArg("@missing.txt", read); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	p := mustNew(t, Config{Prompt: "{{upper .a}}", System: "{{.a}}"})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if got := body(t, p, `{"a":"x"}`); !strings.HasSuffix(got, `"content":"X"}]}`) {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
}

func TestFunctionsAreSortedAndUsable(t *testing.T) {
	last := ""
	for _, f := range Functions() {
		if f.Name <= last {
			t.Errorf("%s comes after %s", f.Name, last)
		}
		last = f.Name
		if _, err := New(Config{Prompt: "{{$i := 1}}{{" + f.Usage + "}}"}); err != nil {
			t.Errorf("usage of %s: %v", f.Name, err)
		}
	}
}
