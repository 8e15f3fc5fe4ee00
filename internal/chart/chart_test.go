package chart

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestValuesAreNumbersOrNull(t *testing.T) {
	v := Values{0, 1, -2.5, Missing(), math.Inf(1), 0.123456789, 1e-7, 1.7e9, 1700000000.1234, 2.5e20}
	got, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	want := `[0,1,-2.5,null,null,0.123457,1e-07,1700000000,1700000000.123,2.5e+20]`
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestValuesAreJSONAndNear(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Float64().Draw(t, "n")
		b, err := json.Marshal(Values{n})
		if err != nil {
			t.Fatal(err)
		}
		var back []float64
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if math.Abs(back[0]-n) > math.Abs(n)*1e-5 {
			t.Fatalf("%v became %v", n, back[0])
		}
	})
}

func TestJSONCannotBreakOutOfItsElement(t *testing.T) {
	hostile := "</script><script>alert(1)</script><!-- </style> & \u2028\u2029 \x1b[31m"
	b, err := JSON(Data{Tables: map[string]*Table{hostile: {
		Columns: []Column{{Name: hostile, Kind: Long}},
		Rows:    []Row{{Cells: []any{hostile, json.RawMessage(`"</script>"`)}, More: []Block{{Title: hostile, Text: hostile}}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if i := bytes.IndexAny(b, "<>&\u2028\u2029\x1b"); i >= 0 {
		t.Errorf("holds %q: %.200s", b[i], b)
	}
	var back Data
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if got := back.Tables[hostile].Rows[0].Cells[0]; got != hostile {
		t.Errorf("came back as %q", got)
	}
}

func TestPolicyNamesWhatItIsGivenAndNothingElse(t *testing.T) {
	got := Policy([]string{"a"}, []string{"b", "c"})
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; style-src " + hash("a") + "; script-src " + hash("b") + " " + hash("c") +
		"; img-src data:; base-uri 'none'; form-action 'none'"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// What is embedded is the file of the published package, to the byte.
func TestUPlotIsThePublishedOne(t *testing.T) {
	for name, want := range map[string]struct{ text, sum string }{
		"uPlot.min.js":  {uplotScript, "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"},
		"uPlot.min.css": {uplotStyle, "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"},
	} {
		sum := sha256.Sum256([]byte(want.text))
		if got := hex.EncodeToString(sum[:]); got != want.sum {
			t.Errorf("%s has the sum %s", name, got)
		}
	}
	if !strings.Contains(Script(), "Copyright (c) 2022 Leon Sorokin") {
		t.Error("the script goes out without the licence of what it holds")
	}
}

// What a strict policy forbids, or would let a text of a server act.
var forbidden = regexp.MustCompile(`(?i)</script|</style|<!--|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bfetch\(|XMLHttpRequest|import\(|cssText|\burl\(|@import`)

func TestAssetsNeedNoMoreThanThePolicyGives(t *testing.T) {
	for name, text := range map[string]string{"script": Script(), "style": Style()} {
		if found := forbidden.FindString(text); found != "" {
			t.Errorf("the %s holds %q", name, found)
		}
	}
}
