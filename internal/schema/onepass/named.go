package onepass

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// members is the part of a node about objects.
func (c *compiler) members(n *node, s *jsonschema.Schema) (err error) {
	m := &members{min: or(s.MinProperties, 0), max: or(s.MaxProperties, -1)}
	if m.rest, m.closed, err = c.additional(s.AdditionalProperties); err != nil {
		return err
	}
	if m.keys, err = c.optional(s.PropertyNames); err != nil {
		return err
	}
	for _, part := range []func(*members, *jsonschema.Schema) error{c.names, c.patterns, c.needs} {
		if err := part(m, s); err != nil {
			return err
		}
	}
	if len(m.names) > maxNames {
		return &OutsideError{fmt.Sprintf("more than %d properties", maxNames), s.Location}
	}
	if s.MinProperties != nil || s.MaxProperties != nil || len(m.names) > 0 || s.AdditionalProperties != nil ||
		m.keys != nil || m.patterns != nil {
		n.members = m
	}
	return nil
}

// names notes the names that have a schema, and those that are required, in an
// order that does not change from one run to the next.
func (c *compiler) names(m *members, s *jsonschema.Schema) error {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		n, err := c.node(s.Properties[name])
		if err != nil {
			return err
		}
		m.own |= 1 << len(m.names)
		m.names, m.nodes = append(m.names, name), append(m.nodes, n)
	}
	m.required = m.bits(s.Required)
	return nil
}

// bits returns the bits of some names, which it notes.
func (m *members) bits(names []string) (set uint64) {
	for _, name := range names {
		i := slices.Index(m.names, name)
		if i < 0 {
			i = len(m.names)
			m.names, m.nodes = append(m.names, name), append(m.nodes, nil)
		}
		set |= 1 << i
	}
	return set
}

func (c *compiler) patterns(m *members, s *jsonschema.Schema) error {
	for r, sub := range s.PatternProperties {
		re, ok := r.(*regexp.Regexp)
		if !ok {
			return &OutsideError{"patternProperties", s.Location}
		}
		n, err := c.node(sub)
		if err != nil {
			return err
		}
		m.patterns = append(m.patterns, pattern{re, n})
	}
	return nil
}

// needs notes which names need others, and makes the index: all are known now.
func (c *compiler) needs(m *members, s *jsonschema.Schema) error {
	all := maps.Clone(s.DependentRequired)
	for name, v := range s.Dependencies {
		others, ok := v.([]string)
		if !ok {
			return &OutsideError{"dependencies on a schema", s.Location}
		}
		all = withNeeds(all, name, others)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		m.needs = append(m.needs, need{m.bits([]string{name}), m.bits(all[name])})
	}
	if len(m.names) > fewNames {
		m.index = map[string]int{}
		for i, name := range m.names {
			m.index[name] = i
		}
	}
	return nil
}

func withNeeds(all map[string][]string, name string, others []string) map[string][]string {
	if all == nil {
		all = map[string][]string{}
	}
	all[name] = append(slices.Clip(all[name]), others...)
	return all
}
