package rawjson

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"unicode/utf8"
)

func TestWalk(t *testing.T) {
	text := []byte(` { "a" : 1 , "b":[1, "]"], "c\u0064":{"x":"}"} ,"e":"\\\"" , "f":true } `)
	want := map[string]string{"a": "1", "b": `[1, "]"]`, "cd": `{"x":"}"}`, "e": `"\\\""`, "f": "true"}
	c := Object(text)
	n := 0
	for c.Next() {
		n++
		if got := string(c.Value()); got != want[string(c.Key())] || string(text[c.Offset():c.Offset()+len(got)]) != got {
			t.Errorf("%s: %s at %d", c.Key(), got, c.Offset())
		}
	}
	if c.Bad() || n != len(want) || text[c.End()] != '}' {
		t.Errorf("bad %v, %d members, end %d", c.Bad(), n, c.End())
	}
}

func TestGet(t *testing.T) {
	text := []byte(`{"a":{"b":[{"c":"x\ty"}]},"a2":null}`)
	list := Array(Path(text, "a", "b"))
	if !list.Next() || Str(Get(list.Value(), "c")) != "x\ty" || list.Next() {
		t.Error("path does not lead there")
	}
	if Get(text, "nope") != nil || Get([]byte("7"), "a") != nil || !Null(Get(text, "a2")) || Str([]byte("7")) != "" {
		t.Error("what is not there was found")
	}
}

func TestBadText(t *testing.T) {
	for _, text := range []string{"", " ", "7", "[", "{", `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1 "b":2}`, `{a:1}`, `{"a":"x`, `{"a":[}`, "]", `{"a":}`} {
		c := Object([]byte(text))
		for c.Next() {
		}
		if !c.Bad() {
			t.Errorf("%q is good", text)
		}
	}
}

// FuzzWalk holds that any text ends, and that valid objects are walked as
// encoding/json reads them.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":[1,2,{"c":"\""}],"":null}`))
	f.Add([]byte(`[{"a":"\\"},"]",1e5]`))
	f.Add([]byte(`{"a":"\ud83d`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got := make(map[string]string)
		c := Object(text)
		for c.Next() {
			got[string(c.Key())] = string(c.Value())
		}
		for a := Array(text); a.Next(); {
			Skip(a.Value(), 0)
		}
		var want map[string]json.RawMessage
		if !utf8.Valid(text) || json.Unmarshal(text, &want) != nil || want == nil {
			return
		}
		if c.Bad() || len(got) != len(want) {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
		for k, v := range want {
			if got[k] != string(v) {
				t.Errorf("%q: %s is %q, want %q", text, k, got[k], v)
			}
		}
	})
}

func BenchmarkWalk(b *testing.B) {
	text := []byte(`{"id":"chatcmpl-AbC123","object":"chat.completion.chunk","created":1741569952,"model":"m","choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}],"usage":null}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for c := Object(text); c.Next(); {
			_ = c.Value()
		}
	}
}

// TestLongStringsOfEscapes has escaped quotes and backslashes fall on every place of
// the walk, however it goes on behind one.
func TestLongStringsOfEscapes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		said := make([]byte, rng.IntN(300))
		for i := 0; i < len(said); i++ {
			said[i] = `"\a`[rng.IntN(3)]
			if rng.IntN(50) == 0 { // nothing to stop at for a while
				i += copy(said[i:], bytes.Repeat([]byte("b"), rng.IntN(100)))
			}
		}
		text, _ := json.Marshal(string(said))
		for _, behind := range []string{"", `,"`, `\"`} {
			if end := Skip(append(bytes.Clone(text), behind...), 0); end != len(text) {
				t.Fatalf("%s%s: ends at %d, want %d", text, behind, end, len(text))
			}
		}
		if end := Skip(text[:len(text)-1], 0); end != -1 {
			t.Fatalf("%s: ends at %d without its end", text[:len(text)-1], end)
		}
	}
}
