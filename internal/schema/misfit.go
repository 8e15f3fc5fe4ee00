package schema

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/seed-1814a72b/paceline/internal/schema/onepass"
)

const (
	maxFaults   = 20  // of a document, that are told
	maxFaultLen = 240 // of one of them, in bytes

	// maxNested is how deep a document is checked. The validator keeps the path to
	// each fault: memory by the square of the depth, 34 MB here, 3 GB at 9,000.
	maxNested = 1_000
)

// A Misfit is all that is wrong with a document: each with the path to it,
// such as "sections[2].title: got number, want string".
type Misfit struct{ Faults []string }

// Error returns the faults on one line.
func (m *Misfit) Error() string { return strings.Join(m.Faults, "; ") }

// Validate returns nil if doc is one JSON value that fits, else a [*Misfit], or
// the reason for which it is none. It takes any bytes. One that fits is checked
// in a single pass; what is wrong with others the library finds.
func (s *Schema) Validate(doc []byte) error {
	if s.program.Check(doc) == onepass.Fits {
		return nil
	}
	return s.validate(doc)
}

// validate has the library judge a document.
func (s *Schema) validate(doc []byte) error {
	v, err := decode(doc)
	if err != nil {
		return err
	}
	if deeper(v, maxNested) {
		return fmt.Errorf("it is nested more than %d deep", maxNested)
	}
	return s.misfit(v, s.compiled.Validate(v))
}

// deeper reports whether arrays and objects are nested in v more than n deep.
func deeper(v any, n int) bool {
	within := func(e any) bool { return deeper(e, n-1) }
	switch v := v.(type) {
	case []any:
		return n == 0 || slices.ContainsFunc(v, within)
	case map[string]any:
		for _, e := range v {
			if within(e) {
				return true
			}
		}
		return n == 0
	}
	return false
}

func (s *Schema) misfit(doc any, err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	return &Misfit{Faults: faults(doc, e)}
}

// faults lists the places at which doc is at fault, in its own order as far as
// paths have one.
func faults(doc any, e *jsonschema.ValidationError) []string {
	english := message.NewPrinter(language.English)
	list := leaves(e)
	slices.SortStableFunc(list, func(a, b *jsonschema.ValidationError) int {
		return slices.Compare(a.InstanceLocation, b.InstanceLocation)
	})
	var all []string
	seen := map[string]bool{} // an answer can have a fault for every few of its bytes
	for _, leaf := range list {
		line := leaf.ErrorKind.LocalizedString(english)
		if at := Path(doc, leaf.InstanceLocation); at != "" {
			line = at + ": " + line
		}
		line = clip(strings.Join(strings.Fields(line), " "))
		if !seen[line] {
			seen[line] = true
			all = append(all, line)
		}
	}
	if more := len(all) - maxFaults; more > 0 {
		all = append(all[:maxFaults], fmt.Sprintf("and %d more", more))
	}
	return all
}

// leaves returns the innermost errors: those that say something. Of
// alternatives of which none fits, it takes the one that is nearest.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return nearest(e)
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// nearest returns the errors of the alternative that a value comes nearest to:
// one for its own type, with the fewest.
func nearest(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	var all [][]*jsonschema.ValidationError
	for _, alternative := range e.Causes {
		all = append(all, leaves(alternative))
	}
	depth := len(e.InstanceLocation)
	return slices.MinFunc(all, func(a, b []*jsonschema.ValidationError) int {
		return cmp.Or(cmp.Compare(otherType(a, depth), otherType(b, depth)), cmp.Compare(len(a), len(b)))
	})
}

// otherType is 1 if an alternative wants another value altogether at a depth.
func otherType(list []*jsonschema.ValidationError, depth int) int {
	for _, leaf := range list {
		switch leaf.ErrorKind.(type) {
		case *kind.Type, *kind.Const, *kind.Enum:
			if len(leaf.InstanceLocation) == depth {
				return 1
			}
		}
	}
	return 0
}

// Path writes where a value of doc stands: "sections[2].title". It is "" for
// doc itself.
func Path(doc any, keys []string) string {
	var b strings.Builder
	for _, key := range keys {
		switch v := doc.(type) {
		case []any:
			b.WriteString("[" + key + "]")
			if i, err := strconv.Atoi(key); err == nil && i < len(v) {
				doc = v[i]
			}
			continue
		case map[string]any:
			doc = v[key]
		}
		switch {
		case !plain(key):
			b.WriteString("[" + strconv.Quote(key) + "]")
		case b.Len() > 0:
			b.WriteString("." + key)
		default:
			b.WriteString(key)
		}
	}
	return b.String()
}

// plain reports whether a key may stand in a path without quotes.
func plain(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return !(r == '_' || r == '-' || r == '$' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127)
	})
}

func clip(s string) string {
	if len(s) <= maxFaultLen {
		return s
	}
	return strings.ToValidUTF8(s[:maxFaultLen], "") + "…"
}

// fault says in one line what is wrong with a schema, and where.
func fault(file string, err error) error {
	if e, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if v, ok := errors.AsType[*jsonschema.ValidationError](e.Err); ok {
			what := (&Misfit{Faults: faults(nil, v)}).Error()
			return fmt.Errorf("%s: is no valid JSON Schema: %s", within(file, e.URL), what)
		}
	}
	if e, ok := errors.AsType[*jsonschema.LoadURLError](err); ok {
		return fmt.Errorf("%s: cannot follow %s: %w", file, strings.TrimPrefix(e.URL, root), e.Err)
	}
	return fmt.Errorf("%s: %s", file, strings.ReplaceAll(strings.Join(strings.Fields(err.Error()), " "), root, ""))
}

// within names the file that an address stands for.
func within(file, address string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(address, root), "#")
	if name == "" || strings.Contains(address, "://") && !strings.HasPrefix(address, root) || strings.HasSuffix(file, name) {
		return file
	}
	return name
}
