package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/schema/onepass"
)

// files is a folder of schemas.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	text, ok := f[strings.ReplaceAll(name, "\\", "/")]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

func compile(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := Compile("in/s.json", []byte(text), files{}.read)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestABrokenSchemaIsRefusedWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"{\n \"type\": \"object\",\n}":           "in/s.json: not valid JSON at line 3, column 1",
		`[]`:                                     "in/s.json: a JSON Schema is an object",
		`{"type":"objekt"}`:                      "in/s.json: is no valid JSON Schema: type: value must be one of",
		`{"properties":{"a":{"minLength":"x"}}}`: "in/s.json: is no valid JSON Schema: properties.a.minLength: got string, want integer",
		`{"pattern":"(?=x)"}`:                    "in/s.json: ",
		`{"$ref":"https://example.com/x.json"}`:  "in/s.json: cannot follow https://example.com/x.json: it lies elsewhere, and nothing is fetched",
		`{"$schema":"https://example.com/mine","type":"object"}`:  "nothing is fetched",
		`{"$id":"https://example.com/s.json","$ref":"part.json"}`: "cannot follow https://example.com/part.json: it lies elsewhere",
		`{"$ref":"../x.json"}`:    "cannot follow file:///x.json: it lies outside of the schema's folder",
		`{"$ref":"missing.json"}`: "cannot follow missing.json: open in",
		`{"$ref":"broken.json"}`:  "cannot follow broken.json: in/broken.json: not valid JSON at line 1, column 2",
		`{"$ref":"#/$defs/none"}`: "$defs/none",
		`{"minimum":1e999999999}`: "in/s.json: a number has an exponent beyond 4096",
	} {
		_, err := Compile("in/s.json", []byte(text), files{"in/broken.json": "{x"}.read)
		switch {
		case err == nil:
			t.Errorf("%s is taken", text)
		case !strings.Contains(strings.ReplaceAll(err.Error(), "\\", "/"), want) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestEveryFaultIsToldWithItsPath(t *testing.T) {
	const blog = `{
		"type":"object","required":["title","author","sections"],"additionalProperties":false,
		"properties":{
			"title":{"type":"string","minLength":3},
			"author":{"type":"object","properties":{"e mail":{"type":"string","format":"email"}},"required":["e mail"]},
			"sections":{"type":"array","items":{"type":"object","required":["heading"],"properties":{"heading":{"type":"string"},"tags":{"enum":["a","b"]}}}}
		}}`
	for doc, want := range map[string]string{
		`{"title":"abc","author":{"e mail":"a@b.cd"},"sections":[]}`:                                          "",
		`{"title":"a","author":{"e mail":"x"},"sections":[{"heading":"h"},{"tags":"c"},{"heading":1}],"x":1}`: `additional properties 'x' not allowed; author["e mail"]: 'x' is not valid email: missing @; sections[1]: missing property 'heading'; sections[1].tags: value must be one of 'a', 'b'; sections[2].heading: got number, want string; title: minLength: got 1, want 3`,
		`[]`:      `got array, want object`,
		`{"a":1`:  `not valid JSON at line 1, column 6: unexpected end of JSON input`,
		`{} {}`:   `not valid JSON at line 1, column 4: invalid character '{' after top-level value`,
		`1e99999`: `a number has an exponent beyond 4096`,
	} {
		got := ""
		if err := compile(t, blog).Validate([]byte(doc)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", doc, got, want)
		}
	}
}

func TestOfAlternativesTheNearestIsTold(t *testing.T) {
	s := compile(t, `{"anyOf":[{"type":"string"},{"type":"object","properties":{"a":{"type":"integer"}},"required":["a","b"]},{"type":"null"}]}`)
	if got := s.Validate([]byte(`{"a":"x","b":1}`)).Error(); got != "a: got string, want integer" {
		t.Error(got)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	s := compile(t, `{"type":"array","items":{"type":"string","pattern":"^x"}}`)
	long := `"` + strings.Repeat("é", 10_000) + `"`
	var m *Misfit
	err := s.Validate([]byte("[" + strings.Repeat(long+",", 50) + long + "]"))
	if !errors.As(err, &m) || len(m.Faults) != maxFaults+1 || m.Faults[maxFaults] != "and 31 more" || len(err.Error()) > 6000 {
		t.Errorf("%d bytes: %v", len(err.Error()), err)
	}
}

// An answer that runs wild has a fault for every few of its bytes. In the square
// of them these would take minutes.
func TestManyFaultsTakeTimeByTheirNumber(t *testing.T) {
	const n = 200_000
	s := compile(t, `{"type":"array","items":{"type":"string"}}`)
	var m *Misfit
	err := s.Validate([]byte("[" + strings.Repeat("0,", n-1) + "0]"))
	if !errors.As(err, &m) || len(m.Faults) != maxFaults+1 || m.Faults[maxFaults] != fmt.Sprintf("and %d more", n-maxFaults) {
		t.Errorf("%.300s", err)
	}
}

// The path to each of many faults is as long as the document is deep.
func TestFaultsOfDeepDocumentsTakeLittleMemory(t *testing.T) {
	s := compile(t, `{"required":["v"],"properties":{"c":{"$ref":"#"}}}`)
	for _, n := range []int{maxNested - 1, 9_000} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := s.Validate([]byte(strings.Repeat(`{"c":`, n) + "{}" + strings.Repeat("}", n)))
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) >> 20; err == nil || got > 200 {
			t.Errorf("%d deep: %d MB, %.100v", n, got, err)
		}
	}
}

func TestFault40DeepDocumentsAreAnErrorAndNoCrash(t *testing.T) {
	s := compile(t, `{"type":"array","items":{"$ref":"#"}}`)
	if err := s.Validate([]byte(strings.Repeat("[", maxNested) + strings.Repeat("]", maxNested))); err != nil {
		t.Errorf("%d deep: %v", maxNested, err)
	}
	if err := s.Validate([]byte(strings.Repeat("[", maxNested+1) + strings.Repeat("]", maxNested+1))); err == nil || err.Error() != "it is nested more than 1000 deep" {
		t.Errorf("%d deep: %v", maxNested+1, err)
	}
	for _, n := range []int{10_001, 1_000_000} {
		if err := s.Validate([]byte(strings.Repeat("[", n) + strings.Repeat("]", n))); err == nil {
			t.Errorf("%d deep is taken", n)
		}
		if _, err := Compile("s.json", []byte(strings.Repeat(`{"not":`, n)+"{}"+strings.Repeat("}", n)), files{}.read); err == nil {
			t.Errorf("a schema %d deep is taken", n)
		}
	}
	endless := compile(t, `{"$ref":"#"}`)
	if err := endless.Validate([]byte(`{}`)); err == nil {
		t.Error("a schema that is only a reference to itself says yes")
	}
}

func TestDraftsFormatsAndFiles(t *testing.T) {
	beside := files{"in/parts/name.json": `{"type":"string","minLength":2}`}
	s, err := Compile("in/s.json", []byte(`{"properties":{"n":{"$ref":"parts/name.json"}}}`), beside.read)
	if err != nil || !s.Shared() || !strings.Contains(s.Source(), `"minLength":2`) || s.Draft() != "2020-12" || s.Strict() {
		t.Fatal(s, err)
	}
	if err := s.Validate([]byte(`{"n":"x"}`)); err == nil {
		t.Error("the file beside is not followed")
	}
	for draft, want := range map[string]string{
		"http://json-schema.org/draft-04/schema#": "4", "http://json-schema.org/draft-07/schema#": "7",
		"https://json-schema.org/draft/2019-09/schema": "2019-09", "https://json-schema.org/draft/2020-12/schema": "2020-12",
	} {
		s := compile(t, `{"$schema":"`+draft+`","format":"date"}`)
		if s.Draft() != want || s.Validate([]byte(`"tomorrow"`)) == nil || s.Validate([]byte(`"2026-11-25"`)) != nil {
			t.Errorf("%s is draft %s, or its format is not asserted", draft, s.Draft())
		}
	}
}

func TestStrictOnlyWhereItFits(t *testing.T) {
	for text, want := range map[string]bool{
		`{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"array","items":{"$ref":"#/$defs/c"}}},"required":["a","b"],"additionalProperties":false,
		  "$defs":{"c":{"anyOf":[{"type":"integer","minimum":1},{"type":"object","properties":{},"additionalProperties":false}]}}}`: true,
		`{"type":"object","properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false}`:                                                          false,
		`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`:                                                                                    false,
		`{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}},"required":["a"],"additionalProperties":false}`: false,
		`{"type":"object","properties":{"a":{"type":"string","minLength":1}},"required":["a"],"additionalProperties":false}`:                                         false,
		`{"type":"object","properties":{"a":{"oneOf":[{"type":"string"}]}},"required":["a"],"additionalProperties":false}`:                                           false,
		`{"type":"array","items":{"type":"string"}}`:                                                                                                                 false,
		`{"type":"object","anyOf":[{"type":"object","properties":{},"additionalProperties":false}],"properties":{},"required":[],"additionalProperties":false}`:      false,
	} {
		if got := compile(t, text).Strict(); got != want {
			t.Errorf("%s: strict is %v", text, got)
		}
	}
}

func TestNamesAreTheAPIs(t *testing.T) {
	for file, want := range map[string]string{"blog post.json": "blog_post", "é.json": "answer"} {
		s, err := Compile(file, []byte(`{}`), files{}.read)
		if err != nil || s.Name() != want {
			t.Errorf("%s: %q %v", file, s.Name(), err)
		}
	}
	if s := compile(t, `{"title":" A Person (v2)"}`); s.Name() != "A_Person__v2_" {
		t.Error(s.Name())
	}
}

// What the single pass says of any bytes, the library says too.
func FuzzValidate(f *testing.F) {
	for _, doc := range []string{
		`{}`, `{"a":[1,2.5e3,"x",null]}`, `[[[[`, `1e-5000`, `"\ud800"`, `{"a":{"a":{"a":[]}}}`, `[0.5,1,1.0]`, `"2026-11-25T00:00:00Z"`,
		` {"a":{"kind":"b","n":-0.0,"d":"2026-11-25","u":"https://a.b/c","e":"a@b.c"},"b":["x",{}]}`, `{"a":{},"a":{"kind":"é"}}`,
	} {
		f.Add([]byte(doc))
	}
	var schemas []*Schema
	for _, text := range []string{
		`{"anyOf":[{"type":"object","properties":{"a":{"$ref":"#"}},"additionalProperties":false},` +
			`{"type":"array","items":{"type":"number","multipleOf":0.5,"maximum":7},"uniqueItems":true},{"type":"string","format":"date-time","pattern":"^\\d"}]}`,
		`{"type":"object","properties":{"a":{"required":["kind"],"properties":{"kind":{"enum":["b","é"]},"n":{"type":"integer","minimum":-1e3,"exclusiveMaximum":0.5},` +
			`"d":{"format":"date"},"u":{"format":"uri"},"e":{"format":"email"}}},"b":{"items":{"oneOf":[{"type":"string","maxLength":3},{"type":"object","additionalProperties":{"const":1}}]}}}}`,
	} {
		schemas = append(schemas, compile(f, text))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		for _, s := range schemas {
			agree(t, s, doc)
			if err := s.Validate(doc); err != nil && (err.Error() == "" || strings.ContainsAny(err.Error(), "\n\r")) {
				t.Errorf("%q: %q", doc, err)
			}
		}
		if any := anyDoc.Check(doc); any == onepass.Misfits || any == onepass.Fits && !json.Valid(doc) {
			t.Errorf("%q: as JSON %d", doc, any)
		}
	})
}
