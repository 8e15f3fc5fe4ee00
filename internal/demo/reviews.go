// Package demo holds the sample data of `paceline demo`.
package demo

import _ "embed"

// Reviews is 2,000 short product reviews as JSON Lines: objects with "id"
// (r0001 to r2000), "product", "stars" (1 to 5) and "text". No two texts are
// the same; most are English, the others German, French, Spanish and Italian.
// They were written for Paceline: neither products nor people exist.
//
//go:embed reviews.jsonl
var Reviews []byte

// Count is the number of reviews.
const Count = 2000
