package onepass

import (
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// An OutsideError says what of a schema has no program.
type OutsideError struct {
	Keyword string
	At      string // address of the schema that has it
}

// Error names the keyword, and where it stands.
func (e *OutsideError) Error() string {
	return fmt.Sprintf("%s at %s is left to the library", e.Keyword, e.At)
}

// Compile makes the program of a schema as the library understood it: its
// references resolved, its draft applied. The error is an [*OutsideError].
func Compile(s *jsonschema.Schema, limits Limits) (*Program, error) {
	c := compiler{nodes: map[*jsonschema.Schema]*node{}}
	root, err := c.node(s)
	if err != nil {
		return nil, err
	}
	if err := c.acyclic(s); err != nil {
		return nil, err
	}
	for _, n := range c.nodes {
		n.shorten()
	}
	return &Program{root: direct(root), limits: limits}, nil
}

type compiler struct {
	nodes map[*jsonschema.Schema]*node
}

// node returns the node of a schema, of which parts may not be made yet.
func (c *compiler) node(s *jsonschema.Schema) (*node, error) {
	if n := c.nodes[s]; n != nil {
		return n, nil
	}
	n := &node{kinds: anything}
	c.nodes[s] = n
	if s.Bool != nil {
		if !*s.Bool {
			n.kinds = 0
		}
		return n, nil
	}
	if word := outside(s); word != "" {
		return nil, &OutsideError{word, s.Location}
	}
	for _, part := range []func(*node, *jsonschema.Schema) error{
		c.scalars, c.text, c.number, c.elements, c.members, c.others,
	} {
		if err := part(n, s); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// outside returns a keyword of a schema that no node can ask for, "" for none.
func outside(s *jsonschema.Schema) string {
	old := s.DraftVersion < 2019 && s.Ref != nil // its other keywords do not count, or do in part
	for _, k := range []struct {
		word  string
		there bool
	}{
		{"$recursiveRef", s.RecursiveRef != nil}, {"$dynamicRef", s.DynamicRef != nil},
		{"not", s.Not != nil}, {"if", s.If != nil || s.Then != nil || s.Else != nil},
		{"dependentSchemas", s.DependentSchemas != nil}, {"unevaluatedProperties", s.UnevaluatedProperties != nil},
		{"contains", s.Contains != nil || s.MinContains != nil || s.MaxContains != nil},
		{"unevaluatedItems", s.UnevaluatedItems != nil}, {"contentEncoding", s.ContentEncoding != nil},
		{"contentMediaType", s.ContentMediaType != nil || s.ContentSchema != nil}, {"a vocabulary", len(s.Extensions) > 0},
		{"what stands beside $ref", old && (s.Const != nil || s.PropertyNames != nil)},
	} {
		if k.there {
			return k.word
		}
	}
	return ""
}

// elements is the part of a node about arrays, in the words of each draft.
func (c *compiler) elements(n *node, s *jsonschema.Schema) (err error) {
	e := &elements{min: or(s.MinItems, 0), max: or(s.MaxItems, -1), unique: s.UniqueItems}
	prefix, rest := s.PrefixItems, s.Items2020
	switch items := s.Items.(type) {
	case *jsonschema.Schema:
		rest = items
	case []*jsonschema.Schema:
		prefix = items
	}
	if e.prefix, err = c.list(prefix); err != nil {
		return err
	}
	if e.rest, err = c.optional(rest); err != nil {
		return err
	}
	if _, ok := s.Items.(*jsonschema.Schema); !ok && s.AdditionalItems != nil {
		if e.rest, _, err = c.additional(s.AdditionalItems); err != nil {
			return err
		}
	}
	if s.MinItems != nil || s.MaxItems != nil || s.UniqueItems || e.prefix != nil || e.rest != nil {
		n.elements = e
	}
	return nil
}

// others is the part of a node about nodes that look at the same value.
func (c *compiler) others(n *node, s *jsonschema.Schema) (err error) {
	all := s.AllOf
	if s.Ref != nil {
		all = append([]*jsonschema.Schema{s.Ref}, all...)
	}
	if n.all, err = c.list(all); err != nil {
		return err
	}
	if len(s.AnyOf) > 0 {
		n.any = make([][]*node, 1)
		if n.any[0], err = c.list(s.AnyOf); err != nil {
			return err
		}
	}
	if len(s.OneOf) > 0 {
		n.one = make([][]*node, 1)
		n.one[0], err = c.list(s.OneOf)
	}
	return err
}

func (c *compiler) list(schemas []*jsonschema.Schema) ([]*node, error) {
	var all []*node
	for _, s := range schemas {
		n, err := c.node(s)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

func (c *compiler) optional(s *jsonschema.Schema) (*node, error) {
	if s == nil {
		return nil, nil
	}
	return c.node(s)
}

// additional returns the node of a keyword that is a schema or says if there
// may be more at all.
func (c *compiler) additional(v any) (n *node, closed bool, err error) {
	switch v := v.(type) {
	case bool:
		if !v {
			return &node{}, true, nil
		}
	case *jsonschema.Schema:
		n, err = c.node(v)
	}
	return n, false, err
}

func or(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}
