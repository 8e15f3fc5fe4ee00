package paceline

import (
	"testing"

	"github.com/tidwall/gjson"
)

// TestReadBody holds the one walk over a body to a search for each member.
func TestReadBody(t *testing.T) {
	names := []string{"max_completion_tokens", "max_tokens", "max_output_tokens", "model", "n"}
	for _, body := range []string{
		`{}`, `{"model":"a"}`, `{"model":"a","model":"b","n":2,"n":3}`, ` { "n" : 4 , "messages":[{"model":"x","n":9}], "model":"z"} `,
		`{"m\u006fdel":"a","max_tokens":12,"max_output_tokens":"13","max_completion_tokens":null}`, `{"model":"\"q\u00e9","n":1e1}`,
		`[1,{"model":"a"}]`, `"model"`, `5`, ``, `{"model":`, `{"n":true,"max_tokens":{"n":7}}`,
	} {
		says := readBody([]byte(body))
		for i, name := range names {
			want := gjson.GetBytes([]byte(body), name)
			if got := says.of(i); got.Type != want.Type || got.String() != want.String() || got.Int() != want.Int() {
				t.Errorf("%s: %s is %v, want %v", body, name, got, want)
			}
		}
	}
}
