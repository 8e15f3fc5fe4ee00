// Validate measures what checking an answer costs, in this program and in
// pydantic, in one run: a nested blog post of some 5 and 50 KB (package blog), of
// which both judge the same bytes by the same rules, and refuse a wrong one.
//
//	make bench-validate               # into docs/validate.md
//	go run ./bench/validate           # printed only
//
// Rounds take turns between the rows, and begin with another one each time. A
// figure is processor time of the whole process, garbage collection included;
// the median of the rounds, beside it the smallest and the largest; a ratio is
// the median of the rounds' ratios. pydantic is installed at a pinned version
// into bench/validate/.cache. It needs Python 3.10 or later.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/seed-1814a72b/paceline/bench/page"
)

func main() {
	rounds := flag.Int("rounds", 15, "rounds; figures are medians of them")
	into := flag.String("page", "", "the page whose tables are replaced; empty: none")
	flag.Parse()
	if err := measure(*rounds, *into); err != nil {
		fmt.Fprintln(os.Stderr, "validate:", err)
		os.Exit(1)
	}
}

func measure(rounds int, into string) error {
	if rounds < 1 {
		return fmt.Errorf("-rounds %d: it must be 1 or more", rounds)
	}
	cache, err := setUp()
	if err != nil {
		return err
	}
	p, err := startPydantic(cache)
	if err != nil {
		return err
	}
	defer p.end()
	t, err := tabulate(p, cache, rounds)
	if err != nil {
		return err
	}
	fmt.Print(t)
	if into == "" {
		return nil
	}
	return update(into, t)
}

const title = "Beside pydantic"

func update(path, table string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	form := page.Form{Begin: "<!-- bench-validate: begin -->", End: "<!-- bench-validate: end -->", Titles: []string{title}}
	text, err := form.Merge(string(old), []page.Section{{Title: title, Text: table}})
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
