package flow

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
)

var (
	full    = flag.Bool("full", false, "measure in full; otherwise few seeds and small sizes check that the measurements work")
	seedsN  = flag.Int("seeds", 0, "how many seeds; 0: 20 with -full, else 2")
	pageTo  = flag.String("page", "", "the page to put the tables into, between its markers")
	tables  []*Table
	tableMu sync.Mutex
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if err := publish(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/flow:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// publish prints the tables and puts them into the page.
func publish() error {
	slices.SortStableFunc(tables, func(a, b *Table) int {
		return slices.Index(Titles, a.Title) - slices.Index(Titles, b.Title)
	})
	for _, t := range tables {
		if *full || testing.Verbose() {
			fmt.Println(t.Measured().Markdown())
		}
	}
	switch {
	case *pageTo == "":
		return nil
	case len(tables) == 0:
		return errors.New("nothing was measured for the page: does -run match a test that makes a table?")
	}
	old, err := os.ReadFile(*pageTo)
	if err != nil {
		return err
	}
	whole := slices.DeleteFunc(slices.Clone(tables), (*Table).Partial)
	text, err := Merge(string(old), whole)
	if err != nil {
		return err
	}
	return os.WriteFile(*pageTo, []byte(text), 0o644)
}

// table starts the table that the test t fills. It is published if t passes.
func table(t *testing.T, title, text string) *Table {
	tb := &Table{Title: title, Text: text, Command: "go test ./bench/flow -full -count=1 -timeout 2h -run '^" + t.Name() + "$'"}
	t.Cleanup(func() {
		if t.Failed() || t.Skipped() {
			return
		}
		tableMu.Lock()
		defer tableMu.Unlock()
		tables = append(tables, tb)
	})
	return tb
}

// seeds returns how many seeds a row runs over.
func seeds() int {
	switch {
	case *seedsN > 0:
		return *seedsN
	case *full:
		return 20
	}
	return 2
}

// size returns the size of a measurement: the one of the full form, or that of
// the short one.
func size[T any](inFull, inShort T) T {
	if *full {
		return inFull
	}
	return inShort
}

// figures are what one seed of a scenario gave, by name.
type figures map[string]float64

// samples are the figures of all seeds.
type samples map[string]Sample

// overSeeds runs one scenario for every seed, as many at a time as there are
// processors.
func overSeeds(t *testing.T, scenario string, run func(t *testing.T, seed uint64) figures) samples {
	all := make([]figures, seeds())
	t.Run(scenario, func(t *testing.T) {
		for seed := range all {
			t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
				t.Parallel()
				all[seed] = run(t, uint64(seed))
				t.Logf("%v", all[seed])
			})
		}
	})
	s := samples{}
	for _, f := range all {
		for name, v := range f {
			s[name] = append(s[name], v)
		}
	}
	return s
}
