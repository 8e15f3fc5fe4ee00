package prose

import (
	"errors"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	got := strings.Join(Wrap("one two  three extraordinarily four", 9), "|")
	if want := "one two|three|extraordinarily|four"; got != want {
		t.Errorf("Wrap = %q, want %q", got, want)
	}
}

func TestCutKeepsWholeCharacters(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{{"größer", 6, "größer"}, {"größer", 4, "grö…"}, {"größer", 0, "größer"}, {"", 3, ""}} {
		if got := Cut(tt.text, tt.most); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}

func TestShellQuotedIsOneWord(t *testing.T) {
	for in, want := range map[string]string{"a/b-1.jsonl": "a/b-1.jsonl", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'"} {
		if got := ShellQuoted(in); got != want {
			t.Errorf("ShellQuoted(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestOneLineJoinsErrors(t *testing.T) {
	if got := OneLine(errors.Join(errors.New("a\r\n b"), errors.New("c"))); got != "a; b; c" {
		t.Errorf("got %q", got)
	}
}
