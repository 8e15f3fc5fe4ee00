package onepass

import (
	"encoding/json"
	"math/big"
	"regexp"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var kindsByName = map[string]kinds{
	"null": null, "boolean": yes | no, "integer": whole, "number": whole | fraction,
	"string": str, "array": array, "object": object,
}

// scalars is the part of a node about the kind of a value, and the values that
// it may be. Where there are both enum and const, they are nodes of their own.
func (c *compiler) scalars(n *node, s *jsonschema.Schema) error {
	if s.Types != nil && !s.Types.IsEmpty() {
		n.kinds = 0
		for _, name := range s.Types.ToStrings() {
			n.kinds |= kindsByName[name]
		}
	}
	if s.Enum != nil {
		if err := n.among(s.Enum.Values, "enum", s.Location); err != nil {
			return err
		}
	}
	if s.Const != nil {
		if s.Enum != nil {
			return &OutsideError{"const beside enum", s.Location}
		}
		return n.among([]any{*s.Const}, "const", s.Location)
	}
	return nil
}

// among asks that a value is one of some scalars.
func (n *node) among(values []any, word, at string) error {
	var allowed kinds
	var strings []string
	var numbers []limit
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			allowed |= null
		case bool:
			if v {
				allowed |= yes
			} else {
				allowed |= no
			}
		case string:
			allowed |= str
			strings = append(strings, v)
		case json.Number:
			allowed |= whole | fraction
			r, ok := new(big.Rat).SetString(string(v))
			if !ok {
				return &OutsideError{word + " of a number beyond limits", at}
			}
			numbers = append(numbers, *newLimit(r))
		default:
			return &OutsideError{word + " of arrays or objects", at}
		}
	}
	n.kinds &= allowed
	if strings != nil {
		n.text = &text{max: -1, labels: newLabels(strings)}
	}
	if numbers != nil {
		n.number = &bounds{list: numbers, listed: true}
	}
	return nil
}

// text is the part of a node about strings.
func (c *compiler) text(n *node, s *jsonschema.Schema) error {
	if s.MinLength == nil && s.MaxLength == nil && s.Pattern == nil && s.Format == nil {
		return nil
	}
	if n.text == nil {
		n.text = new(text)
	}
	n.text.min, n.text.max = or(s.MinLength, 0), or(s.MaxLength, -1)
	if s.Pattern != nil {
		re, ok := s.Pattern.(*regexp.Regexp)
		if !ok {
			return &OutsideError{"pattern", s.Location}
		}
		n.text.pattern = re
	}
	if s.Format != nil {
		n.text.format = &format{surely[s.Format.Name], s.Format.Validate}
	}
	return nil
}

// number is the part of a node about numbers.
func (c *compiler) number(n *node, s *jsonschema.Schema) error {
	if s.Minimum == nil && s.Maximum == nil && s.ExclusiveMinimum == nil && s.ExclusiveMaximum == nil && s.MultipleOf == nil {
		return nil
	}
	if n.number == nil {
		n.number = new(bounds)
	}
	b := n.number
	for _, l := range []struct {
		to   **limit
		from *big.Rat
	}{{&b.least, s.Minimum}, {&b.most, s.Maximum}, {&b.above, s.ExclusiveMinimum}, {&b.below, s.ExclusiveMaximum}} {
		if l.from != nil {
			*l.to = newLimit(l.from)
		}
	}
	if b.multiple = s.MultipleOf; b.multiple != nil {
		if b.multiple.Sign() <= 0 {
			return &OutsideError{"multipleOf 0", s.Location}
		}
		if b.multiple.IsInt() && b.multiple.Num().IsInt64() {
			b.times = b.multiple.Num().Int64()
		}
	}
	return nil
}
