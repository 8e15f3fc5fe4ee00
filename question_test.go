package paceline

import (
	"cmp"
	"testing"

	"github.com/tidwall/gjson"
)

// One walk over a body must find what gjson finds in it, field by field: also in a
// body that is no JSON, which a lenient server may take.
func FuzzQuestion(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `{"model":"m","max_tokens":5,"n":2}`, `{"max_completion_tokens":7,"max_tokens":5}`, `{"max_completion_tokens":-7,"max_output_tokens":5.9}`,
		`{"max_completion_tokens":"7","max_tokens":1e3,"n":"2"}`, `{"model":7,"n":null}`, `{"n":1,"n":3,"mod\u0065l":"x"}`, `{"messages":[{"model":"inner","n":4}],"model":"m\n"}`,
		`{"model":"m","n":2`, `[{"n":2}]`, `"n"`, ` {"n" : 3 } `, `{"model":"m" "n":2}`, `{"a":{"n":9},"max_tokens":99999999999999999999}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var want int64
		for _, name := range []string{"max_completion_tokens", "max_tokens", "max_output_tokens"} {
			if v := gjson.GetBytes(body, name); want == 0 && v.Type == gjson.Number && v.Int() > 0 {
				want = v.Int()
			}
		}
		model, choices := gjson.GetBytes(body, "model").String(), max(1, gjson.GetBytes(body, "n").Int())
		q := newQuestion(&Request{Body: body})
		if q.model != model || q.maxTokens != want || q.choices != choices {
			t.Fatalf("%q: asks %q for %d tokens and %d answers, want %q, %d, %d", body, q.model, q.maxTokens, q.choices, model, want, choices)
		}
		for _, r := range []Request{{Model: "own", MaxTokens: 3, Choices: 4}, {Model: "own"}, {MaxTokens: 3}, {MaxTokens: -1}, {Choices: 4}} {
			m, tokens, n := cmp.Or(r.Model, model), max(0, cmp.Or(r.MaxTokens, want)), cmp.Or(r.Choices, choices)
			r.Body = body
			if gotM, gotTokens, gotN := r.Asks(); gotM != m || gotTokens != tokens || gotN != n {
				t.Fatalf("%+v: asks %q for %d tokens and %d answers, want %q, %d, %d", r, gotM, gotTokens, gotN, m, tokens, n)
			}
		}
	})
}
