package sim

import (
	"slices"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// schema is a JSON schema, as far as documents are made from it.
type schema struct {
	forbids  bool // the schema false
	ref      string
	types    []string
	enum     []string // JSON values; a const is an enum of one
	anyOf    []*schema
	oneOf    []*schema
	allOf    []*schema
	props    []property
	required map[string]bool
	extra    *schema // additionalProperties, if it is an object
	minProps int

	items    *schema
	prefix   []*schema
	minItems int
	maxItems int // -1: any
	unique   bool

	minimum, maximum *bound
	multipleOf       float64
	minLength        int
	maxLength        int // -1: any
	pattern, format  string
}

type property struct {
	name string
	*schema
}

type bound struct {
	value     float64
	exclusive bool
}

// parseSchema reads a schema; what it does not know it ignores.
func parseSchema(v gjson.Result) *schema {
	s := &schema{maxItems: -1, maxLength: -1}
	if v.Type == gjson.False {
		s.forbids = true
	}
	v.ForEach(func(key, value gjson.Result) bool {
		switch key.String() {
		case "$ref", "$dynamicRef":
			s.ref = value.String()
		case "type":
			s.types = stringsOf(value)
		case "enum":
			value.ForEach(func(_, e gjson.Result) bool { s.enum = append(s.enum, e.Raw); return true })
		case "const":
			s.enum = []string{value.Raw}
		case "anyOf":
			s.anyOf = parseSchemas(value)
		case "oneOf":
			s.oneOf = parseSchemas(value)
		case "allOf":
			s.allOf = parseSchemas(value)
		default:
			s.parseObject(key.String(), value)
			s.parseArray(key.String(), value)
			s.parseScalar(key.String(), value)
		}
		return true
	})
	return s
}

func (s *schema) parseObject(key string, v gjson.Result) {
	switch key {
	case "properties":
		v.ForEach(func(name, sub gjson.Result) bool {
			s.props = append(s.props, property{name.String(), parseSchema(sub)})
			return true
		})
	case "required":
		s.required = map[string]bool{}
		for _, name := range stringsOf(v) {
			s.required[name] = true
		}
	case "additionalProperties":
		if v.IsObject() {
			s.extra = parseSchema(v)
		}
	case "minProperties":
		s.minProps = int(v.Int())
	}
}

func (s *schema) parseArray(key string, v gjson.Result) {
	switch key {
	case "items":
		if v.IsArray() { // a tuple, as drafts before 2020-12 wrote it
			s.prefix = parseSchemas(v)
		} else {
			s.items = parseSchema(v)
		}
	case "prefixItems":
		s.prefix = parseSchemas(v)
	case "minItems":
		s.minItems = int(v.Int())
	case "maxItems":
		s.maxItems = int(v.Int())
	case "uniqueItems":
		s.unique = v.Bool()
	}
}

func (s *schema) parseScalar(key string, v gjson.Result) {
	switch key {
	case "minimum":
		s.minimum = s.minimum.tighter(v.Float(), false, +1)
	case "maximum":
		s.maximum = s.maximum.tighter(v.Float(), false, -1)
	case "exclusiveMinimum":
		if v.Type == gjson.Number {
			s.minimum = s.minimum.tighter(v.Float(), true, +1)
		}
	case "exclusiveMaximum":
		if v.Type == gjson.Number {
			s.maximum = s.maximum.tighter(v.Float(), true, -1)
		}
	case "multipleOf":
		s.multipleOf = v.Float()
	case "minLength":
		s.minLength = int(v.Int())
	case "maxLength":
		s.maxLength = int(v.Int())
	case "pattern":
		s.pattern = v.String()
	case "format":
		s.format = v.String()
	}
}

// tighter returns the bound that allows less; sign is +1 for a lower bound and
// -1 for an upper one.
func (b *bound) tighter(value float64, exclusive bool, sign float64) *bound {
	switch {
	case b == nil || sign*value > sign*b.value:
		return &bound{value, exclusive}
	case value == b.value:
		return &bound{value, exclusive || b.exclusive}
	}
	return b
}

func parseSchemas(v gjson.Result) []*schema {
	var list []*schema
	v.ForEach(func(_, e gjson.Result) bool {
		list = append(list, parseSchema(e))
		return true
	})
	return list
}

// stringsOf reads a string or an array of strings.
func stringsOf(v gjson.Result) []string {
	if !v.IsArray() {
		return []string{v.String()}
	}
	var list []string
	for _, e := range v.Array() {
		list = append(list, e.String())
	}
	return list
}

// merge returns what both schemas ask for together.
func (s *schema) merge(t *schema) *schema {
	m := *s
	m.forbids = s.forbids || t.forbids
	if t.ref != "" {
		m.ref = t.ref
	}
	m.types = common(s.types, t.types)
	m.enum = common(s.enum, t.enum)
	m.anyOf, m.oneOf = either(t.anyOf, s.anyOf), either(t.oneOf, s.oneOf)
	m.allOf = append(append([]*schema(nil), s.allOf...), t.allOf...)
	m.mergeObject(t)
	m.mergeArray(t)
	m.mergeScalar(t)
	return &m
}

func (s *schema) mergeObject(t *schema) {
	props := append([]property(nil), s.props...)
next:
	for _, p := range t.props {
		for i := range props {
			if props[i].name == p.name {
				props[i].schema = props[i].merge(p.schema)
				continue next
			}
		}
		props = append(props, p)
	}
	s.props = props
	required := map[string]bool{}
	for _, from := range []map[string]bool{s.required, t.required} {
		for name := range from {
			required[name] = true
		}
	}
	s.required = required
	if t.extra != nil {
		s.extra = t.extra
	}
	s.minProps = max(s.minProps, t.minProps)
}

func (s *schema) mergeArray(t *schema) {
	if s.items != nil && t.items != nil {
		s.items = s.items.merge(t.items)
	} else if t.items != nil {
		s.items = t.items
	}
	s.prefix = either(t.prefix, s.prefix)
	s.minItems = max(s.minItems, t.minItems)
	s.maxItems = lesser(s.maxItems, t.maxItems)
	s.unique = s.unique || t.unique
}

func (s *schema) mergeScalar(t *schema) {
	if t.minimum != nil {
		s.minimum = s.minimum.tighter(t.minimum.value, t.minimum.exclusive, +1)
	}
	if t.maximum != nil {
		s.maximum = s.maximum.tighter(t.maximum.value, t.maximum.exclusive, -1)
	}
	if t.multipleOf != 0 {
		s.multipleOf = t.multipleOf
	}
	s.minLength = max(s.minLength, t.minLength)
	s.maxLength = lesser(s.maxLength, t.maxLength)
	if t.pattern != "" {
		s.pattern = t.pattern
	}
	if t.format != "" {
		s.format = t.format
	}
}

func either[T any](a, b []T) []T {
	if len(a) > 0 {
		return a
	}
	return b
}

// common returns what stands in both lists; a nil list allows everything.
func common(a, b []string) []string {
	if a == nil || b == nil {
		return either(a, b)
	}
	both := []string{}
	for _, v := range a {
		if slices.Contains(b, v) || v == "integer" && slices.Contains(b, "number") {
			both = append(both, v)
		} else if v == "number" && slices.Contains(b, "integer") {
			both = append(both, "integer")
		}
	}
	return both
}

// lesser of two limits, where -1 is none.
func lesser(a, b int) int {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// document is a schema with all that its references name. It is not changed
// once it is made, except for refs under the lock.
type document struct {
	source gjson.Result
	root   *schema
	mu     sync.Mutex
	refs   map[string]*schema
}

func newDocument(source string) *document {
	v := gjson.Parse(source)
	return &document{source: v, root: parseSchema(v), refs: map[string]*schema{}}
}

// lookup returns what a reference within the document names; an unknown one
// allows anything.
func (d *document) lookup(ref string) *schema {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.refs[ref]; s != nil {
		return s
	}
	s := parseSchema(d.find(ref))
	if ref == "#" {
		s = d.root
	}
	d.refs[ref] = s
	return s
}

// find follows a JSON pointer, or looks for an anchor or an $id among the
// definitions.
func (d *document) find(ref string) gjson.Result {
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return d.named(ref)
	}
	v := d.source
	for part := range strings.SplitSeq(pointer, "/") {
		v = child(v, strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
	}
	return v
}

func (d *document) named(ref string) gjson.Result {
	var found gjson.Result
	for _, defs := range []string{"$defs", "definitions"} {
		d.source.Get(defs).ForEach(func(_, v gjson.Result) bool {
			if child(v, "$id").String() == ref || "#"+child(v, "$anchor").String() == ref {
				found = v
			}
			return !found.Exists()
		})
	}
	return found
}

// child returns a member by its plain name: in a path, gjson would take dots
// and stars for more than that.
func child(v gjson.Result, name string) gjson.Result {
	var found gjson.Result
	i := 0
	v.ForEach(func(key, value gjson.Result) bool {
		if v.IsArray() && itoa(i) == name || v.IsObject() && key.String() == name {
			found = value
		}
		i++
		return !found.Exists()
	})
	return found
}

// schemaCache keeps the schemas of the last requests parsed. It is safe for
// concurrent use, and its zero value is ready.
type schemaCache struct {
	mu   sync.Mutex
	docs map[string]*document
}

const mostSchemas = 256

func (c *schemaCache) get(source string) *document {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := c.docs[source]; d != nil {
		return d
	}
	if c.docs == nil || len(c.docs) >= mostSchemas {
		c.docs = map[string]*document{}
	}
	d := newDocument(source)
	c.docs[strings.Clone(source)] = d
	return d
}
