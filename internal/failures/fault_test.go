package failures

import (
	"testing"
	"unicode/utf8"

	"github.com/seed-1814a72b/paceline"
)

func TestAnswersWithTheSameFaultAreAlike(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"the answer is empty": "the answer is empty",
		"label: got number":   "label: got number",
		`label: value must be one of 'a', 'b'; score: got string`:               "label: value must be one of …",
		`sections[2].title: maxLength: got 81, want 80`:                         "sections[#].title: maxLength: got #, want #",
		`name: 'it's me' does not match pattern '^[a-z]+$'`:                     "name: … does not match pattern …",
		`additional properties 'x', "y" not allowed`:                            "additional properties … not allowed",
		`the answer is none of positive, negative: "Well; that isn't \"easy\""`: "the answer is none of positive, negative: …",
		`the answer doesn't end: "cut off in the mid`:                           "the answer doesn't end: …",
		`["a b"].c: got null`:                                                   "[…].c: got null",
	} {
		if got := Fault(text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
	if a, b := Alike(paceline.CodeInvalidAnswer, "x: 'a'"), Alike(paceline.CodeServer, "x: 'a'"); a != "x: …" || b != "x: 'a'" {
		t.Errorf("a fault of an answer is %q, one of a server %q", a, b)
	}
}

// FuzzFault reads what servers and models say: it ends, makes text of text, and
// says nothing longer than it was told.
func FuzzFault(f *testing.F) {
	f.Add("label: value must be one of 'a', 'b'; score: got 'string'")
	f.Add("\"\\")
	f.Add("'''")
	f.Fuzz(func(t *testing.T, text string) {
		got := Fault(text)
		if utf8.ValidString(text) && !utf8.ValidString(got) || len(got) > len(text)+len(text)*len("…") {
			t.Errorf("%q became %q", text, got)
		}
	})
}
