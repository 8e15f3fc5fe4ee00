package tamed

import (
	"testing"
	"unsafe"
)

func TestTextThatActsIsShownInstead(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"plain\ttext\n":             "plain\ttext\n",
		"\x1b[31mred\x07\r":         "\uFFFD[31mred\uFFFD\uFFFD",
		"user\u202etxt.exe\u2066":   "user\uFFFDtxt.exe\uFFFD",
		"Stra\u00dfe \u4e2d \u00a0": "Stra\u00dfe \u4e2d \u00a0",
		"c1\u0085":                  "c1\uFFFD",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestShortIsWholeAndOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"", 5, ""}, {"hello", 5, "hello"}, {"hello!", 5, "hello…"}, {"aéé", 4, "aé…"}, {"é", 1, "…"}, {"a\xffb", 5, "a\uFFFDb"}, {"\xff\xff\xff", 2, "\uFFFD…"},
	} {
		if got := Short(c.text, c.most); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.text, c.most, got, c.want)
		}
	}
	text := "a word in a megabyte"
	if word := Short(text[:6], 100); unsafe.StringData(word) == unsafe.StringData(text) {
		t.Error("the word keeps the megabyte")
	}
}
