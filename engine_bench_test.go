package paceline_test

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
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

// BenchmarkDoOfThousands is one of the calls of 10,000 goroutines, of which few may be in
// flight: each has waited for so long that nothing of it is in the processor's
// cache any more.
func BenchmarkDoOfThousands(b *testing.B) {
	e, err := paceline.New(instant, paceline.Config{Limits: paceline.Limits{InFlight: 20}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Shutdown(context.Background()) })
	req := &paceline.Request{Model: "m", Messages: paceline.User("hi")}
	var wg sync.WaitGroup
	var n atomic.Int64
	over := make(chan struct{})
	ctx := b.Context()
	for range 10_000 {
		wg.Go(func() {
			for {
				if _, err := e.Do(ctx, req); err != nil {
					b.Error(err)
				}
				switch i := n.Add(1); {
				case i == int64(b.N):
					close(over)
					return
				case i > int64(b.N):
					return
				}
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := processor.Used()
	<-over
	b.ReportMetric(float64(processor.Used()-before)/float64(b.N), "cpu-ns/op")
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
