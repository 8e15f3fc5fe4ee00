// Package schema checks JSON documents against JSON Schemas, and says of
// every fault where it is, in words that a model or a person can act on.
package schema
