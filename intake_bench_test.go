package paceline_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/internal/garbage"
	"github.com/seed-1814a72b/paceline/internal/processor"
	"github.com/seed-1814a72b/paceline/internal/prompt"
)

// BenchmarkAdmitted takes a file in up to the grant: a line is read, made a
// request, weighed, queued, let start by every limit, and given back unsent. It is
// the file that PACELINE_BENCH_INPUT names, once, whatever b.N is (bench/input sets
// it, with -benchtime 1x), or one of b.N lines.
func BenchmarkAdmitted(b *testing.B) {
	path := benchmarkInput(b)
	src, err := dataset.Open([]string{path}, dataset.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	p, err := prompt.New(prompt.Config{
		Prompt: "Classify this review ({{.lang}}, {{.stars}} stars) as positive, negative or mixed: {{.text}}",
		System: "Answer with one word.", Model: "m",
		Params: []prompt.Param{{Name: "temperature", Value: []byte("0")}, {Name: "max_tokens", Value: []byte("5")}},
	})
	if err != nil {
		b.Fatal(err)
	}
	e := benchmarkEngine(b)
	defer garbage.Ease(os.Getenv)() // as the command does
	b.ReportAllocs()
	b.ResetTimer()
	before := processor.Used()
	sum, err := e.RunToGrant(b.Context(), paceline.Job{Source: src, Prepare: p.Request, Sink: nowhere})
	used := processor.Used() - before
	if err != nil || sum.Items == 0 {
		b.Fatalf("%d items, %v", sum.Items, err)
	}
	reportInput(b, path, sum.Items, float64(used))
}

// reportInput reports what items took of processor time in ns, which tells more
// than the clock on a busy machine.
func reportInput(b *testing.B, path string, items int64, used float64) {
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(items), "lines")
	b.ReportMetric(used/float64(items), "cpu-ns/line")
	b.ReportMetric(float64(info.Size())*1e3/used, "cpu-MB/s")
}

var nowhere = paceline.SinkFunc(func(context.Context, *paceline.Result) error { return nil })

// benchmarkInput returns the path of a file of items.
func benchmarkInput(b *testing.B) string {
	if path := os.Getenv("PACELINE_BENCH_INPUT"); path != "" {
		return path
	}
	path := filepath.Join(b.TempDir(), "items.jsonl")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for i := range b.N {
		fmt.Fprintf(w, `{"id":"r%07d","stars":%d,"lang":"en","text":"Caf\u00e9 with a terrace, good cakes, \"slow\" service.\nZwei Kännchen Tee für 14 Euro `+
			`ist zu viel. We waited for twenty minutes until somebody came, and for ten more until we could pay.","shop":%d,"seen":true}`+"\n", i, 1+i%5, i*7919%100_003)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return path
}
