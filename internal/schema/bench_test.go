package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/bench/blog"
)

// BenchmarkValidate is what it takes to check a document that fits, as it is
// done, and by the library alone, and one that does not fit.
func BenchmarkValidate(b *testing.B) {
	s := compile(b, blog.Schema)
	for _, sections := range []int{blog.Short, blog.Long} {
		post := blog.Post(sections)
		wrong := strings.Replace(post, `"weight":0.1}`, `"weight":7}`, 1)
		size := fmt.Sprintf("%dKB", len(post)/1000)
		b.Run(size, func(b *testing.B) { validates(b, s.Validate, post, true) })
		b.Run(size+"/library", func(b *testing.B) { validates(b, s.validate, post, true) })
		b.Run(size+"/misfit", func(b *testing.B) { validates(b, s.Validate, wrong, false) })
	}
}

func validates(b *testing.B, validate func([]byte) error, text string, want bool) {
	doc := []byte(text)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if err := validate(doc); (err == nil) != want {
			b.Fatal(err)
		}
	}
}
