package prompt

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// A template's values are string, bool, int64, float64, json.Number and the
// types below. A number is an int64 or a float64 only if that prints exactly
// as the item has it.
type (
	// object is a JSON object in the item's order. Empty, it is false.
	object []member
	// array is a JSON array. Empty, it is false.
	array []any
	// null is JSON's null: it prints as nothing and is false.
	null []any
	// line is a string item. It is what {{.}} and {{.text}} print.
	line string
)

type member struct {
	name  string
	value any
}

// String returns o as compact JSON.
func (o object) String() string { return string(appendValue(nil, o)) }

// String returns a as compact JSON.
func (a array) String() string { return string(appendValue(nil, a)) }

// String returns nothing.
func (null) String() string { return "" }

func (o object) get(name string) (any, bool) {
	for i := range o {
		if o[i].name == name {
			return o[i].value, true
		}
	}
	return nil, false
}

func (o object) names() []string {
	names := make([]string, len(o))
	for i := range o {
		names[i] = o[i].name
	}
	return names
}

// view returns b as a string without a copy. Neither may be changed while the
// string is in use; nothing here changes an item.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// decode returns the value of valid JSON.
func decode(v gjson.Result) any {
	switch {
	case v.Type == gjson.String:
		return decodeString(v.Raw)
	case v.Type == gjson.Number:
		return decodeNumber(v.Raw)
	case v.Type == gjson.True || v.Type == gjson.False:
		return v.Type == gjson.True
	case v.IsArray():
		return decodeArray(v)
	case v.IsObject():
		return decodeObject(v)
	}
	return null{}
}

func decodeArray(v gjson.Result) array {
	a := array{}
	v.ForEach(func(_, e gjson.Result) bool {
		a = append(a, decode(e))
		return true
	})
	return a
}

func decodeObject(v gjson.Result) object {
	o := object{}
	v.ForEach(func(k, e gjson.Result) bool {
		o = append(o, member{decodeString(k.Raw), decode(e)})
		return true
	})
	return o
}

// decodeString decodes a JSON string as encoding/json does: gjson drops what
// follows a lone surrogate.
func decodeString(token string) string {
	inner := token[1 : len(token)-1]
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if json.Unmarshal([]byte(token), &s) != nil {
		return inner
	}
	return s
}

func decodeNumber(literal string) any {
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil && strconv.FormatInt(n, 10) == literal {
		return n
	}
	if f, err := strconv.ParseFloat(literal, 64); err == nil && fmt.Sprint(f) == literal {
		return f
	}
	return json.Number(literal)
}

// appendValue appends a value as compact JSON.
func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil, null:
		return append(dst, "null"...)
	case string:
		return jsontext.Append(dst, v)
	case line:
		return jsontext.Append(dst, string(v))
	case json.Number:
		return append(dst, v...)
	case array:
		return appendArray(dst, v)
	case object:
		return appendObject(dst, v)
	}
	return appendAny(dst, v)
}

func appendArray(dst []byte, a array) []byte {
	dst = append(dst, '[')
	for i, v := range a {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, v)
	}
	return append(dst, ']')
}

func appendObject(dst []byte, o object) []byte {
	dst = append(dst, '{')
	for i, m := range o {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(jsontext.Append(dst, m.name), ':')
		dst = appendValue(dst, m.value)
	}
	return append(dst, '}')
}

// appendAny appends what a template made itself: numbers, bools, and the maps
// that range hands out.
func appendAny(dst []byte, v any) []byte {
	b, err := jsontext.Marshal(v)
	if err != nil {
		return jsontext.Append(dst, fmt.Sprint(v))
	}
	return append(dst, b...)
}

// text returns what printing v gives.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// kindOf names a value's JSON type for an error.
func kindOf(v any) string {
	switch v.(type) {
	case nil, null:
		return "null"
	case string, line:
		return "a string"
	case bool:
		return "a boolean"
	case array:
		return "an array"
	case object:
		return "an object"
	}
	return "a number"
}
