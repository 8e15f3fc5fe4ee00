package paceline_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/internal/processor"
)

// instant answers at once, without a network: what is measured is the engine.
var instant = paceline.ProviderFunc(func(_ context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: []byte(`"a"`)})
	return text("a"), nil
})

func benchmarkEngine(b *testing.B) *paceline.Engine { return observedEngine(b, nil) }

func observedEngine(b *testing.B, observe func(paceline.Event)) *paceline.Engine {
	e, err := paceline.New(instant, paceline.Config{Observe: observe, Limits: paceline.Limits{
		InFlight: 1000, Requests: paceline.Per(1e9, time.Second), Tokens: paceline.Per(1e12, time.Second),
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Shutdown(context.Background()) })
	return e
}

// BenchmarkDo is one call with nobody else in flight.
func BenchmarkDo(b *testing.B) {
	e := benchmarkEngine(b)
	req := &paceline.Request{Model: "m", Messages: paceline.User("hi")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Do(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDo1000 is one of many calls by 1,000 goroutines at once.
func BenchmarkDo1000(b *testing.B) {
	e := benchmarkEngine(b)
	req := &paceline.Request{Model: "m", Messages: paceline.User("hi")}
	b.ReportAllocs()
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			for range b.N / 1000 {
				if _, err := e.Do(context.Background(), req); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkStats is one look at an engine, such as each frame of a view takes,
// and each moment that a run notes.
func BenchmarkStats(b *testing.B) {
	e := benchmarkEngine(b)
	if _, err := e.Do(b.Context(), &paceline.Request{Model: "m", Messages: paceline.User("hi")}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		e.Stats()
	}
}

// BenchmarkRun is one item of a run with its journal and output file.
func BenchmarkRun(b *testing.B) { benchmarkRun(b, benchmarkEngine(b)) }

// BenchmarkRunObserved is the same with somebody who counts its four events.
func BenchmarkRunObserved(b *testing.B) {
	seen := 0
	benchmarkRun(b, observedEngine(b, func(paceline.Event) { seen++ }))
}

func benchmarkRun(b *testing.B, e *paceline.Engine) {
	j := openJournal(b, filepath.Join(b.TempDir(), "out.jsonl"))
	defer j.Close()
	b.ReportAllocs()
	b.ResetTimer()
	before := processor.Used()
	if _, err := e.Run(context.Background(), paceline.Job{Source: &numbers{n: int64(b.N)}, Journal: j, Encode: row}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(processor.Used()-before)/float64(b.N), "cpu-ns/op") // also on a busy machine
}
