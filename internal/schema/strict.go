package schema

import (
	"slices"

	"github.com/tidwall/gjson"
)

// strictWords are the keywords that OpenAI's strict mode takes; any other has
// the whole request refused. From its guide to structured outputs, read in 2026.
var strictWords = []string{
	"$schema", "$id", "$ref", "$defs", "definitions", "title", "description",
	"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf",
	"pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"minItems", "maxItems",
}

// Strict reports whether the schema is one that OpenAI's strict mode takes: its
// root is an object, every object names all its properties as required and
// allows no others, and no keyword is used that it does not know.
func (s *Schema) Strict() bool {
	doc := gjson.ParseBytes(s.json)
	return !s.Shared() && doc.Get("type").String() == "object" && !doc.Get("anyOf").Exists() && strict(doc)
}

func strict(v gjson.Result) bool {
	if !v.IsObject() {
		return false
	}
	ok := strictObject(v)
	v.ForEach(func(key, sub gjson.Result) bool {
		ok = ok && slices.Contains(strictWords, key.String()) && strictBelow(key.String(), sub)
		return ok
	})
	return ok
}

// strictBelow reports whether the schemas in a keyword's value are strict.
func strictBelow(key string, v gjson.Result) bool {
	switch key {
	case "items":
		return strict(v)
	case "anyOf":
		return v.IsArray() && all(v)
	case "properties", "$defs", "definitions":
		return all(v)
	}
	return true
}

func all(v gjson.Result) bool {
	ok := true
	v.ForEach(func(_, sub gjson.Result) bool {
		ok = ok && strict(sub)
		return ok
	})
	return ok
}

// strictObject reports whether a schema, if it allows an object, closes it.
func strictObject(v gjson.Result) bool {
	isObject := v.Get("properties").Exists()
	for _, t := range append(v.Get("type").Array(), gjson.Result{}) {
		isObject = isObject || t.String() == "object"
	}
	if !isObject {
		return true
	}
	if v.Get("additionalProperties").Raw != "false" {
		return false
	}
	required := map[string]bool{}
	for _, name := range v.Get("required").Array() {
		required[name.String()] = true
	}
	ok := true
	v.Get("properties").ForEach(func(name, _ gjson.Result) bool {
		ok = ok && required[name.String()]
		return ok
	})
	return ok
}
