package jsontext

import "testing"

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		`{"a": 1}`:                  `{"a": 1}`, // as it came
		"{\n  \"a\": [1,\r\n 2]\n}": `{"a":[1,2]}`,
		"{\n\"a\"":                  "{\n\"a\"", // no JSON
		`"a\nb"`:                    `"a\nb"`,
	} {
		if got := string(OneLine([]byte(in))); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestMarshal(t *testing.T) {
	if got, err := Marshal(map[string]any{"a": "<&>\n", "b": 1.5}); err != nil || string(got) != `{"a":"<&>\n","b":1.5}` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := Marshal(func() {}); err == nil {
		t.Error("a function is JSON")
	}
}
