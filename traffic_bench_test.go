package paceline

import (
	"testing"

	"github.com/seed-1814a72b/paceline/internal/flow"
)

// What counting by endpoint and model costs the dispatcher for each request.
func BenchmarkTraffic(b *testing.B) {
	var t traffic
	ep := &endpoint{Endpoint: Endpoint{Name: "a"}}
	a := &attempt{endpoint: ep, ticket: &flow.Ticket{Model: 3}, question: question{model: "m"}}
	a.sent.Store(1)
	end := &ending{usage: Usage{Prompt: 10, Completion: 5, Known: true}, cost: Cost{USD: 0.1, Known: true}}
	b.ReportAllocs()
	for b.Loop() {
		t.start(a)
		t.end(a, end)
	}
}
