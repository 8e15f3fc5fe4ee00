package onepass

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// known are the fields of a compiled schema that Compile looks at, and those
// that ask nothing of a document.
const known = `Bool Ref RecursiveRef DynamicRef Types Enum Const Not AllOf AnyOf OneOf If Then Else Format
	MaxProperties MinProperties Required PropertyNames Properties PatternProperties AdditionalProperties
	Dependencies DependentRequired DependentSchemas UnevaluatedProperties
	MinItems MaxItems UniqueItems Contains MinContains MaxContains Items AdditionalItems PrefixItems Items2020 UnevaluatedItems
	MinLength MaxLength Pattern ContentEncoding ContentMediaType ContentSchema
	Maximum Minimum ExclusiveMaximum ExclusiveMinimum MultipleOf Extensions
	DraftVersion Location ID Anchor RecursiveAnchor DynamicAnchor
	Title Description Default Comment ReadOnly WriteOnly Examples Deprecated`

// A version of the library that knows another keyword must not have it passed
// over here.
func TestEveryFieldOfTheLibrarysSchemaIsKnown(t *testing.T) {
	names := strings.Fields(known)
	for field := range reflect.TypeFor[jsonschema.Schema]().Fields() {
		if field.IsExported() && !slices.Contains(names, field.Name) {
			t.Errorf("what does %s ask of a document?", field.Name)
		}
	}
}
