// Package prompt makes a request of an item.
//
// A prompt is a Go text/template over the item: {{.text}} is a field, {{.a.b}}
// a nested one, {{.}} the item itself (a line of text as it is, an object as
// compact JSON in its own order). Numbers print exactly as the item has them,
// null prints as nothing, arrays and objects print as JSON. [Functions] lists
// what a template may call.
//
// A field that the item has not is a [*MissingFieldError], except where the
// template asks for it: alone in the condition of {{if}} or {{with}}, and as
// an argument of and, or, not and default.
//
// Templates made of text and plain fields only are looked up in the item's
// bytes without decoding it; all others take the full way, with the same
// outcome.
package prompt
