package jsontext

import (
	"encoding/json"
	"testing"
)

func TestWhatIsNoEscapeStays(t *testing.T) {
	for in, want := range map[string]string{
		`a\qb`: `a\qb`, `\`: `\`, `\u12`: `\u12`, `\u00zz`: `\u00zz`, `\\n`: `\n`, "\xff\\n": "\xff\n",
		`\ud83d\ude00`: "😀", `\ud83d\u0041`: "\ufffdA", `\ud83d`: "\ufffd", `\ude00\ud83d`: "\ufffd\ufffd",
	} {
		if got := string(AppendPlain([]byte("x"), []byte(in))); got != "x"+want {
			t.Errorf("%q becomes %q, want %q", in, got, "x"+want)
		}
	}
}

func FuzzAppendPlain(f *testing.F) {
	for _, s := range []string{``, `a\"\\\/\b\f\n\r\tz`, `\u00e9\uD83D\uDE00\uD83Dx`, `\ud83d\ud83d\ude00`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, inside string) {
		var want string
		if json.Unmarshal([]byte(`"`+inside+`"`), &want) != nil {
			AppendPlain(nil, []byte(inside))
			t.Skip("not the inside of a string")
		}
		if got := string(AppendPlain(nil, []byte(inside))); string([]rune(got)) != want {
			t.Errorf("%q becomes %q, where encoding/json has %q", inside, got, want)
		}
	})
}
