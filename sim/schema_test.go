package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"
)

const blogPost = `{"type":"object","additionalProperties":false,
	"properties":{
		"title":{"type":"string","minLength":5,"maxLength":40},
		"slug":{"type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$"},
		"summary":{"type":"string"},
		"tags":{"type":"array","items":{"type":"string"},"minItems":2,"maxItems":5},
		"author":{"$ref":"#/$defs/author"},
		"sections":{"type":"array","minItems":1,"items":{"type":"object","properties":{
			"heading":{"type":"string"},"keywords":{"type":"array","items":{"type":"string"}}},
			"required":["heading","keywords"],"additionalProperties":false}},
		"rating":{"type":"number","minimum":0,"maximum":5},
		"published":{"type":"string","format":"date"},
		"status":{"enum":["draft","published"]}},
	"required":["title","slug","summary","tags","author","sections","rating","published","status"],
	"$defs":{"author":{"type":"object","properties":{"name":{"type":"string"},"email":{"type":"string","format":"email"}},"required":["name","email"],"additionalProperties":false}}}`

var schemas = map[string]string{
	"blog post":        blogPost,
	"bounds":           `{"type":"array","minItems":3,"items":{"type":"integer","minimum":-5,"exclusiveMaximum":-2}}`,
	"tight number":     `{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.001}`,
	"multiples":        `{"type":"object","properties":{"a":{"type":"integer","multipleOf":7,"minimum":1,"maximum":20},"b":{"type":"number","multipleOf":0.5}},"required":["a","b"]}`,
	"only a maximum":   `{"type":"integer","maximum":-1000}`,
	"const":            `{"type":"object","properties":{"v":{"const":{"x":[1,null]}}},"required":["v"]}`,
	"enum of values":   `{"enum":[1,"two",null,{"three":3}]}`,
	"anyOf":            `{"type":"object","properties":{"v":{"anyOf":[{"type":"string","maxLength":3},{"type":"null"},{"type":"object","properties":{"k":{"type":"boolean"}},"required":["k"]}]}},"required":["v"]}`,
	"oneOf":            `{"oneOf":[{"type":"object","properties":{"kind":{"const":"a"},"x":{"type":"integer"}},"required":["kind","x"],"additionalProperties":false},{"type":"object","properties":{"kind":{"const":"b"},"y":{"type":"string"}},"required":["kind","y"],"additionalProperties":false}]}`,
	"allOf":            `{"allOf":[{"type":"object","properties":{"a":{"type":"integer","minimum":3}},"required":["a"]},{"properties":{"a":{"maximum":4},"b":{"type":"string"}},"required":["b"]}]}`,
	"base and anyOf":   `{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"],"anyOf":[{"properties":{"x":{"type":"string"}},"required":["x"]},{"properties":{"y":{"type":"string"}},"required":["y"]}]}`,
	"nullable":         `{"type":"object","properties":{"v":{"type":["string","null"]},"w":{"type":["integer","string"],"minimum":1}},"required":["v","w"]}`,
	"tree":             `{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"value":{"type":"integer"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["value","children"],"additionalProperties":false}}}`,
	"list":             `{"type":"object","properties":{"head":{"$ref":"#/$defs/cell"}},"required":["head"],"$defs":{"cell":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/cell"},{"type":"null"}]}},"required":["next"]}}}`,
	"itself":           `{"type":"object","properties":{"name":{"type":"string"},"child":{"$ref":"#"}},"required":["name"]}`,
	"escaped pointer":  `{"type":"object","properties":{"v":{"$ref":"#/$defs/a~1b.c~0d"}},"required":["v"],"$defs":{"a/b.c~d":{"type":"boolean"}}}`,
	"anchor":           `{"type":"array","minItems":1,"items":{"$ref":"#thing"},"$defs":{"t":{"$anchor":"thing","type":"integer"}}}`,
	"tuple":            `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":{"type":"boolean"},"minItems":2}`,
	"unique":           `{"type":"array","items":{"enum":["a","b","c","d"]},"uniqueItems":true,"minItems":3}`,
	"map":              `{"type":"object","additionalProperties":{"type":"integer","minimum":0},"minProperties":3}`,
	"unknown required": `{"type":"object","required":["b","a"]}`,
	"no type":          `{"properties":{"a":{"items":{"minimum":3}}},"required":["a"]}`,
	"anything":         `{}`,
	"true property":    `{"type":"object","properties":{"a":true},"required":["a"]}`,
	"formats":          `{"type":"object","properties":{"a":{"type":"string","format":"date-time"},"b":{"type":"string","format":"uuid"},"c":{"type":"string","format":"ipv4"},"d":{"type":"string","format":"ipv6"},"e":{"type":"string","format":"uri"},"f":{"type":"string","format":"time"},"g":{"type":"string","format":"duration"},"h":{"type":"string","format":"hostname"},"i":{"type":"string","format":"email"}},"required":["a","b","c","d","e","f","g","h","i"]}`,
	"patterns":         `{"type":"array","prefixItems":[{"type":"string","pattern":"^\\d{3}-\\d{4}$"},{"type":"string","pattern":"^(foo|bar)+[^a-z]?$"},{"type":"string","pattern":"^[A-Z]{2}\\w*\\.$"},{"type":"string","pattern":"x.y"},{"type":"string","pattern":"^[a-z]+$","minLength":12,"maxLength":14},{"type":"string","pattern":"^#[0-9a-fA-F]{6}$"}],"minItems":6}`,
	"lengths":          `{"type":"array","minItems":3,"items":{"type":"string","minLength":100,"maxLength":101}}`,
	"empty string":     `{"type":"string","maxLength":0}`,
	"empty array":      `{"type":"array","maxItems":0}`,
	"odd names":        `{"type":"object","properties":{"a.b":{"type":"string"},"\"q\"":{"type":"integer"},"*":{"type":"null"}},"required":["a.b","\"q\"","*"],"additionalProperties":false}`,
	"definitions":      `{"type":"object","properties":{"v":{"$ref":"#/definitions/d"}},"required":["v"],"definitions":{"d":{"type":"string","format":"date"}}}`,
}

func compile(t *testing.T, source string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fits(s *jsonschema.Schema, text string) error {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func TestDocumentsFitTheirSchema(t *testing.T) {
	for name, source := range schemas {
		t.Run(name, func(t *testing.T) {
			schema := compile(t, source)
			var cache schemaCache
			for seed := range 300 {
				d := draws(seed)
				doc := cache.generate(source, "Some words of a prompt, \"quoted\" and übrig.", &d)
				if err := fits(schema, doc); err != nil {
					t.Fatalf("seed %d: %s\n%v", seed, doc, err)
				}
			}
		})
	}
}

func TestInvalidDocumentsDoNotFit(t *testing.T) {
	for name, source := range schemas {
		if name == "anything" || name == "no type" { // prose may fit these
			continue
		}
		t.Run(name, func(t *testing.T) {
			schema := compile(t, source)
			var cache schemaCache
			for seed := range 100 {
				d := draws(seed)
				bad := invalidJSON(source, cache.generate(source, "Words.", &d), &d)
				if err := fits(schema, bad); err == nil {
					t.Fatalf("seed %d: %s is valid", seed, bad)
				}
			}
		})
	}
}

func TestSchemaOverTheWire(t *testing.T) {
	s := newServer(t, Config{Invalid: 0.2})
	schema := compile(t, blogPost)
	bad := 0
	for i := range 500 {
		r := direct(s, chatBody(fmt.Sprint("Write post ", i), `,"response_format":{"type":"json_schema","json_schema":{"name":"post","strict":true,"schema":`+blogPost+`}}`))
		mustBe(t, "status", r.status, 200)
		if fits(schema, r.text()) != nil {
			bad++
		}
	}
	mustBe(t, "invalid answers", int64(bad), s.Ledger().ByFault["invalid"])
	if bad < 70 || bad > 130 {
		t.Errorf("%d of 500 are invalid, want about 100", bad)
	}
}

// Schemas that contradict themselves or go round in circles give some JSON.
func FuzzGenerate(f *testing.F) {
	for _, source := range schemas {
		f.Add(source)
	}
	f.Add(`{"$ref":"#"}`)
	f.Add(`{"allOf":[{"$ref":"#"}]}`)
	f.Add(`{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`)
	f.Add(`{"type":"array","items":{"$ref":"#"},"minItems":9}`)
	f.Add(`{"type":"array","minItems":1000000000}`)
	f.Add(`{"type":"string","minLength":1e18,"pattern":"(a{900}){900}"}`)
	f.Add(`{"minProperties":1e9,"enum":[]}`)
	f.Add(`{"type":"integer","multipleOf":-1,"minimum":5,"maximum":1}`)
	f.Fuzz(func(t *testing.T, source string) {
		if !gjson.Valid(source) {
			return
		}
		var cache schemaCache
		d := draws(1)
		if doc := cache.generate(source, "text", &d); !gjson.Valid(doc) {
			t.Fatalf("%s gives %s", source, doc)
		}
	})
}
