package prompt

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Both ways of rendering a simple template must give the same bytes.

func FuzzFastEqualsFull(f *testing.F) {
	for _, raw := range []string{
		`{"a":"x","b":{"c":1}}`, `{"a":"\u00e9\ud800\u0041\\\"\n\/","b":{"c":-0}}`, `"line \ud83d\ude00"`,
		`{"a":1.50,"b":{"c":1E5}}`, `{"a":null,"b":{"c":true}}`, `{"a":[1,{"x":2}],"b":{"c":{}}}`, `{"a":1,"a":2,"b":{"c":1},"b":{"c":2}}`,
		`{"\u0061":"escaped","b":{"c":"\u2028"}}`, "{\"a\":\"\xff\xfe\",\"b\":{\"c\":\"\x7f\"}}", `{"a":"x"}`, `{"b":1}`, `{}`, `""`,
		`{"a":{"a":1},"b":"x"}`, `{"a":12345678901234567890,"b":{"c":0.1e-400}}`, `{"a.b":1,"a":"<&>"}`, ` {"a" : "x" , "b" : { "c" : "y" } } `,
	} {
		f.Add([]byte(raw))
	}
	prompt, templates := fields{}, []*tmpl{}
	for _, source := range []string{"{{.}}", "<{{.a}}>\n", "{{.b.c}} \"{{.a}}", "{{.text}}", "{{.a.a}}"} {
		c, err := compile("prompt", source, &prompt)
		if err != nil || !c.simple {
			f.Fatal(source, err)
		}
		templates = append(templates, c)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		for _, c := range templates {
			compare(t, c, prompt, raw)
		}
	})
}

func compare(t interface{ Fatalf(string, ...any) }, c *tmpl, prompt fields, raw []byte) {
	var seen sight
	seen.look(raw, prompt)
	fast, ok := c.appendFast(nil, raw, &seen)
	full, err := c.appendFull(nil, raw)
	if ok && (err != nil || string(fast) != string(full)) {
		t.Fatalf("%s:\nfast %s\nfull %s, %v", raw, fast, full, err)
	}
	if err == nil && (!utf8.Valid(full) || !json.Valid([]byte(`"`+string(full)+`"`))) {
		t.Fatalf("%s: not the inside of a JSON string: %s", raw, full)
	}
}

// The text that arrives is the text that encoding/json finds in the item.
func TestTextSurvives(t *testing.T) {
	prompt := fields{}
	c, err := compile("prompt", "{{.a}}", &prompt)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		raw, _ := json.Marshal(map[string]string{"a": s, "b": s})
		compare(t, c, prompt, raw)
		var seen sight
		seen.look(raw, prompt)
		out, err := c.append(nil, raw, &seen)
		if err != nil {
			t.Fatalf("%v", err)
		}
		var got string
		if err := json.Unmarshal([]byte(`"`+string(out)+`"`), &got); err != nil || got != strings.ToValidUTF8(s, "\ufffd") {
			t.Fatalf("got %q, %v, want %q", got, err, s)
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	raw := `{"id":123,"text":"` + strings.Repeat("The room was clean, the staff \\\"kind\\\". ", 6) + `","stars":4,"lang":"en"}`
	for _, bm := range []struct{ name, template string }{
		{"fast", "Classify this review ({{.lang}}, {{.stars}} stars): {{.text}}"},
		{"full", "Classify this review ({{.lang}}, {{.stars}} stars): {{trim .text}}"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			p := mustNew(b, Config{Prompt: bm.template, System: "Answer with one word.", Model: "m", Params: []Param{{"temperature", []byte("0")}}})
			it := item(raw)
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Request(it); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
