package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/seed-1814a72b/paceline/internal/schema/onepass"
)

// agree fails if the single pass and the library are of two opinions, or the
// pass is unsure of a document that has nothing odd.
func agree(t interface{ Fatalf(string, ...any) }, s *Schema, doc []byte) onepass.Verdict {
	got, err := s.program.Check(doc), s.validate(doc)
	switch {
	case got == onepass.Fits && err != nil:
		t.Fatalf("a false yes: %s\n%s\n%v", s.json, doc, err)
	case got == onepass.Misfits && err == nil && !hasTwins(doc):
		t.Fatalf("a false no: %s\n%s", s.json, doc)
	case got == onepass.Unsure && s.program != nil && err == nil && !odd(s, doc):
		t.Fatalf("needlessly unsure: %s\n%s", s.json, doc)
	}
	return got
}

// odd reports whether a document has what the pass leaves to the library.
func odd(s *Schema, doc []byte) bool {
	for _, word := range []string{"uniqueItems", "minProperties", "maxProperties"} {
		if bytes.Contains(s.json, []byte(word)) {
			return true
		}
	}
	return !utf8.Valid(doc) || hasTwins(doc)
}

// hasTwins reports whether an object in a JSON text has a key twice.
func hasTwins(doc []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	twins := false
	var value func() error
	value = func() error {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		keys := map[any]bool{}
		switch token {
		case json.Delim('{'), json.Delim('['):
			for dec.More() {
				if token == json.Delim('{') {
					key, err := dec.Token()
					if err != nil {
						return err
					}
					twins = twins || keys[key]
					keys[key] = true
				}
				if err := value(); err != nil {
					return err
				}
			}
			_, err = dec.Token()
		}
		return err
	}
	if err := value(); err != nil && err != io.EOF {
		return twins
	}
	return twins
}

// A maker makes schemas and documents of them.
type maker struct {
	t    *rapid.T
	defs map[string]any
}

var (
	someNames   = []string{"a", "b", "kind", "é", `q"uote`}
	someStrings = []string{"", "a", "abc", "ABC", "é", "日本語", `q"uote`, "2026-11-25", "2026-02-30", "2026-11-25T10:00:00Z",
		"https://example.com/a-b", "https://exa mple.com/", "x@example.com", "not@", "a\nb", "😀"}
	someNumbers = []string{"0", "-0", "1", "1.0", "10e-1", "1.5", "-1.5", "2", "3E0", "0.1", "0.30", "1e2", "100", "9007199254740993",
		"12345678901234567890", "0.1234567890123456789", "1e-400", "1e400"}
	somePatterns = []string{"^a", "^[a-z]+$", "\\d", "^.{1,3}$", "é"}
	someFormats  = []string{"date", "date-time", "uri", "email", "uuid", "regex", "unknown"}
	someKinds    = []string{"null", "boolean", "integer", "number", "string", "array", "object"}
)

func pick[T any](m *maker, list []T) T { return rapid.SampledFrom(list).Draw(m.t, "of") }
func (m *maker) chance(percent int) bool {
	return rapid.IntRange(0, 99).Draw(m.t, "chance") < percent
}
func (m *maker) upTo(n int) int { return rapid.IntRange(0, n).Draw(m.t, "n") }

// schema makes one with a few keywords.
func (m *maker) schema(depth int) any {
	if m.chance(5) {
		return m.chance(70)
	}
	s := map[string]any{}
	if m.chance(70) {
		kinds := []string{pick(m, someKinds)}
		if m.chance(25) {
			kinds = append(kinds, pick(m, someKinds))
		}
		if s["type"] = kinds; len(kinds) == 1 || kinds[0] == kinds[1] {
			s["type"] = kinds[0]
		}
	}
	for range m.upTo(3) {
		m.keyword(s, depth)
	}
	return s
}

// keyword adds one to a schema.
func (m *maker) keyword(s map[string]any, depth int) {
	number := func() json.Number { return json.Number(pick(m, someNumbers)) }
	words := []string{
		"enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
		"exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
		"required", "title",
	}
	if depth > 0 {
		words = append(words, "properties", "properties", "additionalProperties", "items", "items", "prefixItems", "anyOf", "oneOf", "allOf", "$ref",
			"propertyNames", "patternProperties", "dependentRequired")
	}
	switch word := pick(m, words); word {
	case "enum":
		s[word] = []any{m.scalar(), m.scalar(), m.scalar()}
	case "const":
		s[word] = m.scalar()
	case "pattern":
		s[word] = pick(m, somePatterns)
	case "format":
		s[word] = pick(m, someFormats)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		s[word] = number()
	case "multipleOf":
		s[word] = json.Number(pick(m, []string{"1", "2", "0.1", "0.5", "1e-3"}))
	case "uniqueItems":
		s[word] = true
	case "required":
		s[word] = []string{pick(m, someNames)}
	case "title":
		s[word] = "minLength"
	case "properties":
		sub := map[string]any{}
		for range 1 + m.upTo(2) {
			sub[pick(m, someNames)] = m.schema(depth - 1)
		}
		s[word] = sub
	case "patternProperties":
		s[word] = map[string]any{pick(m, somePatterns): m.schema(depth - 1), "^[ab]": m.schema(depth - 1)}
	case "dependentRequired":
		s[word] = map[string]any{pick(m, someNames): []string{pick(m, someNames)}}
	case "additionalProperties", "items", "propertyNames":
		s[word] = m.schema(depth - 1)
	case "prefixItems", "anyOf", "oneOf", "allOf":
		s[word] = []any{m.schema(depth - 1), m.schema(depth - 1)}
	case "$ref":
		s[word] = "#/$defs/" + pick(m, []string{"one", "two"})
	default:
		s[word] = m.upTo(3)
	}
}

func (m *maker) scalar() any {
	switch m.upTo(3) {
	case 0:
		return nil
	case 1:
		return m.chance(50)
	case 2:
		return json.Number(pick(m, someNumbers))
	}
	return pick(m, someStrings)
}

// document writes one that is likely to fit a schema.
func (m *maker) document(schema any, depth int) string {
	s, _ := schema.(map[string]any)
	switch {
	case m.chance(10) || s == nil:
		s = map[string]any{}
	case s["const"] != nil:
		return m.written(s["const"])
	case s["enum"] != nil:
		return m.written(pick(m, s["enum"].([]any)))
	case s["$ref"] != nil && depth > 0:
		return m.document(m.defs[strings.TrimPrefix(s["$ref"].(string), "#/$defs/")], depth-1)
	}
	for _, word := range []string{"anyOf", "oneOf", "allOf"} {
		if list, ok := s[word].([]any); ok && depth > 0 {
			return m.document(pick(m, list), depth-1)
		}
	}
	kind := pick(m, someKinds)
	switch kinds := s["type"].(type) {
	case string:
		kind = kinds
	case []string:
		kind = pick(m, kinds)
	}
	if depth == 0 && (kind == "object" || kind == "array") {
		return pick(m, []string{"{}", "[]", " [ ] ", "{ }"})
	}
	return m.ofKind(kind, s, depth)
}

func (m *maker) ofKind(kind string, s map[string]any, depth int) string {
	switch kind {
	case "null":
		return "null"
	case "boolean":
		return pick(m, []string{"true", "false"})
	case "integer", "number":
		return pick(m, someNumbers)
	case "string":
		return m.written(pick(m, someStrings))
	case "array":
		return m.array(s, depth)
	}
	return m.object(s, depth)
}

func (m *maker) array(s map[string]any, depth int) string {
	prefix, _ := s["prefixItems"].([]any)
	var items []string
	for i := range m.upTo(4) {
		sub := s["items"]
		if i < len(prefix) {
			sub = prefix[i]
		}
		items = append(items, m.document(sub, depth-1))
	}
	return "[" + strings.Join(items, pick(m, []string{",", " , ", ",\n"})) + "]"
}

func (m *maker) object(s map[string]any, depth int) string {
	var members []string
	add := func(name string, sub any) {
		members = append(members, m.written(name)+pick(m, []string{":", " : "})+m.document(sub, depth-1))
	}
	properties, _ := s["properties"].(map[string]any)
	for _, name := range someNames {
		if sub, ok := properties[name]; ok && m.chance(80) {
			add(name, sub)
		}
	}
	if required, ok := s["required"].([]string); ok && m.chance(80) {
		if _, ok := properties[required[0]]; !ok {
			add(required[0], s["additionalProperties"])
		}
	}
	if m.chance(20) { // now and then one that stands there already
		add(pick(m, someNames), s["additionalProperties"])
	}
	return "{" + strings.Join(members, ",") + "}"
}

// written writes a scalar, strings now and then with escapes that need not be.
func (m *maker) written(v any) string {
	s, ok := v.(string)
	if !ok {
		text, _ := json.Marshal(v)
		return string(text)
	}
	if m.chance(70) {
		return strconv.QuoteToGraphic(s)
	}
	text := strconv.QuoteToASCII(s)
	if strings.Contains(text, `\U`) { // Go's, not JSON's
		return `"\ud83d\ude00"`
	}
	return strings.Replace(text, "a", `\u0061`, 1)
}

// mutated changes some bytes.
func (m *maker) mutated(doc string) []byte {
	b := []byte(doc)
	for range m.upTo(2) {
		at := m.upTo(len(b))
		piece := pick(m, []string{"", `"`, "\\", "{", "}", ",", "0", "-", "e9", "\xff", `\ud800`, "\x01", "null", " "})
		b = []byte(string(b[:at]) + piece + string(b[min(len(b), at+m.upTo(1)):]))
	}
	return b
}

func TestTheSinglePassAgreesWithTheLibrary(t *testing.T) {
	seen, compiled, all := map[onepass.Verdict]int{}, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		m := &maker{t: t}
		m.defs = map[string]any{"one": m.schema(2), "two": m.schema(1)}
		root, ok := m.schema(3).(map[string]any)
		if !ok {
			root = map[string]any{}
		}
		root["$defs"] = m.defs
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Compile("s.json", text, nil)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if all++; s.program != nil {
			compiled++
		}
		for range 10 {
			doc := m.document(root, 4)
			seen[agree(t, s, []byte(doc))]++
			seen[agree(t, s, m.mutated(doc))]++
		}
	})
	t.Logf("of %d schemas %d have a program; verdicts %v", all, compiled, fmt.Sprint(seen))
	if compiled < all*7/10 || seen[onepass.Fits] < seen[onepass.Misfits]/4 || seen[onepass.Misfits] < seen[onepass.Fits]/20 {
		t.Errorf("that tells too little")
	}
}
