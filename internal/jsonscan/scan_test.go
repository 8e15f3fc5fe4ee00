package jsonscan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

var texts = []string{
	`{"a":[1,-0.5e+7,"x\u00e9\n",true,false,null,{}]}`, `"\ud800"`, `[]`, `[1,]`, `{"a":1,}`, `{"a" 1}`, `01`, `-`, `1.`, `1e`, `"\x"`,
	"\"\t\"", `"abcdefgh\`, `tru`, ` { } `, `{"id":"x","n":7,"model":{}}`, "\"\x80\xff\"", `"12345678"`, "\"1234567\x1f\"",
	`{"n":1,"n":2}`, `{"\u006e":3,"n":4}`, `{"a":{"n":1},"model":"m\"","n":[{}]}`, ` {"n" : 1 , "model" : "x" } `, `{"n":1}}`, `{"n":1,"model`,
}

func FuzzValid(f *testing.F) {
	for _, s := range append(texts, grammar...) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { sameVerdict(t, b) })
}

// Find must find what gjson finds in valid JSON, byte for byte.
func FuzzFind(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s))
	}
	names := []string{"n", "model", "missing"}
	f.Fuzz(func(t *testing.T, b []byte) {
		found := make([]Span, len(names))
		ok := Find(b, names, found)
		if !json.Valid(b) {
			return
		}
		if object := bytes.TrimLeft(b, " \t\r\n")[0] == '{'; ok != object {
			t.Fatalf("%q: found is %v, an object it is: %v", b, ok, object)
		} else if !object {
			return
		}
		for i, name := range names {
			want := gjson.GetBytes(b, name)
			if got := string(found[i].Of(b)); got != want.Raw || found[i].None() != !want.Exists() {
				t.Fatalf("%q: %s is %q, gjson finds %q", b, name, got, want.Raw)
			}
		}
	})
}

func TestFault40DeepNesting(t *testing.T) {
	for depth, ok := range map[int]bool{MaxDepth: true, MaxDepth + 1: false, 5_000_000: false} {
		if got := Valid([]byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))); got != ok {
			t.Errorf("depth %d: valid is %v", depth, got)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	body := []byte(`{"model":"m","messages":[{"role":"user","content":"` + strings.Repeat("The room was clean, the staff \\\"kind\\\". ", 8) + `"}],"temperature":0}`)
	names := []string{"model", "max_tokens", "n"}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var found [3]Span
		if !Find(body, names, found[:]) || found[0].None() {
			b.Fatal("not found")
		}
	}
}
