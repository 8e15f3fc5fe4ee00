package paceline

import "testing"

// BenchmarkQuestion is what is read of a request's body before it waits.
func BenchmarkQuestion(b *testing.B) {
	req := &Request{Body: []byte(`{"model":"bench","messages":[{"role":"user","content":"Review 1: arrived on time, works as described, would buy again. Positive, negative or mixed?"}],"temperature":0}`)}
	b.ReportAllocs()
	for b.Loop() {
		newQuestion(req)
	}
}
