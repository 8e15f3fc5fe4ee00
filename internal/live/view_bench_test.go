package live

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/status"
)

// BenchmarkFrame is what a frame costs, five times a second, of an engine that has
// made some thousand calls.
func BenchmarkFrame(b *testing.B) {
	e, err := paceline.New(paceline.ProviderFunc(func(context.Context, *paceline.Request, func(paceline.Delta)) (*paceline.Response, error) {
		return &paceline.Response{Usage: paceline.Usage{Prompt: 5, Completion: 1, Known: true}}, nil
	}), paceline.Config{Limits: paceline.Limits{InFlight: 64, Requests: paceline.Per(1e9, time.Second)}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Shutdown(context.Background()) })
	for range 5000 {
		if _, err := e.Do(b.Context(), &paceline.Request{Model: "m", Messages: paceline.User("hi")}); err != nil {
			b.Fatal(err)
		}
	}
	l := start(Options{
		Out: io.Discard, Stats: e.Stats, Facts: status.Facts{Total: 1_000_000, Model: "m", Output: "out.jsonl"},
		Size: func() (int, int) { return 120, 40 }, Color: true, Errors: new(errorList), Quiet: true,
	})
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		l.show(l.look(), n)
	}
}
