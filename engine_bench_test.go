package paceline_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/seed-1814a72b/paceline"
)

// instant answers at once, without a network: what is measured is the engine.
var instant = paceline.ProviderFunc(func(_ context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: []byte(`"a"`)})
	return text("a"), nil
})

func benchmarkEngine(b *testing.B) *paceline.Engine {
	e, err := paceline.New(instant, paceline.Config{Limits: paceline.Limits{
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

// BenchmarkRun is one item of a run with its journal and output file.
func BenchmarkRun(b *testing.B) {
	e := benchmarkEngine(b)
	j := openJournal(b, filepath.Join(b.TempDir(), "out.jsonl"))
	defer j.Close()
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := e.Run(context.Background(), paceline.Job{Source: &numbers{n: int64(b.N)}, Journal: j, Encode: row}); err != nil {
		b.Fatal(err)
	}
}
