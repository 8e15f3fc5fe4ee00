package cli

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/control"
	"github.com/seed-1814a72b/paceline/internal/pool"
	"github.com/seed-1814a72b/paceline/internal/status"
	"github.com/seed-1814a72b/paceline/metrics"
)

// seenEngine is an engine that has made some thousand calls, as those that are
// looked at have.
func seenEngine(b *testing.B) *paceline.Engine {
	e, err := paceline.New(paceline.ProviderFunc(func(_ context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
		emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: []byte(`"a"`)})
		return &paceline.Response{Choices: []paceline.Choice{{Content: []byte(`"a"`)}}, Usage: paceline.Usage{Prompt: 5, Completion: 1, Known: true}}, nil
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
	return e
}

// BenchmarkSeen is what each look costs at a run that goes on: the page's at its
// state, twice a second, and at its latencies, once; and a scrape, whole.
func BenchmarkSeen(b *testing.B) {
	e := seenEngine(b)
	facts := status.Facts{Total: 1_000_000, Model: "m", Output: "out.jsonl"}
	c := control.Start(e, facts, []pool.Endpoint{{Name: "1", Host: "localhost"}}, control.Models{}, nil)
	defer c.Close()
	page := &webRun{control: c, measures: e.Measures}
	b.Run("status", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			page.Look()
		}
	})
	b.Run("latencies", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			page.Latencies()
		}
	})
	m, err := startMetrics("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer m.close()
	m.tell(e, metrics.Facts{})
	b.Run("scrape", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m.server.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/metrics", nil))
		}
	})
}
