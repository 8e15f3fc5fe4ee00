package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"
)

// grammar are texts, valid and invalid, in every way that JSON has.
var grammar = []string{
	"", " ", "{", "}", "[", "]", "[]", "{}", " [ ] ", " { } ", "[1,]", "[,1]", "{,}", `{"a":1,}`, `{"a":1 "b":2}`,
	`{"a"}`, `{"a":}`, `{a:1}`, `{1:1}`, `[}`, `{]`, `{"a":[}`, `[{"a":1]`, `[1 2]`, "[1]]", "{}{}", "1 2",
	"true", "tru", "truex", "false", "fals", "null", "nul", "nulll", "True",
	"0", "-0", "01", "-", "-01", "1.", ".5", "1.5", "1.e1", "1e", "1e+", "1E-9", "1e+05", "+1", "1x", "12345678901234567890", "0x1", "Infinity", "NaN",
	`""`, `"`, `"a`, `"\"`, `"\\"`, `"\""`, `"\u00e9"`, `"\u00e"`, `"\u00eg"`, `"\x"`, `"\`, `"\u`, "\"\x1f\"", "\"\n\"", "\"\x7f\"", "\"\xff\xfe\"", `"\ud800"`,
	`"12345678"`, `"1234567\"90"`, "\"1234567890123456\x01\"", `"12345678901234567\n"`, "\"1234567\xc3\xa9\"",
	"\ufeff{}", "\v1", "\u00a01", "[\r\n\t 1\r\n\t ]\n", `{"a" : [ 1 , { "b" : null } ] }`, "[1]\x00", "\x00", `{"a":1}` + "\x00",
	`{"choices":[{"index":0,"message":{"role":"assistant","content":"hi \"there\"","refusal":null}}],"usage":{"n":1}}`,
}

func TestValid(t *testing.T) {
	for _, text := range grammar {
		sameVerdict(t, []byte(text))
	}
}

// TestValidDepth cuts and closes nestings around the bound, and where a mask of them
// would be full.
func TestValidDepth(t *testing.T) {
	for _, n := range []int{1, 63, 64, 65, 127, 128, 129, 9_999, 10_000, 10_001} {
		for _, open := range []string{"[", `{"a":`, `[{"a":`} {
			text := strings.Repeat(open, n) + "1"
			closed := text
			for i := len(text) - 1; i >= 0; i-- {
				switch text[i] {
				case '[':
					closed += "]"
				case '{':
					closed += "}"
				}
			}
			sameVerdict(t, []byte(text))
			sameVerdict(t, []byte(closed))
			sameVerdict(t, []byte(strings.Replace(closed, "]", "}", 1)))
		}
	}
}

func sameVerdict(t *testing.T, text []byte) {
	t.Helper()
	if got, want := Valid(text), json.Valid(text); got != want {
		t.Errorf("%.100q is valid: %v, want %v", text, got, want)
	}
}

func BenchmarkValid(b *testing.B) {
	text := []byte(`{"id":"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT","object":"chat.completion","created":1741569952,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("an answer of some words ", 10) + `","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":50,"total_tokens":69}}`)
	for name, valid := range map[string]func([]byte) bool{"jsonscan": Valid, "encoding-json": json.Valid} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				valid(text)
			}
		})
	}
}
