package tamed

import "testing"

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
