package prompt

import (
	"cmp"
	"encoding/json"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"text/template"
)

// A Function is one of the functions that templates may call.
type Function struct {
	Name, Usage, Doc string

	impl any
}

// Functions returns the functions that templates may call besides those of Go's
// text/template (and, or, not, len, slice, print, printf, ...), sorted by name.
// A value that is to be piped in comes last.
func Functions() []Function { return slices.Clone(functions) }

var functions = []Function{
	{"add", "add 1 $i", "the sum of two whole numbers", func(a, b any) (int64, error) { return whole(a, b, 1) }},
	{"contains", `contains "sub" .text`, "whether the text has this in it", func(sub string, v any) bool { return strings.Contains(text(v), sub) }},
	{"default", `default "none" .note`, "the value, or this if it is missing, null, empty, false or 0", orDefault},
	{"eq", `eq .label "a" "b"`, "whether the first is equal to one of the others; numbers by value", equal},
	{"ge", "ge .score 0.5", "greater or equal; numbers by value, texts by byte", order(func(c int) bool { return c >= 0 })},
	{"gt", "gt .score 0.5", "greater", order(func(c int) bool { return c > 0 })},
	{"hasPrefix", `hasPrefix "Re:" .subject`, "whether the text begins with this", func(p string, v any) bool { return strings.HasPrefix(text(v), p) }},
	{"hasSuffix", `hasSuffix "?" .text`, "whether the text ends with this", func(p string, v any) bool { return strings.HasSuffix(text(v), p) }},
	{"indent", "indent 2 .text", "the text with this many blanks before each line", indent},
	{"index", `index . "field name" 0`, "a field by its name, or an element by its position from 0", index},
	{"join", `join ", " .tags`, "an array's elements with this between them", join},
	{"json", "json .tags", "the value as JSON", func(v any) string { return string(appendValue(nil, v)) }},
	{"le", "le .score 0.5", "less or equal", order(func(c int) bool { return c <= 0 })},
	{"lower", "lower .text", "the text in lower case", func(v any) string { return strings.ToLower(text(v)) }},
	{"lt", "lt .score 0.5", "less", order(func(c int) bool { return c < 0 })},
	{"ne", `ne .label "a"`, "not equal", func(a, b any) (bool, error) { same, err := equal(a, b); return !same, err }},
	{"oneline", "oneline .text", "the text with every run of blanks and newlines made one blank", func(v any) string { return strings.Join(strings.Fields(text(v)), " ") }},
	{"replace", `replace "old" "new" .text`, "the text with every old made new", func(from, to string, v any) string { return strings.ReplaceAll(text(v), from, to) }},
	{"split", `split "," .tags`, "the text's parts between these, as an array", split},
	{"sub", "sub 1 .n", "the last whole number less the first", func(a, b any) (int64, error) { return whole(b, a, -1) }},
	{"trim", "trim .text", "the text without blanks and newlines at its ends", func(v any) string { return strings.TrimSpace(text(v)) }},
	{"truncate", "truncate 1000 .text", "the text's first characters, at most so many", truncate},
	{"upper", "upper .text", "the text in upper case", func(v any) string { return strings.ToUpper(text(v)) }},
	{"words", "words 100 .text", "the text's first words, at most so many, one blank between them", words},
}

// builtins are the functions of text/template that are not in [Functions].
var builtins = []string{"and", "call", "html", "js", "len", "not", "or", "print", "printf", "println", "slice", "urlquery"}

var funcMap = func() template.FuncMap {
	m := template.FuncMap{fieldFunc: field, maybeFunc: maybe, rangeFunc: rangeable, maybeIndexFunc: maybeIndex}
	for _, f := range functions {
		m[f.Name] = f.impl
	}
	return m
}()

// whole returns a + sign*b.
func whole(a, b any, sign int64) (int64, error) {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if !x.IsValid() || !y.IsValid() || !x.CanInt() || !y.CanInt() {
		return 0, problemf("%s and %s are not two whole numbers", text(a), text(b))
	}
	return x.Int() + sign*y.Int(), nil
}

func orDefault(other, v any) any {
	if truth, ok := template.IsTrue(v); !ok || !truth {
		return other
	}
	return v
}

func indent(n int, v any) string {
	pad := strings.Repeat(" ", max(n, 0))
	return pad + strings.ReplaceAll(text(v), "\n", "\n"+pad)
}

func join(sep string, v any) (string, error) {
	var parts []string
	switch v := v.(type) {
	case array:
		for _, e := range v {
			parts = append(parts, text(e))
		}
	case null, nil:
	default:
		return "", problemf("join wants an array, not %s", kindOf(v))
	}
	return strings.Join(parts, sep), nil
}

func split(sep string, v any) array {
	a := array{}
	for s := range strings.SplitSeq(text(v), sep) {
		a = append(a, s)
	}
	return a
}

func truncate(n int, v any) string {
	s := text(v)
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

func words(n int, v any) string {
	w := strings.Fields(text(v))
	return strings.Join(w[:max(min(n, len(w)), 0)], " ")
}

// index returns a part of nested values: a field by name, an element by number.
func index(v any, keys ...any) (any, error) {
	for _, key := range keys {
		part, ok, err := partOf(v, key)
		if err != nil {
			return nil, err
		}
		if a, isArray := v.(array); isArray && !ok {
			return nil, problemf("there is no element %s in an array of %d", text(key), len(a))
		}
		if !ok {
			return nil, missing(v, "", []string{text(key)})
		}
		v = part
	}
	return v, nil
}

// maybeIndex is index with null for what is missing.
func maybeIndex(v any, keys ...any) (any, error) {
	for _, key := range keys {
		if _, ok := v.(null); ok {
			return v, nil
		}
		part, ok, err := partOf(v, key)
		if err != nil || !ok {
			return null{}, err
		}
		v = part
	}
	return v, nil
}

func partOf(v, key any) (part any, ok bool, err error) {
	a, isArray := v.(array)
	if !isArray {
		return step(v, text(key))
	}
	i := reflect.ValueOf(key)
	if !i.IsValid() || !i.CanInt() {
		return nil, false, problemf("an array's index must be a whole number, not %q", text(key))
	}
	if n := i.Int(); n >= 0 && n < int64(len(a)) {
		return a[n], true, nil
	}
	return nil, false, nil
}

// equal reports whether a equals one of the others.
func equal(a any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, problemf("eq wants two values")
	}
	return slices.ContainsFunc(others, func(b any) bool { return same(a, b) }), nil
}

func same(a, b any) bool {
	if x, y := number(a), number(b); x != nil && y != nil {
		return x.Cmp(y) == 0
	}
	return bytesOf(a) == bytesOf(b)
}

// bytesOf makes values comparable: as JSON, in which a text differs from a
// number.
func bytesOf(v any) string {
	if s := reflect.ValueOf(v); s.IsValid() && s.Kind() == reflect.Int {
		v = s.Int()
	}
	return string(appendValue(nil, v))
}

// order returns a comparison of two numbers or two texts.
func order(holds func(int) bool) func(a, b any) (bool, error) {
	return func(a, b any) (bool, error) {
		if x, y := number(a), number(b); x != nil && y != nil {
			return holds(x.Cmp(y)), nil
		}
		x, ok := stringOf(a)
		y, ok2 := stringOf(b)
		if !ok || !ok2 {
			return false, problemf("%s and %s cannot be compared", kindOf(a), kindOf(b))
		}
		return holds(cmp.Compare(x, y)), nil
	}
}

func stringOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case line:
		return string(v), true
	}
	return "", false
}

// number returns v exactly, nil if it is no number or one beyond any use.
func number(v any) *big.Rat {
	if n, ok := v.(json.Number); ok {
		if f, err := n.Float64(); err != nil || f == 0 && len(n) > 32 {
			return nil
		}
		r, ok := new(big.Rat).SetString(string(n))
		if !ok {
			return nil
		}
		return r
	}
	switch r := reflect.ValueOf(v); {
	case !r.IsValid():
	case r.CanInt():
		return new(big.Rat).SetInt64(r.Int())
	case r.CanUint():
		return new(big.Rat).SetUint64(r.Uint())
	case r.CanFloat():
		return new(big.Rat).SetFloat64(r.Float())
	}
	return nil
}
