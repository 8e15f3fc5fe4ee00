// Mem measures what a large run costs: it writes a file of many small items,
// starts `paceline sim` without latency as one process and `paceline run` as
// another, and prints the run's rate and peak resident memory. It fails if an
// item is lost or the peak exceeds a bound. All traffic stays on loopback.
//
//	make mem                    # 1,000,000 items, at most 200 MB
//	make mem ITEMS=50000
//
// With -resume it makes a run of which so many items have their rows, continues
// it, and prints how long the first new call took.
//
//	make resume-scale           # 10,000,000 done items: under 20 s, at most 300 MB
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// options are the command's flags.
type options struct {
	paceline    string
	items       int
	concurrency int
	maxMB       float64
	maxSeconds  float64
	resume      bool
	keep        bool
}

func main() {
	var o options
	flag.StringVar(&o.paceline, "paceline", "bin/paceline", "the binary to measure")
	flag.IntVar(&o.items, "items", 1_000_000, "how many items to run")
	flag.IntVar(&o.concurrency, "concurrency", 64, "calls in flight")
	flag.Float64Var(&o.maxMB, "max-mb", 200, "fail if the run's peak resident memory is above so many MB (10^6 bytes)")
	flag.BoolVar(&o.resume, "resume", false, "measure how a run goes on of which so many items have their rows")
	flag.Float64Var(&o.maxSeconds, "max-seconds", 20, "fail if the first call of a resumed run comes later")
	flag.BoolVar(&o.keep, "keep", false, "keep the files")
	flag.Parse()
	if err := measure(o); err != nil {
		fmt.Fprintln(os.Stderr, "mem:", err)
		os.Exit(1)
	}
}

func measure(o options) error {
	dir, err := os.MkdirTemp("", "paceline-mem-")
	if err != nil {
		return err
	}
	if o.keep {
		fmt.Println("files in", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	if o.resume {
		return measureResume(o, dir)
	}
	input := filepath.Join(dir, "items.jsonl")
	if err := writeItems(input, o.items); err != nil {
		return err
	}
	server, err := startSim(o.paceline)
	if err != nil {
		return err
	}
	defer server.stop()
	out := filepath.Join(dir, "out.jsonl")
	start := time.Now()
	peak, err := run(o, server.baseURL, input, out)
	if err != nil {
		return err
	}
	took := time.Since(start)
	rows, err := countLines(out)
	if err != nil {
		return err
	}
	mb := float64(peak) / 1e6
	fmt.Printf("%d items in %s: %.0f items/s, peak %.0f MB resident (bound %.0f MB)\n",
		rows, took.Round(time.Millisecond), float64(rows)/took.Seconds(), mb, o.maxMB)
	switch {
	case rows != o.items:
		return fmt.Errorf("%d items went in, %d rows came out", o.items, rows)
	case mb > o.maxMB:
		return fmt.Errorf("peak of %.0f MB is above %.0f MB", mb, o.maxMB)
	}
	return nil
}
