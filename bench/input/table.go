package main

import (
	"fmt"
	"regexp"
	"runtime"
	"time"

	"github.com/seed-1814a72b/paceline/internal/processor"
)

// A cost is what one reading of the input took.
type cost struct {
	used    time.Duration // of processors
	took    time.Duration
	mallocs uint64
}

// tabulate prints a row for each stage: its cheapest round, as other work on the
// machine only ever makes one dearer. The rounds take turns between the stages.
func tabulate(in *input, rows *regexp.Regexp, rounds int) error {
	best := make([]cost, len(stages))
	for range rounds {
		for i := range stages {
			if i > 0 && !rows.MatchString(stages[i].name) {
				continue
			}
			c, err := stages[i].run(in)
			if err != nil {
				return fmt.Errorf("%s: %w", stages[i].name, err)
			}
			if best[i].used == 0 || c.used < best[i].used {
				best[i] = c
			}
		}
	}
	fmt.Printf("%d lines, %.0f MB, one core, %s\n\n", in.items, float64(in.bytes)/1e6, runtime.Version())
	fmt.Println("|                                   | MB a second of processor | us a line | allocations a line | of the search | MB a second of the clock |")
	fmt.Println("|-----------------------------------|-------:|------:|------:|-------:|-------:|")
	for i := range stages {
		if best[i].used > 0 {
			best[i].print(in, stages[i].name, best[0].used)
		}
	}
	return nil
}

func (c *cost) print(in *input, name string, limit time.Duration) {
	mb, lines := float64(in.bytes)/1e6, float64(in.items)
	fmt.Printf("| %-33s | %6.0f | %5.2f | %5.1f | %4.1f %% | %6.0f |\n", name, mb/c.used.Seconds(), c.used.Seconds()*1e6/lines,
		float64(c.mallocs)/lines, 100*limit.Seconds()/c.used.Seconds(), mb/c.took.Seconds())
}

// here measures a stage that runs in this process.
func here(run func(*input) error) func(*input) (cost, error) {
	return func(in *input) (cost, error) {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		used, began := processor.Used(), time.Now()
		err := run(in)
		c := cost{used: processor.Used() - used, took: time.Since(began)}
		runtime.ReadMemStats(&after)
		c.mallocs = after.Mallocs - before.Mallocs
		return c, err
	}
}
