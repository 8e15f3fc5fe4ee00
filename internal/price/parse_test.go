package price

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want Rate
	}{
		{"in=0.15,out=0.60", Rate{0.15, 0.60, 0.15}},
		{"out=0.60,in=0.15,cached=0.075", Rate{0.15, 0.60, 0.075}},
		{" in = 1 , out = 2 ", Rate{1, 2, 1}},
		{"in=0,out=0", Rate{}},
		{"in=1,out=1,cached=0", Rate{1, 1, 0}},
	} {
		got, err := Parse(tt.in)
		if err != nil || got.Rate != tt.want || !got.Known() {
			t.Errorf("%q: got %+v, %v", tt.in, got, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                   `"" is none of in=, out= and cached=; write in=`,
		"0.15":               `"0.15" is none of`,
		"in=0.15":            "out= is missing",
		"out=1":              "in= is missing",
		"in=x,out=1":         "in= needs an amount",
		"in=,out=1":          "in= needs an amount",
		"in=-1,out=1":        "in= needs an amount",
		"in=1,out=NaN":       "out= needs an amount",
		"in=1,out=Inf":       "out= needs an amount",
		"in=1,out=1e999":     "out= needs an amount",
		"in=1,in=2,out=1":    "in= is given twice",
		"in=1,out=1,":        `"" is none of`,
		"in=1,out=1,input=3": `"input=3" is none of`,
		"in=$1,out=1":        "in= needs an amount",
	} {
		p, err := Parse(in)
		if err == nil || p.Known() {
			t.Errorf("%q was accepted as %+v", in, p)
			continue
		}
		text := err.Error()
		if !strings.Contains(text, want) || !strings.Contains(text, example) || strings.Contains(text, "\n") {
			t.Errorf("%q: got %q, want one line with %q and an example", in, text, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("in=0.15,out=0.60,cached=0.075")
	f.Add("in=1e-9,out=,,=")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if (err == nil) != p.Known() {
			t.Fatalf("%+v with error %v", p, err)
		}
		if p.Input < 0 || p.Output < 0 || p.Cached < 0 {
			t.Fatalf("a negative price: %+v", p)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("an error of several lines: %q", err)
		}
	})
}
