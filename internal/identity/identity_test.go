package identity

import (
	"strings"
	"testing"
)

func TestIdentityNamesWhatChanged(t *testing.T) {
	was := Run{Version: 1, Host: "a", Model: "m", Prompt: "p", Format: "jsonl", Params: []string{"n=1"}, Inputs: []string{"x"}}
	tests := []struct {
		name   string
		change func(*Run)
		want   string
	}{
		{"nothing", func(*Run) {}, ""},
		{"input moved", func(id *Run) { id.Inputs = []string{"y"} }, ""},
		{"model", func(id *Run) { id.Model = "n" }, `the model was "m" and is now "n"`},
		{"prompt", func(id *Run) { id.Prompt = strings.Repeat("é", 50) }, `the prompt was "p" and is now "` + strings.Repeat("é", 40) + `…"`},
		{"end of a long prompt", func(id *Run) { id.Prompt = "p" + strings.Repeat("x", 60) + "y" }, `the prompt was "p" and is now "pxxx`},
		{"system", func(id *Run) { id.System = "s" }, `the system message was none and is now "s"`},
		{"messages", func(id *Run) { id.Messages = "[]" }, "the content of --messages"},
		{"body", func(id *Run) { id.Body = "{}" }, "the content of --body"},
		{"params", func(id *Run) { id.Params = nil }, `the set of --param was "n=1" and is now none`},
		{"host", func(id *Run) { id.Host = "b" }, "the endpoint"},
		{"format", func(id *Run) { id.Format = "batch" }, "the format of the rows"},
		{"sample", func(id *Run) { id.Sample, id.Seed = 5, 1 }, `the sample was none and is now "5 of seed 1"`},
		{"seed without a sample", func(id *Run) { id.Seed = 9 }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			is, err := Decode(was.Encode())
			if err != nil {
				t.Fatal(err)
			}
			tt.change(is)
			got := ""
			if c := is.Changes(&was); len(c) > 0 {
				got = c[0].String()
			}
			if got == "" && tt.want != "" || !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("change %q, want %q", got, tt.want)
			}
		})
	}
	long := strings.Repeat("x", 60)
	if got, want := (change{"prompt", long + "a", long + "b and more"}).String(), `the prompt was "…xxxxxxxxxxa" and is now "…xxxxxxxxxxb and more"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := Decode([]byte("other")); err == nil {
		t.Error("a foreign identity was taken")
	}
}
