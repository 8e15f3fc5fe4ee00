package prompt

import (
	"fmt"
	"strings"

	"github.com/seed-1814a72b/paceline/internal/spelling"
)

// The functions that field accesses are compiled to. The compiler lets no
// template call them itself.
const (
	fieldFunc = "_field"
	maybeFunc = "_maybe"
	rangeFunc = "_range"

	maybeIndexFunc = "_maybeIndex"
)

// lineField is the name under which a string item has its text.
const lineField = "text"

// A MissingFieldError says that a template names a field that an item has not.
type MissingFieldError struct {
	Field   string   // as the template has it: .a.b
	Fields  []string // those that are there instead
	Nearest string   // the one that was probably meant, "" if none
	Text    bool     // the item is a line of text
}

// Error names the field, the one that was probably meant and those there are.
func (e *MissingFieldError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "no field %s", e.Field)
	if e.Text {
		b.WriteString("; text has only .text; for CSV give --input-format csv")
		return b.String()
	}
	if e.Nearest != "" {
		fmt.Fprintf(&b, " (did you mean %s?)", e.Nearest)
	}
	if len(e.Fields) == 0 {
		b.WriteString("; there are no fields")
		return b.String()
	}
	if len(e.Fields) == 1 && strings.Contains(e.Fields[0], ";") {
		fmt.Fprintf(&b, "; the only field is %s: fields of CSV are parted by commas, not semicolons", e.Fields[0])
		return b.String()
	}
	const most = 20
	shown := e.Fields[:min(len(e.Fields), most)]
	fmt.Fprintf(&b, "; the fields are %s", strings.Join(shown, ", "))
	if len(e.Fields) > most {
		fmt.Fprintf(&b, " and %d more", len(e.Fields)-most)
	}
	return b.String()
}

// field returns the field names of v, where prefix is how the template calls
// v itself.
func field(v any, prefix string, names ...string) (any, error) {
	for i, name := range names {
		next, ok, err := step(v, name)
		if err != nil {
			return nil, problemf("%s: %v", pathOf(prefix, names[:i]), err)
		}
		if !ok {
			return nil, missing(v, prefix, names[:i+1])
		}
		v = next
	}
	return v, nil
}

// maybe is field with null for a field that is missing.
func maybe(v any, prefix string, names ...string) (any, error) {
	for i, name := range names {
		if _, ok := v.(null); ok {
			return v, nil
		}
		next, ok, err := step(v, name)
		if err != nil {
			return nil, problemf("%s: %v", pathOf(prefix, names[:i]), err)
		}
		if !ok {
			return null{}, nil
		}
		v = next
	}
	return v, nil
}

// step returns one field. A value that can have no fields is an error.
func step(v any, name string) (any, bool, error) {
	switch v := v.(type) {
	case object:
		e, ok := v.get(name)
		return e, ok, nil
	case map[string]any:
		e, ok := v[name]
		return e, ok, nil
	case line:
		return v, name == lineField, nil
	}
	return nil, false, problemf("%s has no field %q", kindOf(v), name)
}

func missing(v any, prefix string, names []string) error {
	e := &MissingFieldError{Field: pathOf(prefix, names)}
	switch v := v.(type) {
	case object:
		e.Fields = v.names()
	case line:
		e.Fields, e.Text = []string{lineField}, true
	}
	e.Nearest = spelling.Nearest(names[len(names)-1], e.Fields)
	return e
}

func pathOf(prefix string, names []string) string {
	if len(names) == 0 && prefix == "" {
		return "."
	}
	var b strings.Builder
	b.WriteString(prefix)
	for _, n := range names {
		b.WriteByte('.')
		b.WriteString(n)
	}
	return b.String()
}

// rangeable returns what {{range}} can go over: an object's fields in the
// order of their names.
func rangeable(v any) any {
	switch v := v.(type) {
	case object:
		m := make(map[string]any, len(v))
		for i := len(v) - 1; i >= 0; i-- { // the first of equal names wins
			m[v[i].name] = v[i].value
		}
		return m
	case null:
		return array{}
	}
	return v
}
