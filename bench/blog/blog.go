// Package blog is the document that validation is measured with: a nested blog
// post, with title, slug, summary, tags, author, sections with keywords,
// conclusion and references.
package blog

import (
	_ "embed"
	"fmt"
	"strings"
)

// Schema is the JSON Schema of a post.
//
//go:embed blog.json
var Schema string

// How many sections make a post of some 5 and 50 KB.
const (
	Short = 4
	Long  = 40
)

// Post returns a post of so many sections, of some 1.3 KB each. It fits Schema.
func Post(sections int) string {
	text := strings.Repeat("The quick brown fox \\\"jumps\\\" over the lazy dog.\\n", 20)
	var parts, references []string
	for i := range sections {
		words := strings.TrimSuffix(strings.Repeat(fmt.Sprintf(`{"word":"keyword %d","weight":0.%d},`, i, i+1), 5), ",")
		parts = append(parts, fmt.Sprintf(`{"heading":"Section %d","body":"%s","keywords":[%s]}`, i, text, words))
		references = append(references, fmt.Sprintf(`{"title":"Reference %d","url":"https://example.com/%d","published":"2026-11-%02d"}`, i, i, i%28+1))
	}
	return `{"title":"A nested post","slug":"a-nested-post","summary":"What is nested, and why it is.","tags":["a","b","c"],` +
		`"author":{"name":"Ann","email":"ann@example.com"},"sections":[` + strings.Join(parts, ",") + `],` +
		`"conclusion":"So it is.","references":[` + strings.Join(references, ",") + `]}`
}
