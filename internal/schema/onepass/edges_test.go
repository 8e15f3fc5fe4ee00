package onepass

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func program(t testing.TB, schema string) (*Program, error) {
	t.Helper()
	s, err := compileLibrary(nil, []byte(schema), jsonschema.Draft2020, true)
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	return Compile(s, testLimits)
}

// What a text stands for by the rules of encoding/json and the library, where
// these are not obvious.
func TestEdges(t *testing.T) {
	deep := strings.Repeat("[", testLimits.Nested) + strings.Repeat("]", testLimits.Nested)
	for _, tt := range []struct {
		schema, doc string
		want        Verdict
	}{
		{`{}`, deep, Fits},
		{`{}`, "[" + deep + "]", Unsure},
		{`{"items":{}}`, "[" + deep + "]", Unsure},
		{`{}`, "1e4096", Fits}, {`{}`, "1e4097", Unsure}, {`{}`, "1E-4097", Unsure}, {`{}`, "1e99999999999999999999", Unsure},
		{`{}`, strings.Repeat("1", 4096), Fits}, {`{}`, strings.Repeat("1", 4097), Unsure},
		{`{}`, "", Unsure}, {`{}`, "  ", Unsure}, {`{}`, "1 2", Unsure}, {`{}`, "nul", Unsure}, {`{}`, "\ufeff1", Unsure},
		{`{}`, "01", Unsure}, {`{}`, "-", Unsure}, {`{}`, "1.", Unsure}, {`{}`, ".5", Unsure}, {`{}`, "1e", Unsure}, {`{}`, "+1", Unsure},
		{`{}`, `{"a":1,}`, Unsure}, {`{}`, `[1,]`, Unsure}, {`{}`, `{"a"}`, Unsure}, {`{}`, `{a:1}`, Unsure}, {`{}`, `[1 2]`, Unsure},
		{`{}`, "\"a\nb\"", Unsure}, {`{}`, `"a\qb"`, Unsure}, {`{}`, `"\u00g0"`, Unsure}, {`{}`, `"abc`, Unsure}, {`{}`, `"abc\`, Unsure},
		{`{}`, "\"\x7f\u2028\"", Fits}, {`{}`, "\"\xff\"", Unsure}, {`{}`, "\"0123456\xff89\"", Unsure}, {`{}`, "\"01234567\xff\"", Unsure},

		{`{"type":"integer"}`, "-0", Fits}, {`{"type":"integer"}`, "1.000", Fits}, {`{"type":"integer"}`, "10e-1", Fits},
		{`{"type":"integer"}`, "1e-1", Misfits}, {`{"type":"integer"}`, "1e400", Fits}, {`{"type":"integer"}`, "1234567890123456789012345678901.5", Misfits},
		{`{"const":9007199254740993}`, "9007199254740992", Misfits}, {`{"const":0.1}`, "0.10", Fits}, {`{"const":0.1}`, "1e-1", Fits},
		{`{"enum":[0]}`, "-0.0", Fits}, {`{"enum":[0]}`, "false", Misfits}, {`{"enum":[false]}`, "0", Misfits}, {`{"enum":[1e400]}`, "10e399", Fits},
		{`{"maximum":0.3}`, "0.3", Fits}, {`{"maximum":0.3}`, "0.30000000000000001", Misfits}, {`{"maximum":0.3}`, "0.3000000000000000000001", Misfits},
		{`{"exclusiveMaximum":-1}`, "-1.0", Misfits}, {`{"exclusiveMaximum":-1}`, "-1.0000001", Fits},
		{`{"minimum":-9223372036854775808}`, "-922337203685477580.8", Fits}, {`{"minimum":-9223372036854775808}`, "-9223372036854775809", Misfits},
		{`{"multipleOf":0.01}`, "19.99", Fits}, {`{"multipleOf":3}`, "9.0", Fits}, {`{"multipleOf":3}`, "10", Misfits}, {`{"multipleOf":2}`, "12345678901234567890", Fits},

		{`{"maxLength":1}`, `"\ud83d\ude00"`, Fits}, {`{"maxLength":1}`, `"\ud83d"`, Fits}, {`{"maxLength":1}`, `"\ud83dx"`, Misfits},
		{`{"minLength":2}`, `"\ud83d\ude00"`, Misfits}, {`{"minLength":2}`, `"\\n"`, Fits}, {`{"minLength":2}`, `"\n"`, Misfits}, {`{"minLength":2}`, `"é"`, Misfits},
		{`{"minLength":4611686018427387904}`, `"é"`, Misfits},
		{`{"const":"\ufffd"}`, `"\udc00"`, Fits}, {`{"const":"é"}`, `"\u00E9"`, Fits}, {`{"pattern":"^é\n$"}`, `"\u00e9\n"`, Fits},
		{`{"properties":{"é":{"type":"null"}}}`, `{"\u00e9":1}`, Misfits}, {`{"required":["a/b"]}`, `{"a\/b":1}`, Fits},

		{`{"properties":{"a":{"type":"null"}}}`, `{"a":null,"a":null}`, Unsure}, {`{"additionalProperties":{"type":"null"}}`, `{"a":null,"a":null}`, Fits},
		{`{"minProperties":2}`, `{"a":1,"a":1}`, Unsure}, {`{"minProperties":2}`, `{"a":1}`, Misfits}, {`{"minProperties":1}`, `{"a":1}`, Fits},
		{`{"properties":{"a":{}},"minProperties":2}`, `{"a":1,"b":1}`, Fits}, {`{"maxProperties":2}`, `{"a":1,"b":1}`, Fits}, {`{"maxProperties":1}`, `{"a":1,"a":1}`, Unsure},
		{`{"oneOf":[{"additionalProperties":{"type":"null"}},{"type":"object"}]}`, `{"a":1,"a":null}`, Unsure},
		{`{"oneOf":[{"additionalProperties":{"type":"null"}},{"type":"object"}]}`, `{"a":1,"b":null}`, Fits},
		{`{"oneOf":[{"items":{"additionalProperties":{"type":"null"}}},{"type":"array"}]}`, `[{"a":1,"a":null}]`, Unsure},
		{`{"oneOf":[{"type":"string"},{"type":"object"}]}`, `{"a":1,"a":null}`, Fits},

		{`{"patternProperties":{"^a":{"type":"null"},"z$":{"type":"null"}},"properties":{"abz":{}},"additionalProperties":false}`, `{"abz":null,"ab":null,"bz":null}`, Fits},
		{`{"patternProperties":{"^a":{"type":"null"},"z$":{"type":"null"}},"properties":{"abz":{}},"additionalProperties":false}`, `{"abz":1}`, Misfits},
		{`{"patternProperties":{"^a":{"type":"null"}},"additionalProperties":false}`, `{"ba":null}`, Misfits},
		{`{"patternProperties":{"^a":false}}`, `{"\u0061":null}`, Misfits}, {`{"required":["a"],"patternProperties":{"^a":{"type":"null"}}}`, `{"a":1}`, Misfits},
		{`{"propertyNames":{"maxLength":2}}`, `{"ab":1,"abc":1}`, Misfits}, {`{"propertyNames":{"enum":["é"]}}`, `{"\u00e9":1}`, Fits}, {`{"propertyNames":false}`, `{}`, Fits},
		{`{"propertyNames":{"$ref":"#/$defs/k"},"$defs":{"k":{"anyOf":[{"const":"a"},{"const":"b"}]}}}`, `{"b":{},"a":{}}`, Fits}, {`{"propertyNames":{"type":"number"}}`, `{"1":1}`, Misfits},
		{`{"dependentRequired":{"a":["b","c"]}}`, `{"a":1,"b":1}`, Misfits}, {`{"dependentRequired":{"a":["b"]},"dependencies":{"a":["c"]}}`, `{"b":1}`, Fits},
		{`{"dependentRequired":{"a":["b"]},"dependencies":{"a":["c"]}}`, `{"a":1,"b":1}`, Misfits}, {`{"propertyNames":{}}`, `{1:2}`, Unsure}, {`{"propertyNames":{"minLength":1}}`, `{1:2}`, Unsure},

		{`{"uniqueItems":true}`, `["a","\u0061"]`, Misfits}, {`{"uniqueItems":true}`, `["1",1]`, Fits}, {`{"uniqueItems":true}`, `[0,-0]`, Unsure},
		{`{"uniqueItems":true}`, `[1,1.0]`, Unsure}, {`{"uniqueItems":true}`, `[null,true,false]`, Fits}, {`{"uniqueItems":true}`, `[true,true]`, Misfits},
		{`{"items":{"uniqueItems":true}}`, `[[1,2],[1,2]]`, Fits}, {`{"uniqueItems":true}`, `["true",true]`, Fits},
	} {
		p, err := program(t, tt.schema)
		if err != nil {
			t.Errorf("%s: %v", tt.schema, err)
		}
		if got := p.Check([]byte(tt.doc)); got != tt.want {
			t.Errorf("%s: %.60q: got %d, want %d", tt.schema, tt.doc, got, tt.want)
		}
	}
}

func TestManyElementsThatMustDiffer(t *testing.T) {
	p, err := program(t, `{"items":{"type":"array","uniqueItems":true}}`)
	if err != nil {
		t.Fatal(err)
	}
	distinct := "[["
	for i := range 100 {
		distinct += strings.Repeat("1", i+1) + ","
	}
	if got := p.Check([]byte(distinct + "2]]")); got != Fits {
		t.Error(got)
	}
	if got := p.Check([]byte(distinct + "11]]")); got != Misfits {
		t.Error(got)
	}
}

// Alternatives within alternatives multiply. They are left to the library when
// they take too long.
func TestAlternativesAreTriedSoOften(t *testing.T) {
	p, err := program(t, `{"anyOf":[{"prefixItems":[{"$ref":"#"},{"type":"null"}],"type":"array"},{"items":{"$ref":"#"},"type":"array"},{"type":"integer"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	nested := func(n int) []byte {
		return []byte(strings.Repeat("[", n) + "1" + strings.Repeat(",2]", n))
	}
	if got := p.Check(nested(5)); got != Fits {
		t.Error(got)
	}
	if got := p.Check(nested(40)); got != Unsure {
		t.Error(got)
	}
}

func TestWhatHasNoProgram(t *testing.T) {
	for schema, want := range map[string]string{
		`{"properties":{"a":{"not":{}}}}`:        "not at http://suite/schema.json#/properties/a is left to the library",
		`{"dependentSchemas":{"a":{}}}`:          "dependentSchemas",
		`{"enum":[1,[2]]}`:                       "enum of arrays or objects",
		`{"$ref":"#"}`:                           "a reference to itself",
		`{"anyOf":[{"allOf":[{"$ref":"#"}]}]}`:   "a reference to itself",
		`{"items":{"if":{},"then":{}}}`:          "if",
		`{"properties":{"a":{"contains":{}}}}`:   "contains",
		`{"unevaluatedProperties":false}`:        "unevaluatedProperties",
		`{"required":["` + manyNames(65) + `"]}`: "more than 64 properties",
	} {
		p, err := program(t, schema)
		if p != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, %v", schema, p, err)
		}
	}
	var none *Program
	if none.Check([]byte("1")) != Unsure {
		t.Error("no program says something")
	}
	if p, err := program(t, `{"required":["`+manyNames(64)+`"]}`); err != nil || p.Check([]byte(`{"`+strings.ReplaceAll(manyNames(64), ",", ":1,")+`":1}`)) != Fits {
		t.Error(err)
	}
}

func manyNames(n int) string {
	var names []string
	for i := range n {
		names = append(names, strings.Repeat("n", i+1))
	}
	return strings.Join(names, `","`)
}
