package cli

import (
	"strings"
	"testing"
)

func TestIdentityNamesWhatChanged(t *testing.T) {
	was := identity{Version: 1, Host: "a", Model: "m", Prompt: "p", Format: "jsonl", Params: []string{"n=1"}, Inputs: []string{"x"}}
	tests := []struct {
		name   string
		change func(*identity)
		want   string
	}{
		{"nothing", func(*identity) {}, ""},
		{"input moved", func(id *identity) { id.Inputs = []string{"y"} }, ""},
		{"model", func(id *identity) { id.Model = "n" }, `the model was "m" and is now "n"`},
		{"prompt", func(id *identity) { id.Prompt = strings.Repeat("é", 50) }, `the prompt was "p" and is now "` + strings.Repeat("é", 40) + `…"`},
		{"end of a long prompt", func(id *identity) { id.Prompt = "p" + strings.Repeat("x", 60) + "y" }, `the prompt was "p" and is now "pxxx`},
		{"system", func(id *identity) { id.System = "s" }, `the system message was none and is now "s"`},
		{"messages", func(id *identity) { id.Messages = "[]" }, "the content of --messages"},
		{"body", func(id *identity) { id.Body = "{}" }, "the content of --body"},
		{"params", func(id *identity) { id.Params = nil }, `the set of --param was "n=1" and is now none`},
		{"host", func(id *identity) { id.Host = "b" }, "the endpoint"},
		{"format", func(id *identity) { id.Format = "batch" }, "the format of the rows"},
		{"sample", func(id *identity) { id.Sample, id.Seed = 5, 1 }, `the sample was none and is now "5 of seed 1"`},
		{"seed without a sample", func(id *identity) { id.Seed = 9 }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			is, err := decodeIdentity(was.encode())
			if err != nil {
				t.Fatal(err)
			}
			tt.change(is)
			got := ""
			if c := is.changes(&was); len(c) > 0 {
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
	if _, err := decodeIdentity([]byte("other")); err == nil {
		t.Error("a foreign identity was taken")
	}
}
