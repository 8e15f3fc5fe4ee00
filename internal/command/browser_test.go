package command

import (
	"slices"
	"testing"
)

func TestBrowserOfEachSystem(t *testing.T) {
	for system, want := range map[string][]string{
		"linux":   {"xdg-open", "/a b.html"},
		"freebsd": {"xdg-open", "/a b.html"},
		"darwin":  {"open", "/a b.html"},
		"windows": {"rundll32", "url.dll,FileProtocolHandler", "/a b.html"},
	} {
		if got := browser(system, "/a b.html"); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", system, got, want)
		}
	}
}
