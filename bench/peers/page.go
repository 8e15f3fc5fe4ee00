package main

import (
	"math"
	"os"

	"github.com/seed-1814a72b/paceline/bench/page"
)

// updatePage puts a table into the page at path.
func updatePage(path string, t *table) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	form := page.Form{Begin: "<!-- bench-peers: begin -->", End: "<!-- bench-peers: end -->"}
	for _, r := range rowsOf(false) {
		form.Titles = append(form.Titles, r.title)
	}
	text, err := form.Merge(string(old), []page.Section{{Title: t.row.title, Text: t.markdown()}})
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// decimals writes a figure with three digits that count, or all before the
// point.
func decimals(v float64) string {
	if math.Abs(v) >= 100 {
		return page.Grouped(v)
	}
	return page.Decimals(v, 3)
}
