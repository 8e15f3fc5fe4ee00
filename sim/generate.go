package sim

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// generate returns a JSON document that fits the schema, made of the text's
// words. Contradictory schemas, "not" and conditions are beyond it.
func (c *schemaCache) generate(source, text string, d *draws) string {
	doc := c.get(source)
	g := &generator{doc: doc, d: d, text: text, words: strings.Fields(text)}
	if len(g.words) == 0 {
		g.words = []string{"lorem", "ipsum", "dolor", "sit", "amet"}
	}
	g.value(doc.root, "", 0)
	return string(g.out)
}

// misfit returns a document of another type than the schema wants, or "" if it
// allows any. Without a schema an object is wanted.
func misfit(source string) string {
	if source == "" {
		return "[]"
	}
	doc := newDocument(source)
	s := (&generator{doc: doc, d: new(draws)}).resolve(doc.root, 0)
	switch {
	case s.kind() == "object":
		return "[]"
	case len(s.types) > 0 || s.enum != nil:
		return "{}"
	}
	return ""
}

type generator struct {
	doc   *document
	d     *draws
	text  string
	words []string
	out   []byte
	made  int // values
}

const (
	deep     = 6  // from here on only what is required, the smallest alternative
	tooDeep  = 64 // from here on null: the schema cannot be satisfied
	tooMany  = 1 << 16
	tooLarge = 1 << 20 // bytes
)

// full reports whether the document has become so large that it is better to
// end it than to fit the schema.
func (g *generator) full() bool { return g.made > tooMany || len(g.out) > tooLarge }

func (g *generator) raw(s string) { g.out = append(g.out, s...) }

func (g *generator) value(s *schema, name string, depth int) {
	if g.made++; depth > tooDeep || g.full() {
		g.raw("null")
		return
	}
	s = g.resolve(s, depth)
	if len(s.enum) > 0 {
		g.raw(g.choose(s.enum))
		return
	}
	switch s.pickType(g.d) {
	case "object":
		g.object(s, depth)
	case "array":
		g.array(s, name, depth)
	case "integer":
		g.integer(s)
	case "number":
		g.number(s)
	case "boolean":
		g.raw([]string{"true", "false"}[g.d.intn(2)])
	case "null":
		g.raw("null")
	default:
		g.out = appendString(g.out, g.str(s, name))
	}
}

// resolve follows references and merges in the alternatives chosen.
func (g *generator) resolve(s *schema, depth int) *schema {
	for range tooDeep {
		switch {
		case s.ref != "":
			rest := *s
			rest.ref = ""
			s = g.doc.lookup(s.ref).merge(&rest)
		case len(s.allOf) > 0:
			parts := s.allOf
			rest := *s
			rest.allOf = nil
			s = &rest
			for _, p := range parts {
				s = s.merge(p)
			}
		case len(s.anyOf) > 0:
			rest := *s
			rest.anyOf = nil
			s = rest.merge(g.alternative(s.anyOf, depth))
		case len(s.oneOf) > 0:
			rest := *s
			rest.oneOf = nil
			s = rest.merge(g.alternative(s.oneOf, depth))
		default:
			return s
		}
	}
	return s
}

// alternative chooses any of the schemas; deep inside, one that leads no
// deeper if there is one.
func (g *generator) alternative(list []*schema, depth int) *schema {
	first := g.d.intn(len(list))
	var least *schema
	for i := range list {
		s := list[(first+i)%len(list)]
		if s.forbids {
			continue
		}
		if depth < deep || g.leaf(s) {
			return s
		}
		if least == nil {
			least = s
		}
	}
	if least == nil {
		return list[first]
	}
	return least
}

func (g *generator) leaf(s *schema) bool {
	if s.ref != "" {
		s = g.doc.lookup(s.ref)
	}
	return s.kind() != "object" && (s.kind() != "array" || s.minItems == 0)
}

// kind is the one type that a schema speaks of: the first it names, or the one
// that its other words imply.
func (s *schema) kind() string {
	switch {
	case len(s.types) > 0:
		return s.types[0]
	case len(s.props) > 0 || s.required != nil || s.extra != nil:
		return "object"
	case s.items != nil || s.prefix != nil || s.minItems > 0:
		return "array"
	case s.minimum != nil || s.maximum != nil || s.multipleOf != 0:
		return "number"
	case s.enum != nil:
		return "enum"
	}
	return "string"
}

// pickType takes null one time in five where it is one of several types.
func (s *schema) pickType(d *draws) string {
	if len(s.types) < 2 {
		return s.kind()
	}
	var others []string
	for _, t := range s.types {
		if t != "null" {
			others = append(others, t)
		}
	}
	if len(others) == 0 || len(others) < len(s.types) && d.intn(5) == 0 {
		return "null"
	}
	return others[d.intn(len(others))]
}

// choose takes a value of an enum: where they are labels, the one that fits
// the text.
func (g *generator) choose(values []string) string {
	labels := make([]string, len(values))
	for i, v := range values {
		labels[i] = strings.Trim(v, `"`)
	}
	picked := pickLabel(labels, g.text, g.d)
	for i, l := range labels {
		if l == picked {
			return values[i]
		}
	}
	return values[0]
}

func (g *generator) object(s *schema, depth int) {
	g.raw("{")
	n := 0
	member := func(name string, sub *schema) {
		if n++; n > 1 {
			g.raw(",")
		}
		g.out = appendString(g.out, name)
		g.raw(":")
		g.value(sub, name, depth+1)
	}
	for i, p := range s.props {
		short := n+len(s.props)-i <= s.minProps
		if s.required[p.name] || short || !p.forbids && depth < deep && g.d.intn(4) > 0 {
			member(p.name, p.schema)
		}
	}
	extra := s.extra
	if extra == nil {
		extra = anything
	}
	for _, name := range s.undescribed() {
		member(name, extra)
	}
	more := s.minProps
	if s.extra != nil && len(s.props) == 0 && depth < deep {
		more = max(more, 2) // a map: show what it is for
	}
	for k := 1; n < more && !g.full(); k++ {
		member("key"+itoa(k), extra)
	}
	g.raw("}")
}

// anything is the schema true. It is not to be changed.
var anything = &schema{maxItems: -1, maxLength: -1}

// undescribed returns the names, in order, that are required without being
// properties.
func (s *schema) undescribed() []string {
	var names []string
	for name := range s.required {
		if !slices.ContainsFunc(s.props, func(p property) bool { return p.name == name }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (g *generator) array(s *schema, name string, depth int) {
	least := s.minItems
	most := max(least, 3)
	if s.maxItems >= 0 {
		most = min(most, max(least, s.maxItems))
	}
	n := least
	if depth < deep {
		n = g.d.between(max(least, min(1, most)), most)
	}
	n = max(n, min(len(s.prefix), most))
	g.raw("[")
	var seen map[string]bool
	if s.unique {
		seen = map[string]bool{}
	}
	for i := range n {
		if g.full() {
			break
		}
		if !g.element(s.element(i), name, depth+1, i, seen) && i >= least {
			break // no further value that is new
		}
	}
	g.raw("]")
}

// element returns the schema of the i-th element.
func (s *schema) element(i int) *schema {
	switch {
	case i < len(s.prefix):
		return s.prefix[i]
	case s.items != nil:
		return s.items
	}
	return anything
}

// element writes the i-th element, one that has not been seen where that
// matters, and reports whether it found one.
func (g *generator) element(s *schema, name string, depth, i int, seen map[string]bool) bool {
	before := len(g.out)
	for range 64 {
		g.out = g.out[:before]
		if i > 0 {
			g.raw(",")
		}
		start := len(g.out)
		g.value(s, name, depth)
		if text := string(g.out[start:]); seen == nil || !seen[text] {
			if seen != nil {
				seen[text] = true
			}
			return true
		}
		// Labels are chosen by the text: without it any of them will do.
		g.text = ""
	}
	g.out = g.out[:before]
	return false
}

// str returns a string: by its format or pattern, else some of the text's
// words, cut or filled to the lengths that are allowed.
func (g *generator) str(s *schema, name string) string {
	if v := formatted(s.format, g.d); v != "" {
		return v
	}
	if s.pattern != "" {
		if v, ok := matching(s.pattern, s.minLength, s.maxLength, g.d); ok {
			return v
		}
	}
	var b strings.Builder
	first := g.d.intn(len(g.words))
	for i := range g.d.between(2, 6) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(g.words[(first+i)%len(g.words)])
	}
	return fill(strings.ToValidUTF8(b.String(), "?"), s.minLength, s.maxLength)
}

// fill brings a string to between least and most characters; most below 0 is
// no limit.
func fill(v string, least, most int) string {
	n := utf8.RuneCountInString(v)
	if n < least {
		v += strings.Repeat("x", min(least-n, tooLarge))
	}
	if most >= 0 && n > most {
		v = string([]rune(v)[:most])
	}
	return v
}

func itoa(n int) string { return strconv.Itoa(n) }
