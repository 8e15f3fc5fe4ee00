// Package onepass checks JSON texts against the usual part of JSON Schema in a
// single pass over their bytes, and makes no values of them.
//
// It says yes, no, or that another must say. A schema with anything outside of
// that part has no program ([Compile] names the keyword); of a text that is no
// JSON, or that has something rare in it, the verdict is [Unsure]. What is wrong
// with a text it does not tell.
package onepass
