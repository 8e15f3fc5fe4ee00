package page

import (
	"strings"
	"testing"
)

func TestMergeReplacesWhatWasMeasured(t *testing.T) {
	f := Form{Begin: "<!-- b -->", End: "<!-- e -->", Titles: []string{"One", "Two", "Three"}}
	page := "words\n<!-- b -->\n\n### Three\n\nold three\n\n### One\n\nold one\n\n<!-- e -->\nmore\n"
	got, err := f.Merge(page, []Section{{"Two", "### Two\n\nnew two\n"}, {"One", "### One\n\nnew one\n"}})
	want := "words\n<!-- b -->\n\n### One\n\nnew one\n\n### Two\n\nnew two\n\n### Three\n\nold three\n\n<!-- e -->\nmore\n"
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	for name, tt := range map[string]struct{ page, says string }{
		"no markers":   {"words", "lacks the markers"},
		"no end":       {"<!-- b -->", "lacks the markers"},
		"unknown left": {"<!-- b -->\n### Four\n\nx\n<!-- e -->", `a table "Four" that no measurement makes`},
	} {
		if _, err := f.Merge(tt.page, nil); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Grouped(1234567), "1,234,567"}, {Grouped(-1234), "-1,234"}, {Grouped(999), "999"}, {Grouped(0), "0"},
		{Decimals(0, 3), "0"}, {Decimals(0.012345, 3), "0.012"}, {Decimals(12.345, 3), "12.3"},
		{Decimals(1234.5, 3), "1234"}, {Decimals(1.5, 3), "1.5"}, {Decimals(12, 3), "12"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}
