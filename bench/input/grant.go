package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// grant takes the input in up to the grant: read, templated, weighed, queued and let
// start by every limit, which is given back unsent. Only the library's own test can
// stop there, so that this row is BenchmarkAdmitted of the module in another
// process, on one core, with processor time and allocations as that reports them.
func grant(in *input) (c cost, err error) {
	if in.test == "" {
		in.test = filepath.Join(in.dir, "paceline.test")
		build := exec.Command("go", "test", "-c", "-o", in.test, module)
		if said, err := build.CombinedOutput(); err != nil {
			return c, fmt.Errorf("%w: %s", err, said)
		}
	}
	run := exec.Command(in.test, "-test.run=^$", "-test.bench=^BenchmarkAdmitted$", "-test.benchtime=1x", "-test.cpu=1")
	run.Env = append(os.Environ(), "PACELINE_BENCH_INPUT="+in.path)
	began := time.Now()
	said, err := run.CombinedOutput()
	if err != nil {
		return c, fmt.Errorf("%w: %s", err, said)
	}
	c.took = time.Since(began)
	return c, c.parse(said, in)
}

const module = "github.com/seed-1814a72b/paceline"

// metric is a figure of a Go benchmark, before its unit.
var metric = regexp.MustCompile(`([0-9.e+]+) (lines|cpu-ns/line|allocs/op)`)

// parse takes the cost from what the benchmark says.
func (c *cost) parse(said []byte, in *input) error {
	figures := map[string]float64{}
	for _, m := range metric.FindAllSubmatch(said, -1) {
		figures[string(m[2])], _ = strconv.ParseFloat(string(m[1]), 64) // the pattern lets numbers in alone
	}
	c.used = time.Duration(figures["cpu-ns/line"] * figures["lines"])
	c.mallocs = uint64(figures["allocs/op"])
	if c.used == 0 || c.mallocs == 0 {
		return fmt.Errorf("BenchmarkAdmitted says %q", said)
	}
	return in.whole(int(figures["lines"]))
}
