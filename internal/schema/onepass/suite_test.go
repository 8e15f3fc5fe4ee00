package onepass

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The official suite, testdata/suite.tar.gz, is
// https://github.com/json-schema-org/JSON-Schema-Test-Suite at 44401e0c0467 of
// 2026-08-22: LICENSE, remotes and tests of five drafts, made by
//
//	git archive HEAD LICENSE remotes tests/draft4 tests/draft6 tests/draft7 tests/draft2019-09 tests/draft2020-12
func suite(t *testing.T) fstest.MapFS {
	t.Helper()
	f, err := os.Open("testdata/suite.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = &fstest.MapFile{Data: data}
	}
}

// remotes are the schemas that those of the suite refer to.
type remotes struct{ files fs.FS }

func (r remotes) Load(url string) (any, error) {
	name, ok := strings.CutPrefix(url, "http://localhost:1234/")
	if !ok {
		return nil, errors.New("not of the suite: " + url)
	}
	data, err := fs.ReadFile(r.files, "remotes/"+name)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(data))
}

type suiteGroup struct {
	Description string
	Schema      json.RawMessage
	Tests       []suiteTest
}

type suiteTest struct {
	Description string
	Data        json.RawMessage
	Valid       bool
}

// drafts are those of the suite, with how many of its tests a program judges: a
// change that leaves more to the library is to be seen.
var drafts = map[string]struct {
	draft *jsonschema.Draft
	least int
}{
	"draft4": {jsonschema.Draft4, 850}, "draft6": {jsonschema.Draft6, 1100}, "draft7": {jsonschema.Draft7, 1500},
	"draft2019-09": {jsonschema.Draft2019, 1700}, "draft2020-12": {jsonschema.Draft2020, 1700},
}

// unlike are files in which the library is not of the suite's opinion: patterns
// are RE2, 1.0 is an integer in every draft, content is not looked at, and some
// edges of formats are not its concern. A program is of the library's opinion.
var unlike = []string{"/optional/format/", "/ecmascript-regex.json", "/draft4/optional/zeroTerminatedFloats.json", "/optional/content.json"}

// unsure are files in which a program is unsure of some texts: of elements that
// must differ and are arrays, objects or odd numbers, and of objects with more
// names than asked for.
var unsure = []string{"uniqueItems.json", "maxProperties.json", "minProperties.json"}

var testLimits = Limits{Nested: 1000, Digits: 4096, Exponent: 4096}

// A tally counts what became of the suite's tests.
type tally struct{ judged, left, unlike int }

func TestOfficialSuite(t *testing.T) {
	files := suite(t)
	for name, d := range drafts {
		t.Run(name, func(t *testing.T) {
			var sum tally
			for _, file := range slices.Sorted(maps.Keys(files)) {
				if strings.HasPrefix(file, "tests/"+name+"/") && path.Ext(file) == ".json" {
					suiteFile(t, files, file, d.draft, &sum)
				}
			}
			t.Logf("%d tests judged, %d left to the library, %d in which that is of another opinion", sum.judged, sum.left, sum.unlike)
			if sum.judged < d.least {
				t.Errorf("%d tests are judged, want %d or more", sum.judged, d.least)
			}
		})
	}
}

func suiteFile(t *testing.T, files fstest.MapFS, file string, draft *jsonschema.Draft, sum *tally) {
	var groups []suiteGroup
	if err := json.Unmarshal(files[file].Data, &groups); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, g := range groups {
		judged := sum.judged
		for _, formats := range []bool{false, true} {
			s, err := compileLibrary(files, g.Schema, draft, formats)
			if err != nil {
				t.Logf("%s: %s: the library: %v", file, g.Description, err)
				continue
			}
			asSuite := formats == strings.Contains(file, "/optional/")
			suiteTests(t, s, file, &g, asSuite, sum)
		}
		sum.left += len(g.Tests) - (sum.judged - judged)
	}
}

func compileLibrary(files fs.FS, schema []byte, draft *jsonschema.Draft, formats bool) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(draft)
	c.UseLoader(remotes{files})
	if formats {
		c.AssertFormat()
	}
	if err := c.AddResource("http://suite/schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("http://suite/schema.json")
}

func suiteTests(t *testing.T, s *jsonschema.Schema, file string, g *suiteGroup, asSuite bool, sum *tally) {
	p, err := Compile(s, testLimits)
	if err != nil {
		if _, ok := errors.AsType[*OutsideError](err); !ok || p != nil {
			t.Errorf("%s: %s: %v", file, g.Description, err)
		}
		return
	}
	for _, test := range g.Tests {
		got, fits := p.Check(test.Data), libraryFits(t, s, test.Data)
		if got == Unsure && slices.Contains(unsure, path.Base(file)) {
			continue
		}
		if want := verdictOf(fits); got != want {
			t.Errorf("%s: %s: %s: got %d, the library has %d\n%s\n%s", file, g.Description, test.Description, got, want, g.Schema, test.Data)
		}
		if !asSuite {
			continue
		}
		sum.judged++
		if fits != test.Valid {
			sum.unlike++
			if !slices.ContainsFunc(unlike, func(name string) bool { return strings.Contains(file, name) }) {
				t.Errorf("%s: %s: %s: the library has %v, the suite %v", file, g.Description, test.Description, fits, test.Valid)
			}
		}
	}
}

func verdictOf(fits bool) Verdict {
	if fits {
		return Fits
	}
	return Misfits
}

func libraryFits(t testing.TB, s *jsonschema.Schema, doc []byte) bool {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v) == nil
}
