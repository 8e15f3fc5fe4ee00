// Input measures what it costs to take a large input in, on one core: to read
// it, to check every item of it before anything is sent, to make requests of its
// items, and to run them through the engine with a provider in this process that
// answers at once. Processor time is that of the whole process, all its
// goroutines and the garbage collector included, divided by the lines; the share
// of the hardware's limit is measured against a bare search for newlines in the
// same file, before and after.
//
//	make bench-input                       # 5,000,000 lines, 1.5 GB
//	go run ./bench/input -items 500000     # fewer
//	go run ./bench/input -rows survey -profile cpu.out
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"

	"github.com/seed-1814a72b/paceline/internal/garbage"
)

type options struct {
	items, rounds int
	dir, profile  string
	rows          string
}

func main() {
	var o options
	flag.IntVar(&o.items, "items", 5_000_000, "lines of the input, of 300 bytes")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; the row with the least processor time stands")
	flag.StringVar(&o.dir, "dir", "", "a folder on the disk to measure; empty: the one for temporary files")
	flag.StringVar(&o.rows, "rows", ".", "a regular expression: the rows to measure")
	flag.StringVar(&o.profile, "profile", "", "a file for a profile of the processor time")
	flag.Parse()
	if err := measure(o); err != nil {
		fmt.Fprintln(os.Stderr, "input:", err)
		os.Exit(1)
	}
}

// measure makes the input in a folder that it removes, and prints the table.
func measure(o options) error {
	rows, err := regexp.Compile(o.rows)
	if err != nil {
		return fmt.Errorf("-rows: %w", err)
	}
	if o.items < 1 || o.rounds < 1 {
		return fmt.Errorf("-items %d, -rounds %d: both must be 1 or more", o.items, o.rounds)
	}
	runtime.GOMAXPROCS(1)
	defer garbage.Ease(os.Getenv)() // as the command does
	dir, err := os.MkdirTemp(o.dir, "paceline-input-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	in := input{dir: dir, path: filepath.Join(dir, "items.jsonl"), items: o.items}
	if in.bytes, err = makeInput(in.path, o.items); err != nil {
		return err
	}
	stop, err := profile(o.profile)
	if err != nil {
		return err
	}
	defer stop()
	return tabulate(&in, rows, o.rounds)
}

// profile writes a profile of the processor time from now on until stop.
func profile(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}
