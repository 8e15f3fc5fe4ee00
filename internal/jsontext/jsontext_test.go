package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEveryByteIsEscaped(t *testing.T) {
	for c := range 256 {
		quoted := Append(nil, []byte{'a', byte(c), 'b'})
		want := strings.ToValidUTF8(string([]byte{'a', byte(c), 'b'}), "\ufffd")
		var got string
		if err := json.Unmarshal(quoted, &got); err != nil || got != want {
			t.Errorf("byte %#x: %s: %q, %v", c, quoted, got, err)
		}
	}
}

func FuzzAppend(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\n\x00", "\xff\xed\xa0\x80", "<é\u2028😀>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		theirs, err := json.Marshal(s)
		if err != nil {
			t.Skip(err)
		}
		var got, want string
		if err := json.Unmarshal(Append(nil, s), &got); err != nil || json.Unmarshal(theirs, &want) != nil || got != want {
			t.Errorf("%q becomes %q, %v, where encoding/json has %q", s, got, err, want)
		}
		if string(Append(nil, []byte(s))) != string(Append(nil, s)) {
			t.Errorf("%q as bytes is written otherwise", s)
		}
	})
}
