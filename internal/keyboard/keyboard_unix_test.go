//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package keyboard

import "testing"

func TestArrowsMeanNothing(t *testing.T) {
	for pressed, want := range map[string]string{
		"p": "p", "\x1b[Ap": "p", "p\x1b[1;5Dq": "pq", "\x1bOPq": "q", "\x1b": "", "\x1bp+": "+", "\x1b[": "", "\x1b[3~-": "-",
	} {
		if got := string(withoutEscapes([]byte(pressed))); got != want {
			t.Errorf("%q: %q, want %q", pressed, got, want)
		}
	}
}
