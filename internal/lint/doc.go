// Package lint holds the project's rules of construction: who may import whom
// (the table in rooms.go), what files may be called, how long a function may
// get, and that what the pages name is there. Its tests apply them to the whole
// module, so that `go test ./...` keeps the house in shape; it is no part of the
// product.
package lint
