package prompt

import (
	"encoding/json"
	"strings"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

// A draft says what Request says, item after item in the same memory: also behind
// items that bring their own body, and behind errors.
func TestDraftEqualsRequest(t *testing.T) {
	p := mustNew(t, Config{Prompt: "{{.a}}: {{.b.c}}", System: "s", Model: "m", Params: []Param{{"temperature", []byte("0")}}})
	var d Draft
	for i, raw := range []string{
		`{"a":"` + strings.Repeat("long ", 200) + `","b":{"c":1}}`, `{"a":"x","b":{"c":"\u00e9\ud83d\ude00\/\ud800"}}`, `{"a":1}`,
		`{"body":{"messages":[{"role":"user","content":"own"}],"model":"theirs"}}`, `{"a":"y","b":{"c":[1,{"z":2}]}}`,
		`{"messages":[],"temperature":1,"other":2}`, `{"a":"somebody","b":{"c":"messages"}}`, `{"body":{"messages":"none"}}`, `{"a":true,"b":{"c":null}}`,
	} {
		it := &paceline.Item{Index: int64(i), Raw: json.RawMessage(raw)}
		want, wantErr := p.Request(it)
		got, err := p.Draft(&d, it)
		if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
			t.Errorf("%s: %v, want %v", raw, err, wantErr)
			continue
		}
		if err == nil && (string(got.Body) != string(want.Body) || got.Model != want.Model) {
			t.Errorf("%s: drafted %s for %q, want %s for %q", raw, got.Body, got.Model, want.Body, want.Model)
		}
		if string(it.Raw) != raw {
			t.Errorf("the item %s has become %s", raw, it.Raw)
		}
	}
}

func TestDraftAllocatesNothing(t *testing.T) {
	p := mustNew(t, Config{Prompt: "{{.a}}: {{.b.c}}", Model: "m"})
	it := &paceline.Item{Raw: json.RawMessage(`{"a":"x\u00e9","b":{"c":1}}`)}
	var d Draft
	if n := testing.AllocsPerRun(100, func() {
		if _, err := p.Draft(&d, it); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%.0f allocations for a draft", n)
	}
}

func TestMessagesThatAreNone(t *testing.T) {
	p := mustNew(t, Config{Model: "m"})
	for _, it := range []paceline.Item{
		{Raw: json.RawMessage(`{"body":{"messages":"hi"}}`)},
		{Raw: json.RawMessage(`{}`), Request: &paceline.Request{Body: json.RawMessage(`{"messages":{"role":"user"}}`)}},
	} {
		if _, err := p.Request(&it); err == nil || !strings.Contains(err.Error(), `item 0: "messages" is no array`) {
			t.Errorf("%s: %v", it.Raw, err)
		}
	}
}
