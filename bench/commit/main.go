// Commit measures what group commit costs: whole runs through the library, with
// a provider in this process that answers at once, a journal that syncs every
// 100 ms or 1 MiB, and one that never does, in turn. It prints the rows a second
// of both, their ratio round by round, and how many fsyncs there were.
//
//	make bench-commit                    # 10,000 rows a second
//	go run ./bench/commit -rate 0        # as fast as it goes
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/seed-1814a72b/paceline"
	"github.com/seed-1814a72b/paceline/dataset"
	"github.com/seed-1814a72b/paceline/journal"
)

type options struct {
	rows, rounds int
	rate         float64
	dir          string
}

func main() {
	var o options
	flag.IntVar(&o.rows, "rows", 30_000, "rows of a round")
	flag.IntVar(&o.rounds, "rounds", 9, "rounds of each kind")
	flag.Float64Var(&o.rate, "rate", 10_000, "calls a second; 0: as many as go")
	flag.StringVar(&o.dir, "dir", "", "a folder on the disk to measure; empty: the one for temporary files")
	flag.Parse()
	if err := measure(o); err != nil {
		fmt.Fprintln(os.Stderr, "commit:", err)
		os.Exit(1)
	}
}

// A round is one run.
type round struct {
	perSecond float64
	syncs     int64
	took      time.Duration
}

func measure(o options) error {
	if _, err := run(o, false); err != nil { // to warm up
		return err
	}
	var ratios []float64
	var kept, free []float64
	for n := range o.rounds {
		pair := [2]round{}
		for i := range pair {
			synced := (i == 0) == (n%2 == 0) // which goes first takes turns
			r, err := run(o, !synced)
			if err != nil {
				return err
			}
			pair[map[bool]int{true: 0, false: 1}[synced]] = r
		}
		ratios = append(ratios, pair[0].perSecond/pair[1].perSecond)
		kept, free = append(kept, pair[0].perSecond), append(free, pair[1].perSecond)
		fmt.Printf("round %d: %.0f rows/s with %d fsyncs in %v, %.0f rows/s with %d: ratio %.3f\n", n+1,
			pair[0].perSecond, pair[0].syncs, pair[0].took.Round(time.Millisecond), pair[1].perSecond, pair[1].syncs, ratios[n])
	}
	fmt.Printf("median: %.0f rows/s with group commit, %.0f without any sync; ratio %.3f (from %.3f to %.3f)\n",
		median(kept), median(free), median(ratios), slices.Min(ratios), slices.Max(ratios))
	return nil
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

func run(o options, noSync bool) (round, error) {
	dir, err := os.MkdirTemp(o.dir, "paceline-commit-")
	if err != nil {
		return round{}, err
	}
	defer os.RemoveAll(dir)
	fs := &countingFS{}
	j, err := journal.Open(filepath.Join(dir, "out.jsonl"), journal.Options{NoSync: noSync, FS: fs})
	if err != nil {
		return round{}, err
	}
	defer j.Close()
	cfg := paceline.Config{Limits: paceline.Limits{InFlight: 512}}
	if o.rate > 0 {
		cfg.Limits.Requests = paceline.Per(o.rate, time.Second)
	}
	e, err := paceline.New(paceline.ProviderFunc(answer), cfg)
	if err != nil {
		return round{}, err
	}
	defer e.Shutdown(context.Background())
	before, began := fs.syncs.Load(), time.Now()
	sum, err := e.Run(context.Background(), paceline.Job{
		Source: items(o.rows), Journal: j,
		Encode: func(b []byte, r *paceline.Result) []byte { return append(dataset.AppendRow(b, r), '\n') },
	})
	took := time.Since(began)
	if err != nil || sum.Done != int64(o.rows) {
		return round{}, fmt.Errorf("%d of %d rows: %w", sum.Done, o.rows, err)
	}
	return round{float64(o.rows) / took.Seconds(), fs.syncs.Load() - before, took}, nil
}

func answer(_ context.Context, _ *paceline.Request, emit func(paceline.Delta)) (*paceline.Response, error) {
	emit(paceline.Delta{Kind: paceline.DeltaContent, Quoted: label})
	return &paceline.Response{
		Model: "m", RequestID: "req_0123456789", Status: 200,
		Choices: []paceline.Choice{{Content: label, FinishReason: "stop"}},
		Usage:   paceline.Usage{Prompt: 300, Completion: 20, Known: true},
	}, nil
}

var label = json.RawMessage(`"a label of some words, as many as they are"`)

func items(n int) paceline.Source {
	i := int64(-1)
	raw := json.RawMessage(`{"id":"r0000001","text":"Review 1: arrived on time, works as described, would buy again."}`)
	req := &paceline.Request{Model: "m", Body: json.RawMessage(`{"model":"m"}`)}
	return paceline.SourceFunc(func(context.Context) (paceline.Item, error) {
		if i++; i == int64(n) {
			return paceline.Item{}, io.EOF
		}
		return paceline.Item{Index: i, Raw: raw, Request: req}, nil
	})
}

// countingFS counts fsyncs.
type countingFS struct {
	journal.OS
	syncs atomic.Int64
}

func (f *countingFS) OpenFile(name string, flag int, perm os.FileMode) (journal.File, error) {
	file, err := f.OS.OpenFile(name, flag, perm)
	return countingFile{file, f}, err
}

type countingFile struct {
	journal.File
	fs *countingFS
}

func (f countingFile) Sync() error {
	f.fs.syncs.Add(1)
	return f.File.Sync()
}
